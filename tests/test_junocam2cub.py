"""junocam2cub: the raw strip and its metadata become a cube."""

import json
import pathlib

import cv2
import numpy as np
import pytest
import rasterio

from perijove.junocam2cub import deinterleave, main
from perijove.kit import cube, label, metadata
from perijove.kit.error import Error, IoError
from perijove.kit.label import Quantity

FRAMES = 2
META = {
    "PRODUCT_ID": "JNCE_2022186_43C00080_V01",
    "FILE_NAME": "JNCE_2022186_43C00080_V01-raw.png",
    "INSTRUMENT_ID": "JNC",
    "SPACECRAFT_NAME": "JUNO",
    "TARGET_NAME": "JUPITER",
    "START_TIME": "2022-07-05T12:17:39.223",
    "STOP_TIME": "2022-07-05T12:17:39.967",
    "INTERFRAME_DELAY": "0.372 <s>",
    "EXPOSURE_DURATION": "9.600000 <ms>",
    "JNO:TDI_STAGES_COUNT": 3,
    "SAMPLING_FACTOR": 1,
    "SAMPLE_BITS": 8,
    "SAMPLE_BIT_MODE_ID": "SQROOT",
    "FILTER_NAME": ["BLUE", "GREEN", "RED"],
    "LINES": 384 * FRAMES,
    "LINE_SAMPLES": 1648,
    "ORBIT_NUMBER": 43,
    "SOLAR_DISTANCE": "7.4237e+08 <km>",
    "SUB_SPACECRAFT_LATITUDE": "-83.2861",
    "SPACECRAFT_CLOCK_STOP_COUNT": "N/A",
    "TITLE": 'PJ43 "South" Pole',
    "TOKEN_ID": [],
}


def product(folder, image=None, name=META["FILE_NAME"], **changes):
    """Write an image and its metadata as the site gives them; return the image's path.

    The samples of the strip tell where they are: 100 * frame + 10 * filter, +1 in the last line.
    """
    meta = {k: v for k, v in (META | changes).items() if v is not None}
    if image is None:
        image = np.zeros((FRAMES, len(meta["FILTER_NAME"]), 128, 1648), np.uint8)
        image += (100 * np.arange(FRAMES, dtype=np.uint8))[:, None, None, None]
        image += (10 * np.arange(image.shape[1], dtype=np.uint8))[:, None, None]
        image[:, :, -1] += 1
        image[0, 0, 0, :2] = 0, 255
        image = image.reshape(-1, 1648)
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "13539-Metadata.json").write_text(json.dumps(meta))
    cv2.imwrite(str(folder / name), image)
    return folder / name


def refused(capsys, code, *words):
    with pytest.raises(SystemExit) as stop:
        main(*(str(w) for w in words))
    line = capsys.readouterr().err
    assert stop.value.code == code and line.count("\n") == 1, line
    return line


def test_framelets_go_where_the_order_of_time_and_filter_says():
    strip = np.arange(2 * 3 * 4).reshape(-1, 1)  # 2 frames of 3 filters of 4 lines, 1 sample
    bands = deinterleave(strip, 3, 4)
    assert bands.shape == (3, 8, 1)
    assert bands[0, :, 0].tolist() == [0, 1, 2, 3, 12, 13, 14, 15]
    assert bands[2, :, 0].tolist() == [8, 9, 10, 11, 20, 21, 22, 23]


def test_a_product_becomes_one_band_per_filter(tmp_path):
    main(f"FROM={product(tmp_path)}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub")
    assert found.core.shape == (3, 128 * FRAMES, 1648)
    assert found.core[0, 0, :2].tolist() == [0, 255]  # data, not special pixels
    assert found.core[2, [0, 127, 128, 255], 5].tolist() == [20, 21, 120, 121]
    assert found.band_names() == ["BLUE", "GREEN", "RED"]
    instrument, archive = found.group("Instrument"), found.group("Archive")
    assert instrument["ExposureDuration"] == Quantity(9.6, "ms")
    assert instrument["SolarDistance"] == Quantity(7.4237e8, "km")
    assert [instrument[k] for k in ("NumberFramelets", "FrameletLines", "TDICount")] == [2, 128, 3]
    assert [instrument[k] for k in ("TargetName", "SampleBits")] == ["Jupiter", 8]
    assert instrument["SubSpacecraftLatitude"] == -83.2861
    assert archive["Credit"] == "NASA/JPL-Caltech/SwRI/MSSS"
    assert archive["YearDoy"] == 2022186
    assert found.group("BandBin")["NaifIkCode"] == [-61501, -61502, -61503]
    assert "13539-Metadata.json = " in found.history  # its SHA-256
    assert str(tmp_path) not in (tmp_path / "raw.cub").read_bytes().decode("latin-1")


def test_every_keyword_is_kept_in_the_original_label(tmp_path):
    main(f"FROM={product(tmp_path)}", f"TO={tmp_path}/raw.cub")
    kept = label.loads(
        cube.read(f"{tmp_path}/raw.cub").blob("OriginalLabel", "IsisCube").data.decode()
    )
    assert [k for k, _ in kept.items] == list(META)
    assert kept["INTERFRAME_DELAY"] == Quantity(0.372, "s")
    assert kept["SUB_SPACECRAFT_LATITUDE"] == "-83.2861"
    assert kept["TITLE"] == META["TITLE"]
    assert kept["TOKEN_ID"] == []


def test_methane_alone_and_three_equal_channels(tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (256, 1648), dtype=np.uint8)
    rgb = np.repeat(image[..., None], 3, axis=2)
    source = product(tmp_path, rgb, FILTER_NAME=["METHANE"], LINES=256)
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub")
    assert np.array_equal(found.core[0], image)  # one filter: the strip as it is
    assert found.group("BandBin")["NaifIkCode"] == [-61504]


def test_the_time_of_the_frames_is_checked_with_a_warning(tmp_path, capsys):
    source = product(tmp_path, STOP_TIME="2022-07-05T12:17:39.971")  # 2 ms per frame: just inside
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert capsys.readouterr().err == ""
    source = product(tmp_path, STOP_TIME="2022-07-05T12:17:39.972")
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert "STOP_TIME - START_TIME differs from the frames by +0.005 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"EXPOSURE_DURATION": None}, "EXPOSURE_DURATION is missing: expected a number in <ms>"),
        (
            {"EXPOSURE_DURATION": "9.6 <km>"},
            "EXPOSURE_DURATION = 9.6 <km>: expected a number in <ms>",
        ),
        ({"EXPOSURE_DURATION": "soon"}, "EXPOSURE_DURATION = soon: expected a number in <ms>"),
        ({"INTERFRAME_DELAY": [1]}, "INTERFRAME_DELAY = (1): expected a number in <s>"),
        ({"START_TIME": "noon"}, "START_TIME = noon: expected a time such as"),
        ({"PRODUCT_ID": "N/A"}, "PRODUCT_ID = N/A: expected text"),
        ({"JNO:TDI_STAGES_COUNT": 1.5}, "JNO:TDI_STAGES_COUNT = 1.5: expected an integer"),
        (
            {"FILTER_NAME": ["BLUE", "UV", "RED"]},
            "FILTER_NAME: no filter UV: JunoCam bands are BLUE",
        ),
        ({"FILTER_NAME": ["RED", "RED", "RED"]}, "a filter is named twice"),
        ({"SAMPLING_FACTOR": 3}, "SAMPLING_FACTOR = 3, expected 1 or 2"),
        ({"SAMPLING_FACTOR": 2}, "LINE_SAMPLES = 1648, expected 824 at SAMPLING_FACTOR = 2"),
        ({"LINES": 800}, "LINES = 800, expected a multiple of 384 (3 filters of 128 lines)"),
        ({"LINES": 1152}, "says 1152 lines of 1648: not the raw strip?"),
        ({"SAMPLE_BITS": 16}, "SAMPLE_BITS = 16, expected 8 of a PNG"),
        ({"INSTRUMENT_ID": "ISSNA"}, "INSTRUMENT_ID = ISSNA, expected JNC"),
    ],
)
def test_wrong_metadata_are_refused_by_name(tmp_path, capsys, changes, words):
    line = refused(capsys, 2, f"FROM={product(tmp_path, **changes)}", f"TO={tmp_path}/raw.cub")
    assert line.startswith("**USER ERROR** junocam2cub: ") and words in line
    assert not (tmp_path / "raw.cub").exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda raw: raw[:-20], "the PNG is cut off"),
        (lambda raw: raw[: len(raw) // 2], "the PNG is cut off"),
        (lambda raw: raw + bytes(100), "100 bytes of garbage follow the PNG"),
        (lambda raw: raw[:60] + bytes([raw[60] ^ 1]) + raw[61:], "damaged PNG"),
        (lambda raw: b"<html>404</html>", "this is no PNG image"),
    ],
)
def test_a_damaged_image_is_an_io_error(tmp_path, capsys, damage, words):
    source = product(tmp_path)
    source.write_bytes(damage(source.read_bytes()))
    line = refused(capsys, 4, f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert line.startswith("**I/O ERROR** junocam2cub: ") and words in line
    assert not (tmp_path / "raw.cub").exists()


def test_absent_files_and_other_pictures_are_named(tmp_path, capsys):
    source = product(tmp_path)
    line = refused(capsys, 4, f"FROM={tmp_path}/none.png", f"TO={tmp_path}/raw.cub")
    assert "none.png: cannot be read: no such file or directory" in line
    line = refused(capsys, 4, f"FROM={source}", "META=none.json", f"TO={tmp_path}/raw.cub")
    assert "none.json: cannot be read" in line
    view = tmp_path / "JNCE_2022186_43C00080_V01-red.png"
    cv2.imwrite(str(view), np.zeros((1600, 1600), np.uint8))
    line = refused(capsys, 2, f"FROM={view}", f"TO={tmp_path}/raw.cub")
    assert "found 1600 lines of 1600 samples" in line and "not the raw strip?" in line


def test_metadata_are_found_in_the_folders_of_the_site(tmp_path):
    source = product(tmp_path / "ImageSet")
    beside = tmp_path / "ImageSet" / "13539-Metadata.json"
    assert metadata.find(source) == str(beside)
    for place in (tmp_path / "DataSet", tmp_path):
        place.mkdir(exist_ok=True)
        beside = beside.rename(place / beside.name)
        assert metadata.find(source) == str(beside)


def test_metadata_fit_by_file_name_or_by_product(tmp_path):
    source = product(tmp_path)
    other = json.dumps(META | {"PRODUCT_ID": "JNCE_2022186_43C00078_V01", "FILE_NAME": "x.png"})
    (tmp_path / "13537-Metadata.json").write_text(other)
    assert metadata.find(source).endswith("13539-Metadata.json")
    plain = source.rename(tmp_path / "JNCE_2022186_43C00080_V01.png")  # movies lack -raw
    assert metadata.find(plain).endswith("13539-Metadata.json")
    (tmp_path / "again-Metadata.json").write_text(json.dumps(META))
    with pytest.raises(
        Error, match="2 metadata files fit: 13539-Meta.*, again-Meta.*: choose with"
    ):
        metadata.find(plain)
    (tmp_path / "bad-Metadata.json").write_text("{")
    with pytest.raises(Error, match="2 metadata files fit"):
        metadata.find(plain)
    with pytest.raises(IoError, match="bad-Metadata.json: this is no JSON"):
        metadata.find(tmp_path / "other-raw.png")
    (tmp_path / "bad-Metadata.json").unlink()
    with pytest.raises(Error, match="these do not fit: 13537-Metadata.json, 13539-M"):
        metadata.find(tmp_path / "other-raw.png")
    with pytest.raises(Error, match="there is none"):
        metadata.find(tmp_path / "empty" / "deep" / "other-raw.png")


@pytest.mark.parametrize("text", ["{", "[1]", "", '{"a": 1'])
def test_metadata_that_are_no_json_are_an_io_error(tmp_path, capsys, text):
    source = product(tmp_path)
    (tmp_path / "13539-Metadata.json").write_text(text)
    meta = f"META={tmp_path}/13539-Metadata.json"
    line = refused(capsys, 4, f"FROM={source}", meta, f"TO={tmp_path}/raw.cub")
    assert line.startswith("**I/O ERROR** junocam2cub: ") and "13539-Metadata.json: " in line


def test_text_that_looks_like_a_quantity_stays_text(tmp_path):
    (tmp_path / "a.json").write_text('{"A": "PJ43 <late>", "B": " 3 <s>", "C": {"D": "1e3 <km>"}}')
    found = metadata.read(tmp_path / "a.json")
    assert found["A"] == "PJ43 <late>"
    assert found["B"] == Quantity(3.0, "s")
    assert found["D"] == Quantity(1000.0, "km")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_pipe_gives_a_cube_that_gdal_opens(tmp_path, shell):
    source = product(tmp_path)
    shell(f"junocam2cub FROM={source.name} > a.cub; junocam2cub FROM={source.name} TO=b.cub")
    assert (tmp_path / "a.cub").read_bytes() == (tmp_path / "b.cub").read_bytes()
    shell(f"junocam2cub FROM={source.name} | decompand TO=dn.cub")
    with rasterio.open(tmp_path / "dn.cub") as image:
        assert image.driver == "ISIS3"
        assert image.read()[0, 0, :3].tolist() == [0, 2879, 0]
    done = shell(
        f"junocam2cub FROM={source.name} META=none.json | decompand TO=no.cub", check=False
    )
    assert done.returncode == 4 and not (tmp_path / "no.cub").exists()


@pytest.mark.parametrize(("number", "shape"), [(13539, (3, 1536, 1648)), (13540, (1, 1536, 1648))])
def test_real_products(testdata, tmp_path, capsys, number, shape):
    folder = testdata / "junocam" / "pj43" / f"{number}-ImageSet"
    (source,) = folder.glob("*-raw.png")
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert capsys.readouterr().err == ""  # STOP - START = 12 frames of 0.372 s
    found = cube.read(f"{tmp_path}/raw.cub")
    assert found.core.shape == shape
    strip = cv2.imread(str(source), cv2.IMREAD_UNCHANGED)
    assert found.core.sum(dtype=np.int64) == strip.sum(dtype=np.int64)
    assert np.array_equal(found.core[-1, -128:], strip[-128:])
    assert found.core[:, :, :23].max() < 20 < found.core[:, :, 23:1631].max()  # dark columns
    kept = label.loads(found.blob("OriginalLabel", "IsisCube").data.decode())
    assert [k for k, _ in kept.items] == list(json.loads(next(folder.glob("*.json")).read_text()))


def test_all_real_metadata_are_understood(testdata, tmp_path):
    from perijove.junocam2cub import groups, time_gap
    from perijove.kit import calfile

    table = calfile.read("juno/bands.sav")
    files = sorted(pathlib.Path(testdata).glob("junocam/metadata/*.json"))
    assert len(files) > 10
    for file in files:
        made, height = groups(metadata.read(file), table)
        assert height == 128
        assert abs(time_gap(made["Instrument"])) < 0.002, file.name
