"""What is wrong with the input ends in one line, exit 2 or 4, and nothing half written."""

import json
import shutil
import subprocess
import zipfile

import numpy as np
import pytest

from perijove.kit import fits, planes, zips
from perijove.kit.error import Error, IoError

CHAIN = """
junocam2cub FROM=$(echo site/*-raw.png) TO=raw.cub
decompand FROM=raw.cub TO=dn.cub
junocal FROM=dn.cub TO=if.cub -quiet
spiceinit FROM=if.cub KERNELS=site/kernels TO=ck.cub
spiceinit FROM=if.cub KERNELS=site/kernels ATTITUDE=SPIN TO=spin.cub
spiceinit FROM=if.cub KERNELS=site/kernels ATTITUDE=NONE TO=none.cub
mv $(echo site/*-raw.png) site/x-raw.png
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return a folder with a two-frame product, its kernels, and the cubes of each step."""
    folder = tmp_path_factory.mktemp("inputs")
    line = "junosim TO=site SEED=4 FRAMES=2 TRUTH=NONE -quiet\n" + CHAIN
    subprocess.run(["bash", "-eo", "pipefail", "-c", line], cwd=folder, check=True)
    (meta,) = (folder / "site").glob("*-Metadata.json")
    found = json.loads(meta.read_text())
    found["FILE_NAME"] = "x-raw.png"
    meta.write_text(json.dumps(found))
    return folder


@pytest.fixture
def refused(inputs, tmp_path, shell):
    """Return a function that runs a line among copies of the inputs, and checks the contract."""

    def check(line, code, words):
        for path in inputs.glob("*.cub"):
            (tmp_path / path.name).symlink_to(path)
        (tmp_path / "kernels").symlink_to(inputs / "site/kernels")
        if not (tmp_path / "site").exists():
            shutil.copytree(inputs / "site", tmp_path / "site")
        before = sorted(p.name for p in tmp_path.iterdir())
        done = shell(line, check=False)
        said = done.stderr.decode()
        assert (done.returncode, said.count("\n")) == (code, 1), said
        kind = {2: "**USER ERROR** ", 4: "**I/O ERROR** "}[code]
        assert said.startswith(kind + line.split()[0] + ": ") and words in said, said
        assert sorted(p.name for p in tmp_path.iterdir()) == before

    return check


def meta(folder, **changes):
    """Copy the product's label with some keywords changed, or left out where they are None."""
    (path,) = (folder / "site").glob("*-Metadata.json")
    found = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in found.items() if v is not None}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"INTERFRAME_DELAY": None}, "INTERFRAME_DELAY"),
        ({"EXPOSURE_DURATION": "3.2 <km>"}, "EXPOSURE_DURATION"),
        ({"EXPOSURE_DURATION": [3.2]}, "EXPOSURE_DURATION"),
        ({"LINES": 700}, "LINES"),
        ({"FILTER_NAME": ["BLUE", "GREEN", "VIOLET"]}, "VIOLET"),
        ({"START_TIME": "yesterday"}, "START_TIME"),
        ({"SAMPLE_BITS": 12}, "SAMPLE_BITS"),
    ],
)
def test_a_label_that_is_wrong(inputs, tmp_path, refused, changes, words):
    shutil.copytree(inputs / "site", tmp_path / "site")
    meta(tmp_path, **changes)
    refused("junocam2cub FROM=site/x-raw.png TO=o.cub", 2, words)


def test_an_unknown_companding_mode(inputs, tmp_path, shell):
    shutil.copytree(inputs / "site", tmp_path / "site")
    meta(tmp_path, SAMPLE_BIT_MODE_ID="CUBEROOT")
    done = shell("junocam2cub FROM=site/x-raw.png | decompand TO=o.cub", check=False)
    assert done.returncode == 2 and b"CUBEROOT" in done.stderr
    assert not (tmp_path / "o.cub").exists()


@pytest.mark.parametrize("cut", [0, 8, 33, 5000, -12, -1])
def test_a_truncated_image(inputs, tmp_path, refused, cut):
    shutil.copytree(inputs / "site", tmp_path / "site")
    image = tmp_path / "site/x-raw.png"
    data = image.read_bytes()
    image.write_bytes(data[:cut])
    refused("junocam2cub FROM=site/x-raw.png TO=o.cub", 4, "x-raw.png")


def test_a_padded_image_and_a_padded_label(inputs, tmp_path, refused):
    shutil.copytree(inputs / "site", tmp_path / "site")
    (path,) = (tmp_path / "site").glob("*-Metadata.json")
    path.write_text(path.read_text() + "}")
    refused(f"junocam2cub FROM=site/x-raw.png META={path} TO=o.cub", 4, path.name)


def test_a_padded_image(inputs, tmp_path, refused):
    shutil.copytree(inputs / "site", tmp_path / "site")
    with open(tmp_path / "site/x-raw.png", "ab") as image:
        image.write(b"\0")
    refused("junocam2cub FROM=site/x-raw.png TO=o.cub", 4, "x-raw.png")


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("decompand FROM=dn.cub TO=o.cub", 2, "already decompanded"),
        ("junocal FROM=raw.cub TO=o.cub", 2, "run decompand first"),
        ("junocal FROM=if.cub TO=o.cub", 2, "already calibrated"),
        ("jitter FROM=if.cub TO=o.cub", 2, "run spiceinit first"),
        ("jitter FROM=none.cub TO=o.cub", 2, "ATTITUDE"),
        ("midplane FROM=if.cub TO=o.cub", 2, "spiceinit"),
        ("midplane FROM=spin.cub TO=o.cub", 2, "run jitter"),
        ("mapproj FROM=spin.cub TO=o.cub", 2, "run jitter"),
        ("mapproj FROM=none.cub TO=o.cub", 2, "no attitude"),
        ("mapproj FROM=ck.cub MINLAT=50 MAXLAT=40 TO=o.cub", 2, "MINLAT"),
        ("flatten FROM=if.cub TO=o.cub", 2, "strip"),
        ("crop FROM=raw.cub SAMPLE=2000 TO=o.cub", 2, "1648 samples"),
        ("getkey FROM=raw.cub KEYWORD=Exposure", 2, "Exposure"),
        ("editlab FROM=raw.cub GRPNAME=Core KEYWORD=Format VALUE=x TO=o.cub", 2, "cannot be"),
        ("cub2std FROM=raw.cub TO=o.gif", 2, "o.gif"),
        ("spiceinit FROM=if.cub TO=o.cub", 2, "KERNELS"),
        ("spiceinit FROM=if.cub KERNELS=absent TO=o.cub", 4, "absent"),
        ("spiceinit FROM=if.cub KERNELS='(kernels/sim.tpc)' TO=o.cub", 2, "LSK"),
        ("mapproj FROM=ck.cub TO=absent/o.cub -quiet", 4, "absent/o.cub"),
        ("junosim FRAMES=0 TO=o", 2, "FRAMES"),
        ("junocam2cub FROM=/dev/zero TO=o.cub", 4, "/dev/zero"),
        ("junocal FROM=dn.cub SOLARDISTANCE=5.2km TO=o.cub", 2, "SOLARDISTANCE = 5.2"),
        ("junocal FROM=dn.cub FLAT=/dev/zero TO=o.cub", 4, "a device or pipe, expected a file"),
        ("jitter FROM=ck.cub PLOT=o.cub TO=o.cub", 2, "PLOT and TO are both o.cub"),
        ("jitter FROMLIST=/dev/zero TO=o.sav", 2, "no text"),
        ("campt FROM=ck.cub COORDLIST=/dev/zero", 2, "no text"),
        ("std2cub FROM=/dev/null TO=o.cub", 4, "the input is empty"),
        ("mapproj FROM=ck.cub PROJ='+proj=moll +towgs84=1,2,3' TO=o.cub", 2, "towgs84=1,2,3"),
        ("mapproj FROM=ck.cub PROJ='+proj=moll +lon_0=10W' TO=o.cub", 2, "lon_0=10W"),
        ("mapproj FROM=ck.cub PROJ='+proj=nsper +h=1' TO=o.cub", 2, "no such projection"),
        ("mapproj FROM=ck.cub RESOLUTION=1e300 TO=o.cub", 2, "cells of"),
        ("mapproj FROM=ck.cub PROJ=POINT DISTANCE=1e300 TO=o.cub", 2, "DISTANCE"),
        ("mapproj FROM=ck.cub NLINES=1000000000 TO=o.cub", 2, "GB"),
    ],
)
def test_the_wrong_cube_or_word(refused, line, code, words):
    refused(line, code, words)


@pytest.mark.parametrize("tool", ["decompand", "junocal", "midplane", "mapproj", "stretch"])
@pytest.mark.parametrize("count", [30000, 65536, 200000])
def test_an_upstream_that_dies(inputs, tmp_path, refused, tool, count):
    source = {"decompand": "raw", "junocal": "dn", "stretch": "if"}.get(tool, "ck")
    data = (inputs / f"{source}.cub").read_bytes()
    (tmp_path / "short").write_bytes(data[:count])
    extra = "PAIRS=0:0,1:1" if tool == "stretch" else ""
    refused(f"{tool} {extra} TO=o.cub < short", 4, "truncated" if count > 65536 else "")


@pytest.mark.parametrize("tool", ["decompand FROM=raw.cub", "mapproj FROM=ck.cub -quiet"])
def test_a_downstream_that_stops(inputs, shell, tool):
    done = shell(f"cd {inputs} && {tool} | head -c 10")
    assert len(done.stdout) == 10 and done.stderr == b""


def test_a_label_that_promises_the_moon_is_refused_before_room_is_made(inputs, tmp_path, refused):
    data = (inputs / "raw.cub").read_bytes()
    samples = data.replace(b"Samples = 1648", b"Samples = 9999999999999", 1)
    (tmp_path / "moon").write_bytes(samples[: 65536 - 9] + samples[65536:])
    refused("decompand FROM=moon TO=o.cub", 4, "moon")


@pytest.mark.parametrize("method", [1, 9, 14, 99])
def test_a_zip_whose_directory_lies_about_the_packing(tmp_path, refused, method):
    with zipfile.ZipFile(tmp_path / "a-ImageSet.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-raw.png", bytes(5000))
    data = bytearray((tmp_path / "a-ImageSet.zip").read_bytes())
    data[data.index(b"PK\1\2") + 10] = method
    (tmp_path / "a-ImageSet.zip").write_bytes(data)
    refused("junocam2cub FROM=a-ImageSet.zip TO=o.cub", 4, "a-ImageSet.zip")


def test_a_zip_whose_directory_is_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-raw.png", bytes(5000))
    data = (tmp_path / "a.zip").read_bytes()
    for at in range(data.index(b"PK\1\2"), len(data)):
        for byte in (0, 255):
            (tmp_path / "b.zip").write_bytes(data[:at] + bytes([byte]) + data[at + 1 :])
            try:
                for name in zips.names(tmp_path / "b.zip"):
                    zips.read(tmp_path / "b.zip", name)
            except IoError as error:
                assert "b.zip" in str(error)  # any other exception fails here


CARDS = {"SIMPLE": "T", "BITPIX": "16", "NAXIS": "2", "NAXIS1": "40", "NAXIS2": "30"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("NAXIS", v) for v in ("1E300", "'x'", "NaN", "-1", "T", "")),
        *(("NAXIS1", v) for v in ("T", "2147483647", "0")),
        *(("BSCALE", v) for v in ("'x'", "2.0 E", "NaN", "1E300", "0")),
        *(("BZERO", v) for v in ("1E300", "-1E999", "T")),
        *(("BLANK", v) for v in ("'x'", "1.5")),
        *(("PCOUNT", v) for v in ("'x'", "-1")),
    ],
)
def test_a_fits_header_that_cannot_be(key, value):
    cards = CARDS | {key: value} | ({"NAXIS": "0"} if key == "PCOUNT" else {})
    head = "".join(f"{k:<8}= {v}".ljust(80) for k, v in cards.items()) + "END"
    data = head.ljust(2880).encode() + bytes(2880)
    with pytest.raises((Error, IoError), match="a.fits"):
        fits.read(data, "a.fits")


def test_dark_frames_that_are_not_in_dn():
    frame = np.full((3, 128, 1648), 5.0, np.float32)
    frame[0, 0, 0] = np.inf  # one pixel of which nothing is known
    made = planes.dark(frame, 2.0, "d.tif")
    assert np.isnan(made[0, 0, 0]) and made[1, 5, 5] == 10.0
    for bad in (np.nan, np.inf, 1e38, 0.5, 40000.0):
        with pytest.raises(Error, match="d.tif"):
            planes.dark(np.full_like(frame, bad), 1.0, "d.tif")
    frame[1] = np.nan
    with pytest.raises(Error, match="a band of the dark frame has no valid sample"):
        planes.dark(frame, 1.0, "d.tif")


def test_a_camera_table_with_a_band_twice(tmp_path, refused):
    head = "Columns = (Band, LineOffset)\nTwist = 0\nTwistSigma = 0.03\nEnd\n"
    (tmp_path / "c.sav").write_text(head + "BLUE 0\nGREEN 0\nGREEN 0\n")
    refused("jitter FROM=ck.cub CAMERA=c.sav TO=o.cub", 2, "2 rows of Band = GREEN")


def test_a_twist_without_a_prior(tmp_path, refused):
    head = "Columns = (Band, LineOffset)\nTwist = 0\nTwistSigma = 0\nEnd\n"
    (tmp_path / "c.sav").write_text(head + "BLUE 0\nGREEN 0\nRED 0\n")
    refused("jitter FROM=ck.cub CAMERA=c.sav TO=o.cub", 2, "TwistSigma = 0")


def test_what_libraries_print_by_themselves_is_not_heard(tmp_path, refused):
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(300))
    refused("std2cub FROM=a.h5 TO=o.cub", 4, "a.h5")
