"""vik2cub: images of the Viking Orbiters.

No pixels of Viking are at hand: the images are made here, by a real label where that is.
"""

import numpy as np
import pytest
import rasterio

import vidiconfiles
from perijove.kit import cube, label, vidiconlabel
from perijove.kit.label import Quantity
from perijove.vik2cub import main
from refusal import refusal
from vidiconfiles import LAB, vicar

refused = refusal(main)
FRAME = (2 * np.random.default_rng(9).integers(0, 60, (1, 1056, 1204)).cumsum(2) % 100).astype("u1")
WORDS = (
    "VO75 2B  PICNO 211B33  FSC   46570746  FILTER 6  EXP   68",
    "  FGD 101  OET-GMT 1976 225 01 28 18   RNG= 12345",
)
SHORT = """PDS_VERSION_ID = PDS3
^IMAGE = "v.img"
SPACECRAFT_NAME = VIKING_ORBITER_2
INSTRUMENT_NAME = VISUAL_IMAGING_SUBSYSTEM_CAMERA_B
TARGET_NAME = PHOBOS
FILTER_NAME = MINUS_BLUE
OBJECT = IMAGE
LINES = 1056
LINE_SAMPLES = 1204
SAMPLE_TYPE = UNSIGNED_INTEGER
SAMPLE_BITS = 8
CHECKSUM = {0}
END_OBJECT
END
"""


@pytest.fixture(scope="module")
def coded(testdata, tmp_path_factory):
    """A compressed image by a real label; its samples are made up."""
    path = tmp_path_factory.mktemp("vik") / "f004a47.imq"
    text = vidiconfiles.viking_label(testdata, int(FRAME.sum()))
    path.write_bytes(vidiconfiles.viking(FRAME[0], text))
    return path


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_real_label_gives_the_keywords_of_the_manual(coded, testdata, tmp_path):
    main(f"FROM={coded}", f"TO={tmp_path / 'a.cub'}")
    made = cube.read(tmp_path / "a.cub")
    assert np.array_equal(made.core, FRAME)
    with rasterio.open(tmp_path / "a.cub") as image:
        assert image.dtypes == ("int16",) and np.array_equal(image.read(), FRAME)
    assert made.group("Instrument").items == [
        ("SPACECRAFT_NAME", "VIKING_ORBITER_1"),
        ("INSTRUMENT_ID", "VISA"),
        ("IMAGE_NUMBER", "25973540"),
        ("CAL_TARGET_CODE", "M"),
        ("EXPOSURE_DURATION", Quantity(0.01273, "seconds")),
        ("FILTER_NAME", "CLEAR"),
        ("FILTER_NUMBER", 4),
        ("NO_CAMERA_STATE", 3),
        ("CAMERA_STATE_1", 1),
        ("CAMERA_STATE_2", 1),
        ("CAMERA_STATE_3", 0),
        ("TargetName", "Mars"),
        ("StartTime", "1976-06-23T18:42:11"),
        ("FloodModeId", "ON"),
        ("GainModeId", "HIGH"),
        ("OffsetModeId", "OFF"),
        ("SampleBits", 8),
    ]
    text = (testdata / "viking/f004a47/f004a47_isis3.lbl").read_text()
    theirs = label.loads(text.partition("Object = Label")[0] + "End\n").object("IsisCube")
    ours = made.isis
    assert ours.group("BandBin")["FilterNumber"] == theirs.group("BandBin")["FilterId"]
    for group, keys in (
        ("Archive", ("DataSetId", "ProductId", "OrbitNumber")),
        ("BandBin", ("FilterName", "Center", "Width")),
        ("Kernels", ("NaifFrameCode",)),
        ("Instrument", ("StartTime", "FloodModeId", "GainModeId", "OffsetModeId")),
    ):
        assert [ours.group(group)[k] for k in keys] == [theirs.group(group)[k] for k in keys]
    assert vidiconlabel.identity(made.label) == ("VIKING_ORBITER_1", "VISA")
    original = made.blob("OriginalLabel", "IsisCube").data.decode()
    assert "THE A1 LANDING SITE" in original and original.startswith("CCSD3ZF")


def test_a_label_beside_its_image(tmp_path):
    (tmp_path / "v.img").write_bytes(FRAME.tobytes())
    (tmp_path / "v.lbl").write_text(SHORT.format(FRAME.sum()))
    for name in ("v.img", "v.lbl"):
        main(f"FROM={tmp_path / name}", f"TO={tmp_path / 'a.cub'}")
        made = cube.read(tmp_path / "a.cub")
        assert np.array_equal(made.core, FRAME)
        said = made.group("Instrument")
        assert (said["SPACECRAFT_NAME"], said["INSTRUMENT_ID"]) == ("VIKING_ORBITER_2", "VISB")
        assert said["CAL_TARGET_CODE"] == "M" and said["TargetName"] == "Phobos"
        assert said["FILTER_NUMBER"] == 2 and "CAMERA_STATE_1" not in said
        assert made.group("Kernels")["NaifFrameCode"] == -30002
        assert made.group("BandBin")["Width"] == Quantity(0.22, "micrometers")


def test_a_vicar_label_of_the_flight_edr(tmp_path):
    (tmp_path / "v.vic").write_bytes(vicar(FRAME, lab=WORDS))
    main(f"FROM={tmp_path / 'v.vic'}", f"TO={tmp_path / 'a.cub'}")
    made = cube.read(tmp_path / "a.cub")
    assert np.array_equal(made.core, FRAME)
    assert made.group("Instrument").items == [
        ("SPACECRAFT_NAME", "VIKING_ORBITER_2"),
        ("INSTRUMENT_ID", "VISB"),
        ("IMAGE_NUMBER", "46570746"),
        ("CAL_TARGET_CODE", "M"),
        ("EXPOSURE_DURATION", Quantity(0.068, "seconds")),
        ("FILTER_NAME", "RED"),
        ("FILTER_NUMBER", 6),
        ("NO_CAMERA_STATE", 3),
        ("CAMERA_STATE_1", 1),
        ("CAMERA_STATE_2", 0),
        ("CAMERA_STATE_3", 1),
        ("StartTime", "1976-08-12T01:28:18"),
        ("FloodModeId", "ON"),
        ("GainModeId", "LOW"),
        ("OffsetModeId", "ON"),
        ("SampleBits", 8),
    ]
    assert made.group("Archive")["ProductId"] == "211B33"


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (vicar(FRAME, lab=LAB), 2, "a frame of Voyager: voy2cub reads it"),
        (vicar(FRAME, lab=["nothing"]), 2, "its label has no word VO75: no frame of a Viking"),
        (vicar(FRAME[:, :, :1182], lab=WORDS), 2, "1056 lines of 1182 samples, expected 1056 of"),
        (vicar(FRAME[:, :1000, :1000], lab=WORDS), 2, "1000 lines of 1000 samples, expected"),
        (vicar(np.zeros((2, 1056, 1204), "u1"), lab=WORDS), 2, "2 bands of 1056 lines: expected"),
        (vicar(FRAME, lab=[WORDS[0].replace("FILTER 6", "FILTER 7")]), 2, "FILTER = 7: the"),
        (vidiconfiles.voyager(FRAME[0, :800, :800]), 2, "a frame of VOYAGER_2: voy2cub reads it"),
    ],
)  # fmt: skip
def test_what_is_no_frame_of_viking_is_refused(tmp_path, capsys, data, code, words):
    (tmp_path / "v.x").write_bytes(data)
    line = refused(capsys, code, f"FROM={tmp_path / 'v.x'}", f"TO={tmp_path / 'a.cub'}")
    assert words in line and "v.x" in line
    assert not (tmp_path / "a.cub").exists()


def test_a_damaged_image_is_refused(coded, tmp_path, capsys):
    data = coded.read_bytes()
    middle = len(data) // 2
    for name, odd, words in (
        ("cut", data[:-20], "truncated"),
        ("bent", data[:middle] + bytes([data[middle] ^ 64]) + data[middle + 1 :], "damaged"),
    ):
        (tmp_path / name).write_bytes(odd)
        line = refused(capsys, 4, f"FROM={tmp_path / name}", f"TO={tmp_path / 'a.cub'}")
        assert words in line and not (tmp_path / "a.cub").exists()
    (tmp_path / "v.img").write_bytes(FRAME.tobytes())
    (tmp_path / "v.lbl").write_text(SHORT.format(FRAME.sum() + 1))
    line = refused(capsys, 4, f"FROM={tmp_path / 'v.lbl'}", f"TO={tmp_path / 'a.cub'}")
    assert f"its samples add up to {FRAME.sum()}, CHECKSUM = {FRAME.sum() + 1}" in line


def test_a_real_label_alone_says_what_is_missing(testdata, tmp_path, capsys):
    path = testdata / "viking/f004a47/f004a47_pds3.lbl"
    line = refused(capsys, 2, f"FROM={path}", f"TO={tmp_path / 'a.cub'}")
    assert "a coded image whose VAX records are lost: transfer it as binary" in line


def test_a_pipe(coded, shell):
    words = shell(f"vik2cub FROM={coded} | stats").stdout.decode()
    mean = float(next(line for line in words.splitlines() if "Average" in line).split("=")[1])
    assert mean == pytest.approx(FRAME.mean(), rel=1e-6)
