"""voy2cub: images of Voyager in all their forms."""

import gzip

import numpy as np
import pytest
import rasterio

import vidiconfiles
from perijove.kit import cube, imq, translate, vgrlabel, vidiconcube, vidiconin
from perijove.kit import vicar as vicars
from perijove.kit.label import Node, Quantity, dumps
from perijove.voy2cub import image_number, main, target_code, target_name
from refusal import refusal
from vidiconfiles import LAB, vicar

refused = refusal(main)
RNG = np.random.default_rng(3)
FRAME = RNG.integers(0, 256, (1, 800, 800), dtype=np.uint8)
gdal = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

# keywords of real files, read in their labels by eye: craft, camera, count, target, exposure in s,
# filter, states 1 and 2, mode, picture, time
REAL = {
    "f1636832.raw": ("1", "NA", "16368.32", "J", 0.36, (0, "CLEAR"), 1, 0, "BOTALT",
                     "0548J1-001", "1979-03-04T19:23:00"),
    "dc.cal": ("1", "NA", "13852.12", "J", 0.36, (1, "VIOLET"), 1, 0, "NAONLY",
               "0767J1-085", "1978-12-10T22:18:59"),
    "V1NA_0947106_RAW.vic": ("1", "NA", "09471.06", "N", 15.36, (4, "CLEAR"), 1, 0, "NAONLY",
                             None, "1988-11-29T08:38:11"),
    "dark_06_late.vic": ("1", "NA", "17720.01", "U", 0.005, (0, "CLEAR"), 1, 0, "BODARK",
                         None, "1985-04-11T09:22:11"),
    "c3440346.img": ("1", "NA", "34403.46", "S", 0.96, (0, "CLEAR"), 5, 0, "NAONLY",
                     "1790S1-019", "1980-10-25T23:34:10"),
    "c3440346.imq": ("1", "NA", "34403.46", "S", 0.96, (0, "CLEAR"), 5, 0, "NAONLY",
                     "1790S1-019", "1980-10-25T23:34:10"),
    "C2069302_RAW.IMG": ("2", "WA", "20693.02", "J", 15.36, (2, "CLEAR"), 5, 0, "WAONLY",
                         "0215J2+001", "1979-07-11T01:19:58"),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_labels_become_the_keywords_of_the_manual(testdata, tmp_path, name):
    main(f"FROM={testdata / 'voyager' / name}", f"TO={tmp_path / 'a.cub'}")
    made = cube.read(tmp_path / "a.cub")
    craft, camera, count, target, exposure, band, state1, state2, mode, picture, time = REAL[name]
    said = made.group("Instrument")
    assert dict(said.items[:11]) == {
        "SPACECRAFT_NAME": f"VOYAGER_{craft}",
        "INSTRUMENT_ID": camera,
        "IMAGE_NUMBER": count,
        "CAL_TARGET_CODE": target,
        "EXPOSURE_DURATION": Quantity(exposure, "seconds"),
        "FILTER_NAME": band[1],
        "FILTER_NUMBER": band[0],
        "NO_CAMERA_STATE": 3,
        "CAMERA_STATE_1": state1,
        "CAMERA_STATE_2": state2,
        "CAMERA_STATE_3": 1,
    }
    assert said["ShutterModeId"] == mode and said["StartTime"] == time
    assert said["GainModeId"] == "LOW" and said["SampleBits"] == 8
    assert made.group("Archive").get("ProductId") == picture
    assert made.group("BandBin")["FilterNumber"] == band[0]
    code = {"1NA": -31101, "2WA": -32102}[craft + camera]
    assert made.group("Kernels")["NaifFrameCode"] == code


@gdal
@pytest.mark.parametrize("name", REAL)
def test_real_samples_are_those_that_gdal_sees(testdata, tmp_path, name):
    main(f"FROM={testdata / 'voyager' / name}", f"TO={tmp_path / 'a.cub'}", "-quiet")
    image = name.replace(".imq", ".img")
    with rasterio.open(testdata / "voyager" / image) as theirs:
        with rasterio.open(tmp_path / "a.cub") as ours:
            assert ours.driver == "ISIS3" and ours.dtypes == ("int16",)
            assert np.array_equal(ours.read(), theirs.read())


def test_what_real_labels_say_besides(testdata, tmp_path):
    main(f"FROM={testdata / 'voyager/C2069302_RAW.IMG'}", f"TO={tmp_path / 'a.cub'}")
    made = cube.read(tmp_path / "a.cub")
    said = made.group("Instrument")
    assert said["TargetName"] == "JupiterRings" and said["EditModeId"] == "1:2"
    assert said["VidiconTemperature"] == Quantity(-80.0, "degC")
    assert made.group("Archive")["EarthReceivedTime"] == "1979-07-11T02:11:56"
    assert made.group("BandBin")["Center"] == Quantity(0.46, "micrometers")
    text = made.blob("OriginalLabel", "IsisCube").data.decode()
    assert text.startswith("LBLSIZE=1024") and "LAB02='VGR-2" in text and "NLABS=11" in text


def test_a_guessed_target_is_said_and_typed_instead(testdata, tmp_path, capsys):
    given = f"FROM={testdata / 'voyager/V1NA_0947106_RAW.vic'}", f"TO={tmp_path / 'a.cub'}"
    main(*given)
    words = "CAL_TARGET_CODE = N is a guess from the year 1988: see TARGET"
    assert words in capsys.readouterr().err
    main(*given, "TARGET=U")
    assert capsys.readouterr().err == ""
    assert cube.read(tmp_path / "a.cub").group("Instrument")["CAL_TARGET_CODE"] == "U"


def test_a_target_by_phase_picture_and_year():
    def of(**words):
        return Node("Group", "Archive", words.items())

    assert target_code(of(MissionPhaseName="SATURN ENCOUNTER", ProductId="1J"), 1979)[0] == "S"
    assert target_code(of(MissionPhaseName="CRUISE", ProductId="1234N2-001"), 1979) == ("N", None)
    assert target_code(of(ProductId="1234X2-001"), 1979) == ("J", 1979)
    years = {1977: "J", 1979: "J", 1980: "S", 1984: "S", 1985: "U", 1987: "U", 1988: "N", 1990: "N"}
    assert {year: target_code(of(), year)[0] for year in years} == years
    assert target_code(of(), None) == (None, None)


def test_names_by_hand():
    assert image_number(34403.5) == "34403.50" and image_number("08576.07") == "08576.07"
    assert target_name("S_RINGS") == "SaturnRings" and target_name("N RINGS") == "NeptuneRings"
    assert target_name("IO") == "Io"


def test_every_filter_has_its_figures():
    """Centre of a filter less half its width is above the glass's 0.28, all below 0.65 um."""
    from perijove.kit.vidicon import WHEELS

    for name in ("voyager", "viking"):
        for node in translate.table(f"{name}.pvl").object("Filters").nodes():
            wheel = WHEELS[name.upper(), node.name]
            assert set(filter(None, wheel)) == {key for key, _ in node.items}
            for center, width in (value for _, value in node.items):
                assert 0.27 < center - width / 2 < center + width / 2 < 0.71


def test_a_pds_label_of_the_other_kind(tmp_path):
    """The .imq, unpacked as the archive's tool does it: fixed records, the label attached."""
    core, _, text = imq.parse(vidiconfiles.voyager(FRAME[0]))
    places = (
        "RECORD_TYPE                      = VARIABLE_LENGTH",
        "^IMAGE_HISTOGRAM",
        "^ENC",
        " ENC",
    )
    lines = [line for line in text.split("\r\n") if not line.startswith(places)]
    lines.insert(1, "RECORD_TYPE = FIXED_LENGTH")
    fixed = "\r\n".join("^IMAGE = 4" if line.startswith("^IMAGE") else line for line in lines)
    rows = np.hstack([core, np.zeros((800, 36), np.uint8)])
    (tmp_path / "a.img").write_bytes(fixed.encode().ljust(3 * 836) + rows.tobytes())
    (tmp_path / "a.imq").write_bytes(vidiconfiles.voyager(FRAME[0]))
    for name in ("a.img", "a.imq"):
        main(f"FROM={tmp_path / name}", f"TO={tmp_path / 'a.cub'}")
        made = cube.read(tmp_path / "a.cub")
        assert np.array_equal(made.core, FRAME)
        said = made.group("Instrument")
        assert said["SPACECRAFT_NAME"] == "VOYAGER_2" and said["INSTRUMENT_ID"] == "WA"
        assert said["CAL_TARGET_CODE"] == "U" and said["IMAGE_NUMBER"] == "26834.50"
        assert said["CAMERA_STATE_1"] == 10 and said["CAMERA_STATE_2"] == 1
        assert said["FILTER_NAME"] == "ORANGE" and said["GainModeId"] == "HIGH"
        assert said["EXPOSURE_DURATION"] == Quantity(15.36, "seconds")
        assert said["TargetName"] == "UranusRings" and said["StartTime"] == "1986-01-24T13:00:00"
        assert made.group("Archive")["Note"] == "A NOTE OF TWO LINES"
        text = made.blob("OriginalLabel", "IsisCube").data.decode()
        assert text.startswith("CCSD3ZF") and "(FDS)" in text


DETACHED = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 1024
^VICAR_HEADER = ("C1_RAW.IMG", 1)
^IMAGE = ("C1_RAW.IMG", 3)
PRODUCT_TYPE = DECOMPRESSED_RAW_IMAGE
INSTRUMENT_HOST_NAME = "VOYAGER 1"
INSTRUMENT_NAME = "IMAGING SCIENCE SUBSYSTEM - NARROW ANGLE"
INSTRUMENT_ID = "ISSN"
MISSION_PHASE_NAME = "SATURN ENCOUNTER"
TARGET_NAME = "S RINGS"
IMAGE_ID = "1815S1-001"
IMAGE_NUMBER = "34507.02"
START_TIME = 1980-11-02T04:24:41.123
SCAN_MODE_ID = "3:1"
SHUTTER_MODE_ID = "NAONLY"
FILTER_NAME = "UV"
FILTER_NUMBER = "7"
EXPOSURE_DURATION = 1.92 <SECOND>
OBJECT = IMAGE
  LINES = 800
  LINE_SAMPLES = 800
  LINE_PREFIX_BYTES = 224
  SAMPLE_TYPE = UNSIGNED_INTEGER
  SAMPLE_BITS = 8
END_OBJECT = IMAGE
END
"""


def test_a_label_beside_a_vicar_image(tmp_path):
    """Given the label it counts; given the image its own lines do, and the pair need no label."""
    (tmp_path / "C1_RAW.IMG").write_bytes(vicar(FRAME, prefix=224))
    (tmp_path / "C1_RAW.LBL").write_text(DETACHED)
    for name, number in (("C1_RAW.LBL", "34507.02"), ("C1_RAW.IMG", "16368.32")):
        main(f"FROM={tmp_path / name}", f"TO={tmp_path / 'a.cub'}")
        made = cube.read(tmp_path / "a.cub")
        said = made.group("Instrument")
        assert np.array_equal(made.core, FRAME) and said["IMAGE_NUMBER"] == number
    main(f"FROM={tmp_path / 'C1_RAW.LBL'}", f"TO={tmp_path / 'a.cub'}")
    said = cube.read(tmp_path / "a.cub").group("Instrument")
    assert (said["SPACECRAFT_NAME"], said["INSTRUMENT_ID"]) == ("VOYAGER_1", "NA")
    assert said["FILTER_NUMBER"] == 7 and said["CAL_TARGET_CODE"] == "S"
    assert said["TargetName"] == "SaturnRings" and said["StartTime"] == "1980-11-02T04:24:41.123000"
    assert said["EXPOSURE_DURATION"] == Quantity(1.92, "seconds")


def test_a_label_beside_a_bare_image(tmp_path, capsys):
    text = DETACHED.replace("224", "0").replace('("C1_RAW.IMG", 3)', '"C1_RAW.IMG"')
    (tmp_path / "c1_raw.img").write_bytes(FRAME.tobytes())
    (tmp_path / "C1_RAW.LBL").write_text(text)
    for name in ("C1_RAW.LBL", "c1_raw.img"):
        main(f"FROM={tmp_path / name}", f"TO={tmp_path / 'a.cub'}")
        assert np.array_equal(cube.read(tmp_path / "a.cub").core, FRAME)
    (tmp_path / "C1_RAW.LBL").write_text(text.replace("LINES = 800", "LINES = 700"))
    assert "more bytes than the 560000" in refused(
        capsys, 4, f"FROM={tmp_path / 'C1_RAW.LBL'}", f"TO={tmp_path / 'b.cub'}"
    )
    (tmp_path / "c1_raw.img").write_bytes(vicar(FRAME))
    line = refused(capsys, 2, f"FROM={tmp_path / 'C1_RAW.LBL'}", f"TO={tmp_path / 'b.cub'}")
    assert "800 lines of 800 samples, C1_RAW.LBL says 700 lines of 800" in line


@pytest.mark.parametrize(
    ("kind", "bits", "stored"),
    [
        ("<i2", 16, "SignedWord"),
        (">i2", 16, "SignedWord"),
        ("<i4", 32, "Real"),
        (">f4", 32, "Real"),
    ],
)
def test_images_of_more_than_8_bits_come_as_they_are(tmp_path, capsys, kind, bits, stored):
    core = RNG.integers(-100, 32767, (1, 800, 800)).astype(kind)
    program = "FICOR77  02 02 86 03:01:10      JAM   GL"
    lab = [*LAB, *["-"] * 3, program]
    (tmp_path / "a.vic").write_bytes(vicar(core, lab=lab))
    main(f"FROM={tmp_path / 'a.vic'}", f"TO={tmp_path / 'a.cub'}")
    assert "calibrated by FICOR77: its samples are no raw DN" in capsys.readouterr().err
    made = cube.read(tmp_path / "a.cub")
    assert np.array_equal(made.core, core) and made.group("Instrument")["SampleBits"] == bits
    assert made.label.find("Type") == stored
    assert made.group("Radiometry")["CalibratedBy"] == "FICOR77"


def test_a_halfword_below_the_valid_ones_needs_reals(tmp_path):
    core = FRAME.astype("<i2")
    core[0, 5, 5] = -32768
    (tmp_path / "a.vic").write_bytes(vicar(core))
    main(f"FROM={tmp_path / 'a.vic'}", f"TO={tmp_path / 'a.cub'}")
    made = cube.read(tmp_path / "a.cub")
    assert made.label.find("Type") == "Real" and made.core[0, 5, 5] == -32768


def test_object_space_is_told_by_group_geoma(tmp_path, capsys):
    core = RNG.integers(0, 256, (1, 1000, 1000), dtype=np.uint8)
    size = "taken to be in object space because of its size; no task is GEOMA"
    for tasks, source in (("TASK='GEOMA'", [("Source", "GEOMA")]), ("", [])):
        (tmp_path / "a.vic").write_bytes(vicar(core, tasks=tasks))
        main(f"FROM={tmp_path / 'a.vic'}", f"TO={tmp_path / 'a.cub'}")
        assert (size in capsys.readouterr().err) == (tasks == "")
        made = cube.read(tmp_path / "a.cub")
        assert made.group("Geoma").items == [("Space", "Object"), *source]
        assert made.group("Instrument")["SampleBits"] == 8
    (tmp_path / "a.vic").write_bytes(vicar(FRAME, tasks="TASK='GEOMA'"))
    main(f"FROM={tmp_path / 'a.vic'}", f"TO={tmp_path / 'a.cub'}")
    assert "Geoma" not in dumps(cube.read(tmp_path / "a.cub").label)


def test_what_the_label_does_not_know_is_not_written(tmp_path, capsys):
    """Asterisks and zeros; a camera is the least a label must name."""
    lab = [LAB[0], "VGR-2   FDS *****.**   PICNO              SCET 00.000 00:00:00   C",
           "WA CAMERA  EXP *****.* MSEC  FILT 6(CH4/U)   C"]  # fmt: skip
    (tmp_path / "a.vic").write_bytes(vicar(FRAME, lab=lab))
    main(f"FROM={tmp_path / 'a.vic'}", f"TO={tmp_path / 'a.cub'}")
    assert capsys.readouterr().err == ""
    made = cube.read(tmp_path / "a.cub")
    assert made.group("Instrument").items == [
        ("SPACECRAFT_NAME", "VOYAGER_2"),
        ("INSTRUMENT_ID", "WA"),
        ("FILTER_NAME", "CH4_U"),
        ("FILTER_NUMBER", 6),
        ("NO_CAMERA_STATE", 3),
        ("CAMERA_STATE_3", 1),
        ("SampleBits", 8),
    ]
    assert made.group("BandBin")["Width"] == Quantity(0.01, "micrometers")
    assert "Archive" not in made.isis


def test_the_number_of_a_filter_counts(tmp_path, capsys):
    lab = [*LAB[:2], LAB[2].replace("0(CLEAR )", "5(VIOLET)"), *LAB[3:]]
    (tmp_path / "a.vic").write_bytes(vicar(FRAME, lab=lab))
    main(f"FROM={tmp_path / 'a.vic'}", f"TO={tmp_path / 'a.cub'}")
    assert "filter 5 of NA is GREEN, FILTER_NAME = VIOLET: ignored" in capsys.readouterr().err
    said = cube.read(tmp_path / "a.cub").group("Instrument")
    assert (said["FILTER_NUMBER"], said["FILTER_NAME"]) == (5, "GREEN")


def test_times_are_iso_whatever_the_label_has():
    source = vgrlabel.voyager(vicars.parse(vicar(FRAME[:, :1, :1])), "a")
    assert source["IMAGE_TIME"] == "1979-063T19:23:00"
    frame = vidiconin.Frame(FRAME[0], source, "")
    made, notes = vidiconcube.groups(frame, "voyager.pvl", "VOYAGER")
    assert made["Instrument"]["StartTime"] == "1979-03-04T19:23:00" and notes == []


VO75 = "VO75 1A   FSC 25973540   FILTER 4  EXP   13  FGD 110  OET-GMT 76 175 18 42 11"


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (vicar(FRAME, lab=[LAB[0], VO75]), 2, "a frame of a Viking Orbiter: vik2cub reads it"),
        (vicar(FRAME, lab=LAB[:2]), 2, "its label has no LAB03 that names a camera: no frame of V"),
        (vicar(FRAME, lab=()), 2, "its label has no LAB03 that names a camera"),
        (vicar(FRAME, lab=[LAB[0], "-", *LAB[2:]]), 2, "SPACECRAFT_NAME is missing: expected text"),
        (
            vicar(FRAME, lab=[*LAB[:2], "NA CAMERA FILT 9(RED  )"]),
            2,
            "FILTER = 9: the filters of NA",
        ),
        (
            vicar(FRAME[:, :700]),
            2,
            "700 lines of 800 samples, expected 800 of 800, in object space",
        ),
        (vicar(np.zeros((3, 800, 800), "u1")), 2, "3 bands of 800 lines: expected an image of one"),
        (vicar(FRAME)[:-3000], 4, "truncated: "),
        (vicar(FRAME, FORMAT="COMP"), 2, "FORMAT = COMP: expected"),
        (b"", 4, "the input is empty"),
        (gzip.compress(vicar(FRAME)), 2, "packed by gzip, expected the file itself: unpack it"),
        (b"\x89PNG\r\n", 2, "no VICAR file, no PDS3 image or label, no .imq"),
        (vidiconfiles.voyager(FRAME[0])[:9000], 4, "is cut off or empty, the image needs"),
    ],
)
def test_what_is_no_frame_of_voyager_is_refused(tmp_path, capsys, data, code, words):
    (tmp_path / "a.x").write_bytes(data)
    line = refused(capsys, code, f"FROM={tmp_path / 'a.x'}", f"TO={tmp_path / 'a.cub'}")
    assert words in line and "a.x" in line
    assert not (tmp_path / "a.cub").exists()


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ([("VOYAGER_2", "VIKING_ORBITER_2")], 2, "a frame of VIKING_ORBITER_2: vik2cub reads it"),
        ([("VOYAGER_2", "JUNO")], 2, "SPACECRAFT_NAME = JUNO: expected a frame of VOYAGER_1"),
        ([("WIDE_ANGLE_CAMERA", "RADAR")], 2, "INSTRUMENT_ID = RADAR: the cameras of VOYAGER_2"),
        ([("1986-01-24T13:00:00Z", "soon")], 2, "IMAGE_TIME = soon: expected a time"),
        ([("SAMPLE_BITS                     = 8", "SAMPLE_BITS = 16")], 2, "SAMPLE_BITS = 16"),
        ([("END_OBJECT", "CHECKSUM = 5\nEND_OBJECT")], 4, "its samples add up to"),
    ],
)
def test_labels_of_coded_images_that_do_not_fit(tmp_path, capsys, changes, code, words):
    if changes[0][0] == "END_OBJECT":  # one line more: the records move
        changes = [(f"= {n}\n", f"= {n + 1}\n") for n in (39, 35, 33)] + changes
    (tmp_path / "a.imq").write_bytes(vidiconfiles.voyager(FRAME[0], changes))
    line = refused(capsys, code, f"FROM={tmp_path / 'a.imq'}", f"TO={tmp_path / 'a.cub'}")
    assert words in line and "a.imq" in line
    assert not (tmp_path / "a.cub").exists()


def test_a_coded_image_without_its_records(tmp_path, capsys):
    """Sent as text it has lost them: the label is there, the codes cannot be found."""
    text = vidiconfiles.VOYAGER.format(1, 2, 3, lines=800, samples=800)
    (tmp_path / "a.img").write_text(text + "\n")
    line = refused(capsys, 2, f"FROM={tmp_path / 'a.img'}", f"TO={tmp_path / 'a.cub'}")
    assert "a coded image whose VAX records are lost: transfer it as binary" in line
    for name, words in (
        ("b.img", "its label (b.LBL) is not beside it"),
        ("none", "cannot be read"),
    ):
        (tmp_path / "b.img").write_bytes(b"pixels")
        line = refused(capsys, 4, f"FROM={tmp_path / name}", f"TO={tmp_path / 'a.cub'}")
        assert words in line


def test_a_real_dark_frame_is_imported_the_same_way(testdata, tmp_path):
    """VICAR's log of the calibration of f1636832 gives 10.93 as the mean of this patch."""
    main(f"FROM={testdata / 'voyager/dc.cal'}", f"TO={tmp_path / 'dc.cub'}")
    dark = cube.read(tmp_path / "dc.cub")
    assert dark.core[0, 499:509, 499:509].mean() == pytest.approx(10.93, abs=0.005)


def test_a_pipe_and_the_same_bytes_each_time(tmp_path, shell):
    (tmp_path / "a.imq").write_bytes(vidiconfiles.voyager(FRAME[0]))
    shell("voy2cub FROM=a.imq > a.cub; voy2cub FROM=a.imq TO=b.cub")
    assert (tmp_path / "a.cub").read_bytes() == (tmp_path / "b.cub").read_bytes()
    words = shell("voy2cub FROM=a.imq | stats").stdout.decode()
    mean = float(next(line for line in words.splitlines() if "Average" in line).split("=")[1])
    assert mean == pytest.approx(FRAME.mean(), rel=1e-6)
    (tmp_path / "a.lbl").write_text(DETACHED)
    done = shell("voy2cub FROM=- TO=c.cub < a.lbl", check=False)
    assert done.returncode == 2 and b"not down a pipe: give FROM=file" in done.stderr
