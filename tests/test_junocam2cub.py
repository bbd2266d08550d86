"""junocam2cub: the raw strip and its metadata become a cube."""

import gzip
import hashlib
import io
import json
import pathlib
import zipfile

import cv2
import numpy as np
import pytest
import rasterio

from perijove.junocam2cub import deinterleave, main
from perijove.kit import cube, imageset, label, metadata, special, strip, zips
from perijove.kit.error import Error, IoError
from perijove.kit.label import Quantity
from refusal import refusal

refused = refusal(main)

FRAMES = 2
GROUPS = "Instrument", "Archive", "BandBin", "Kernels"
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
        bands = int(meta["LINES"]) // (128 * FRAMES)
        image = np.zeros((FRAMES, bands, 128, 1648), np.uint8)
        image += (100 * np.arange(FRAMES, dtype=np.uint8))[:, None, None, None]
        image += (10 * np.arange(image.shape[1], dtype=np.uint8))[:, None, None]
        image[:, :, -1] += 1
        image[0, 0, 0, :2] = 0, 255
        image = image.reshape(-1, 1648)
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "13539-Metadata.json").write_text(json.dumps(meta))
    cv2.imwrite(str(folder / name), image)
    return folder / name


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


def packed(path, **members):
    """Write a zip of {name: bytes}; / in a name is __."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return path


def zipped(folder):
    """The site's two zips of the product, alone in a folder; return the one of the image."""
    source = product(folder / "unpacked")
    image, meta = source.read_bytes(), (folder / "unpacked/13539-Metadata.json").read_bytes()
    names = f"ImageSet__{source.name}", f"ImageSet__{source.name.replace('raw', 'red')}"
    packed(folder / "13539-Data.zip", **{"DataSet__13415-Metadata.json": meta})
    hidden = {f"__MACOSX__ImageSet__._{source.name}": b"Mac OS X"}
    return packed(folder / "13539-ImageSet.zip", **dict.fromkeys(names, image), **hidden)


def test_the_site_s_zips_are_read_as_they_come(tmp_path):
    main(f"FROM={zipped(tmp_path)}", f"TO={tmp_path}/zip.cub")
    unpacked = tmp_path / "unpacked"
    main(f"FROM={unpacked}", f"TO={tmp_path}/folder.cub")
    main(f"FROM={unpacked}/{META['FILE_NAME']}", f"TO={tmp_path}/png.cub")
    assert (tmp_path / "folder.cub").read_bytes() == (tmp_path / "png.cub").read_bytes()
    zipped_, png = (cube.read(f"{tmp_path}/{name}.cub") for name in ("zip", "png"))
    assert np.array_equal(zipped_.core, png.core)
    assert all(zipped_.group(name) == png.group(name) for name in GROUPS)
    assert "13539-Data.zip = " in zipped_.history


def test_metadata_of_a_zip_are_sought_where_they_may_be(tmp_path):
    source = zipped(tmp_path)
    data = (tmp_path / "13539-Data.zip").rename(tmp_path / "elsewhere.zip")
    assert metadata.read(data)["PRODUCT_ID"] == META["PRODUCT_ID"]
    with pytest.raises(Error, match="no .*-Metadata.json near it names it .there is none"):
        metadata.find(tmp_path / META["FILE_NAME"], source)
    main(f"FROM={source}", f"META={data}", f"TO={tmp_path}/raw.cub")
    other = packed(tmp_path / "other.zip", **{"a-Metadata.json": b"{}", "b-Metadata.json": b"{}"})
    with pytest.raises(Error, match="other.zip: holds 2 .*, 0 of them of x.png: expected one"):
        metadata.read(other, "x.png")
    image = (tmp_path / "unpacked" / META["FILE_NAME"]).read_bytes()
    both = {META["FILE_NAME"]: image, "a-Metadata.json": json.dumps(META).encode()}
    packed(tmp_path / "both.zip", **both, **{"b-Metadata.json": b'{"PRODUCT_ID": "other"}'})
    main(f"FROM={tmp_path}/both.zip", f"TO={tmp_path}/both.cub")
    (tmp_path / "unpacked/13539-Metadata.json").rename(tmp_path / "near-Metadata.json")
    main(f"FROM={source}", f"TO={tmp_path}/near.cub")
    main(f"FROM={tmp_path}/unpacked", f"TO={tmp_path}/above.cub")


def test_one_of_several_images_is_chosen(tmp_path, capsys):
    image = (product(tmp_path / "a")).read_bytes()
    names = "JNCE_2022186_43C00078_V01-raw.png", META["FILE_NAME"]
    source = packed(tmp_path / "a" / "two.zip", **dict.fromkeys(names, image))
    line = refused(capsys, 2, f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert f"two.zip: holds 2 raw images: {names[0]}, {names[1]}: choose with IMAGE" in line
    main(f"FROM={source}", "IMAGE=43C00080", f"TO={tmp_path}/raw.cub")
    line = refused(capsys, 2, f"FROM={source}", "IMAGE=C00099", f"TO={tmp_path}/raw.cub")
    assert "holds no raw image with C00099 in its name" in line
    for name in names:
        (tmp_path / "a" / name).write_bytes(image)
    line = refused(capsys, 2, f"FROM={tmp_path}/a", f"TO={tmp_path}/raw.cub")
    assert "a: holds 2 raw images" in line
    main(f"FROM={tmp_path}/a", "IMAGE=43C00080", f"TO={tmp_path}/raw.cub")
    line = refused(capsys, 2, f"FROM={tmp_path}/x.IMG", "IMAGE=a", f"TO={tmp_path}/raw.cub")
    assert "x.IMG is one image" in line


def test_a_movie_s_images_lack_the_ending(tmp_path):
    image = product(tmp_path / "a").read_bytes()
    name = META["FILE_NAME"].replace("-raw", "")
    views = [META["FILE_NAME"].replace("raw", view) for view in ("red", "mapprojected")]
    source = packed(tmp_path / "a" / "x.ZIP", **dict.fromkeys([name, *views], image))
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    source = packed(tmp_path / "b.zip", **dict.fromkeys(views, image))
    with pytest.raises(Error, match="b.zip: holds no raw image .*-red.png, .*-mapprojected.png"):
        imageset.read(source)


def test_damaged_zips_and_bombs_end_in_one_line(tmp_path, capsys):
    source = zipped(tmp_path)
    whole = source.read_bytes()
    at = whole.index(b"-raw.png") + 60  # in the data of the image
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-raw.png", bytes(zips.LARGEST + 1), compresslevel=1)
    wrong = {
        b"": "no whole zip",
        whole[: len(whole) // 2]: "no whole zip",
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]: "no whole zip",
        whole.replace(b"PK\x03\x04", b"PK\x03\x05"): "no whole zip",
        bomb.getvalue(): "a-raw.png has more than 256 MiB",
    }
    for data, words in wrong.items():
        source.write_bytes(data)
        line = refused(capsys, 4, f"FROM={source}", f"TO={tmp_path}/raw.cub")
        assert line.startswith("**I/O ERROR** junocam2cub: ") and words in line
    line = refused(capsys, 4, f"FROM={tmp_path}/none.zip", f"TO={tmp_path}/raw.cub")
    assert "none.zip: cannot be read: no such file or directory" in line
    source.write_bytes(whole)
    (tmp_path / "13539-Data.zip").write_bytes(b"PK")
    line = refused(capsys, 4, f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert "13539-Data.zip: this is no whole zip" in line
    packed(tmp_path / "13539-Data.zip", **{"a-Metadata.json": bytes(metadata.LARGEST + 1)})
    line = refused(capsys, 4, f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert "a-Metadata.json has more than 1 MiB" in line
    assert not (tmp_path / "raw.cub").exists()


PDS = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = {record}
FILE_RECORDS = 256
^IMAGE = "x.IMG"
SPACECRAFT_NAME = JUNO
TARGET_NAME = JUPITER
INSTRUMENT_ID = "JNC"
PRODUCT_ID = "JNCR_2022186_43M00081_V01"
START_TIME = 2022-186T12:18:09.446
ORBIT_NUMBER = 43
INTERFRAME_DELAY = 0.372 <s>
SAMPLE_BIT_MODE_ID = "SQROOT"
EXPOSURE_DURATION = 102.4 <ms>
JNO:TDI_STAGES_COUNT = 32
SAMPLING_FACTOR = 1
FILTER_NAME = METHANE
RATIONALE_DESC = "Methane with shifted window (INS-61504_DISTORTION_Y
 = 405.48)"
OBJECT = IMAGE
  LINES = 256
  LINE_SAMPLES = 1648
  SAMPLE_TYPE = UNSIGNED_INTEGER
  SAMPLE_BITS = {bits}
  MD5_CHECKSUM = "{md5}"
END_OBJECT = IMAGE
END
"""


def archived(folder, image):
    """Write a PDS product of 2 methane frames, 8 or 16 bits; return the label's path."""
    data = image.astype(image.dtype.newbyteorder(">")).tobytes()
    record, bits = 1648 * image.itemsize, 8 * image.itemsize
    text = PDS.format(record=record, bits=bits, md5=hashlib.md5(data).hexdigest())
    (folder / "x.LBL").write_text(text)
    (folder / "x.IMG").write_bytes(data)
    return folder / "x.LBL"


def test_a_raw_product_of_the_archive(tmp_path):
    image = np.random.default_rng(4).integers(0, 256, (256, 1648), dtype=np.uint8)
    source = archived(tmp_path, image)
    main(f"FROM={source}", f"TO={tmp_path}/lbl.cub")
    main(f"FROM={source.with_suffix('.IMG')}", f"TO={tmp_path}/img.cub")
    assert (tmp_path / "lbl.cub").read_bytes() == (tmp_path / "img.cub").read_bytes()
    found = cube.read(f"{tmp_path}/lbl.cub")
    assert np.array_equal(found.core[0], image) and found.group("Instrument")["SampleBits"] == 8
    assert found.group("Archive")["YearDoy"] == 2022186
    assert found.isis.object("Core").group("Pixels")["Type"] == "SignedWord"
    assert "x.LBL " in found.history


def test_a_reduced_product_keeps_all_16_bits(tmp_path):
    image = np.arange(256 * 1648).reshape(256, 1648).astype(np.uint16)  # 0 to 65535, some times
    source = archived(tmp_path, image)
    assert source.with_suffix(".IMG").read_bytes()[:6] == b"\0\0\0\1\0\2"  # big-endian
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub")
    assert np.array_equal(found.core[0], image) and found.core.max() == 65535
    instrument = found.group("Instrument")
    assert (instrument["SampleBits"], instrument["SampleBitMode"]) == (16, "SQROOT")


def test_a_reduced_product_goes_down_the_chain_as_i_over_f(tmp_path, shell):
    image = np.full((256, 1648), 4321, np.uint16)
    archived(tmp_path, image)
    gzip_ = gzip.compress((tmp_path / "x.IMG").read_bytes())
    (tmp_path / "x.IMG").unlink()
    (tmp_path / "x.img.gz").write_bytes(gzip_)
    shell("junocam2cub FROM=x.img.gz | decompand | junocal TO=if.cub")
    found = cube.read(f"{tmp_path}/if.cub").core
    assert np.isnan(found[:, :, :23]).all()
    assert np.unique(found[:, :, 23:1631]).tolist() == [np.float32(0.4321)]


def test_damaged_products_of_the_archive_are_refused(tmp_path, capsys):
    source = archived(tmp_path, np.zeros((256, 1648), np.uint8))
    words = f"FROM={source}", f"TO={tmp_path}/raw.cub"
    (tmp_path / "x.IMG").write_bytes(bytes([1]) + bytes(256 * 1648 - 1))
    assert "x.IMG: damaged: its MD5 is" in refused(capsys, 4, *words)
    (tmp_path / "x.IMG").write_bytes(bytes(255 * 1648))
    assert "x.IMG: truncated: 420240 bytes, x.LBL says 421888" in refused(capsys, 4, *words)
    (tmp_path / "x.IMG").unlink()
    assert "(x.IMG) is not beside it" in refused(capsys, 4, *words)
    source.write_text(source.read_text().replace("LINES = 256", "LINES = 255"))
    (tmp_path / "x.IMG").write_bytes(bytes(255 * 1648))
    source.write_text(source.read_text().replace("MD5_CHECKSUM", "MD5"))
    assert "LINES = 255, expected a multiple of 128" in refused(capsys, 2, *words)
    assert not (tmp_path / "raw.cub").exists()


def test_the_line_of_a_shifted_methane_window_becomes_a_keyword(tmp_path, capsys):
    text = "Window shifted; INS-61504_DISTORTION_Y = 420.5."
    image = np.zeros((256, 1648), np.uint8)
    methane = dict(FILTER_NAME="METHANE", LINES=256)
    for rationale, line in ((text, 420.5), ("Jupiter imaging", None), (None, None)):
        source = product(tmp_path, image, RATIONALE_DESC=rationale, **methane)
        main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
        instrument = cube.read(f"{tmp_path}/raw.cub").group("Instrument")
        assert instrument.number("MethaneLine", "pixels", default=None) == line
        assert capsys.readouterr().err == ""
    source = product(tmp_path, image, RATIONALE_DESC="INS-61504_DISTORTION_Y = high", **methane)
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert "no line can be read from RATIONALE_DESC = INS-61504_D" in capsys.readouterr().err
    assert "MethaneLine" not in cube.read(f"{tmp_path}/raw.cub").group("Instrument")
    main(f"FROM={product(tmp_path, RATIONALE_DESC=text)}", f"TO={tmp_path}/raw.cub")
    assert "MethaneLine" not in cube.read(f"{tmp_path}/raw.cub").group("Instrument")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Hot spots. INS-61504_DISTORTION_Y = 285.48", 285.48),
        ("ins-61504_distortion_y=420.", 420.0),
        ("INS-61504_DISTORTION_Y\n   = ( -12.5 ), as sent", -12.5),
        ("INS-61504_DISTORTION_Y = 42050", None),  # no line of the detector
        ("INS-61504_DISTORTION_Y unknown", None),
        ("Jupiter imaging", None),
        ("", None),
    ],
)
def test_the_line_of_a_rationale(text, line):
    assert strip.methane_line(text) == line


@pytest.mark.parametrize(
    ("changes", "group", "key", "expected"),
    [
        ({"ORBIT_NUMBER": "N/A"}, "Archive", "OrbitNumber", None),
        ({"ORBIT_NUMBER": 0}, "Archive", "OrbitNumber", 0),
        ({"MISSION_PHASE_NAME": "EARTH FLYBY"}, "Archive", "MissionPhase", "EARTH FLYBY"),
        ({"TARGET_NAME": "EARTH"}, "Instrument", "TargetName", "Earth"),
        ({"TARGET_NAME": "STAR FIELD"}, "Instrument", "TargetName", "Star Field"),
        ({"TARGET_NAME": "NONE"}, "Instrument", "TargetName", "None"),
        ({"TARGET_NAME": "N/A"}, "Instrument", "TargetName", None),
        ({"TARGET_NAME": None}, "Instrument", "TargetName", None),
        ({"SPACECRAFT_ALTITUDE": "N/A <km>"}, "Instrument", "SpacecraftAltitude", None),
        ({"SUB_SPACECRAFT_LATITUDE": "UNK"}, "Instrument", "SubSpacecraftLatitude", None),
        ({"SUB_SPACECRAFT_LATITUDE": "-8.5 <deg>"}, "Instrument", "SubSpacecraftLatitude", -8.5),
        ({"SOLAR_DISTANCE": "2.0 <AU>"}, "Instrument", "SolarDistance", 2 * 149597870.7),
        ({"SOLAR_DISTANCE": None}, "Instrument", "SolarDistance", None),
        ({"START_TIME": "2013-282T19:12:09.5"}, "Archive", "YearDoy", 2013282),
        ({"FILTER_NAME": "('BLUE', 'GREEN', 'RED')"}, "BandBin", "FilterName", "BLUE GREEN RED"),
        ({"FILTER_NAME": "red,green;blue"}, "BandBin", "FilterName", "RED GREEN BLUE"),
        ({"EXPOSURE_DURATION": 9.6}, "Instrument", "ExposureDuration", 9.6),
        ({"EXPOSURE_DURATION": "0.0096 <s>"}, "Instrument", "ExposureDuration", 9.6),
        ({"LINES": "768", "SAMPLE_BITS": "8"}, "Instrument", "NumberFramelets", 2),
        ({"SAMPLE_BIT_MODE_ID": "LIN8"}, "Instrument", "SampleBitMode", "LIN8"),
        ({"JNO:TDI_STAGES_COUNT": 100}, "Instrument", "TDICount", 100),
    ],
)
def test_what_labels_may_say_and_leave_out(tmp_path, changes, group, key, expected):
    if "START_TIME" in changes:
        changes = changes | {"STOP_TIME": None}
    main(f"FROM={product(tmp_path, **changes)}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub").group(group).get(key)
    found = found.value if isinstance(found, Quantity) else found
    found = " ".join(found) if isinstance(found, list) else found
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    "names", [["RED"], ["RED", "BLUE"], ["BLUE", "GREEN", "RED", "METHANE"], ["GREEN", "METHANE"]]
)
def test_any_filters_in_any_order(tmp_path, names):
    lines = FRAMES * 128 * len(names)
    main(f"FROM={product(tmp_path, FILTER_NAME=names, LINES=lines)}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub")
    assert found.band_names() == names and found.core.shape == (len(names), 128 * FRAMES, 1648)
    assert found.core[:, 128, 5].tolist() == [100 + 10 * b for b in range(len(names))]


def test_a_summed_strip_has_framelets_of_64_lines(tmp_path):
    image = np.repeat(np.arange(12, dtype=np.uint8), 64)[:, None] * np.ones((1, 824), np.uint8)
    source = product(tmp_path, image, SAMPLING_FACTOR=2, LINES=768, LINE_SAMPLES=824)
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub")
    assert found.core.shape == (3, 4 * 64, 824)
    assert found.core[1, ::64, 0].tolist() == [1, 4, 7, 10]
    instrument = found.group("Instrument")
    assert [instrument[k] for k in ("SummingMode", "FrameletLines", "NumberFramelets")] == [
        2,
        64,
        4,
    ]


def test_a_summed_strip_may_lack_its_last_dark_columns(tmp_path):
    image = np.full((768, 816), 7, np.uint8)
    source = product(tmp_path, image, SAMPLING_FACTOR=2, LINES=768, LINE_SAMPLES=816)
    main(f"FROM={source}", f"TO={tmp_path}/raw.cub")
    found = cube.read(f"{tmp_path}/raw.cub").core
    assert found.shape == (3, 256, 824) and (found[:, :, :816] == 7).all()
    assert (special.kinds(found[:, :, 816:]) == 1).all()  # Null


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


def test_a_real_zip_gives_what_the_unpacked_image_gives(testdata, tmp_path):
    folder = testdata / "junocam" / "pj43"
    main(f"FROM={folder}/13540-ImageSet.zip", f"TO={tmp_path}/zip.cub")
    main(f"FROM={folder}/13540-ImageSet", f"TO={tmp_path}/png.cub")
    packed, plain = (cube.read(f"{tmp_path}/{name}.cub") for name in ("zip", "png"))
    assert packed.band_names() == ["METHANE"] and packed.core.max() == 58
    assert np.array_equal(packed.core, plain.core)
    assert all(packed.group(name) == plain.group(name) for name in GROUPS)


def test_a_real_label_of_the_archive(testdata, tmp_path, capsys):
    text = (testdata / "labels/JNCE_2017038_04C00586_V01.LBL").read_text()
    data = np.arange(3072 * 1648, dtype=np.uint32).astype(np.uint8).tobytes()
    source = tmp_path / "JNCE_2017038_04C00586_V01.lbl"
    source.write_text(text)
    source.with_suffix(".img").write_bytes(data)
    line = refused(capsys, 4, f"FROM={source}", f"TO={tmp_path}/raw.cub")
    assert "its MD5 is" in line and "says 8187bc46fcfbfe86d895d5745f644aae" in line
    own = hashlib.md5(data).hexdigest()
    source.write_text(text.replace("8187bc46fcfbfe86d895d5745f644aae", own))
    main(f"FROM={source.with_suffix('.img')}", f"TO={tmp_path}/raw.cub")
    assert capsys.readouterr().err == ""  # 8 frames of 0.376 s from START to STOP
    found = cube.read(f"{tmp_path}/raw.cub")
    assert found.core.shape == (3, 8 * 128, 1648)
    assert found.core[2, 128, 7] == ((384 + 256) * 1648 + 7) % 256
    assert found.group("Instrument")["SpacecraftAltitude"] == Quantity(4005488.3, "km")
    assert found.group("Archive")["Rationale"].endswith("(relative time: PJ04+004T23:48)")


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
