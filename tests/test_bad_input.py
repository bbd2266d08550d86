"""What is wrong with the input ends in one line, exit 2 or 4, and nothing half written."""

import json
import shutil
import subprocess

import pytest

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
