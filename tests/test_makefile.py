"""The Makefile's way from a raw product to a picture and a map."""

import pathlib
import sys

import pytest

from perijove.kit import calfile

ROOT = pathlib.Path(__file__).parent.parent
VENV = sys.prefix
MAKE = f"env -u EXTRAS -u MAKEFLAGS make -f {ROOT}/Makefile VENV={VENV} -o {VENV}/.ready"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a folder with a product as the site gives it, and its kernels."""
    from perijove.junosim import main

    folder = tmp_path_factory.mktemp("site")
    main(f"TO={folder}", "SEED=5", "FRAMES=12", "TRUTH=NONE", "-quiet")
    return folder


def test_picture_and_map_side_by_side_with_keywords(site, shell):
    name = next(site.glob("*-raw.png")).name.removesuffix("-raw.png")
    line = f'cd {site} && {MAKE} -j2 {name}.png {name}.map.png MAPPROJ="RESOLUTION=2"'
    shell(line)
    steps = {p.name.removeprefix(name) for p in site.glob(f"{name}*")}
    cubes = {".cub", ".lin.cub", ".cal.cub", ".spice.cub", ".geo.cub", ".map.cub"}
    assert steps == {"-raw.png", ".png", ".map.png"} | cubes
    scale = shell(f"getkey FROM={site}/{name}.map.cub GROUP=Mapping KEYWORD=Scale").stdout
    assert float(scale.split()[0]) == 2
    assert b"up to date" in shell(line).stdout  # a second run has nothing to do


def test_all_images_of_a_folder_are_solved_together(site, tmp_path, shell):
    from perijove.junosim import main

    main(f"TO={tmp_path}/data/more", "SEED=6", "FRAMES=12", "TRUTH=NONE", "KERNELS=NO", "-quiet")
    (tmp_path / "data/one").symlink_to(site)
    words = f'DATA=data KERNELS={site}/kernels OUT=out ATTITUDE=CK JOINT= MAPPROJ="RESOLUTION=2"'
    line = f"{MAKE} -j2 frames {words}"
    shell(line)
    names = {p.name.removesuffix("-raw.png") for p in (tmp_path / "out").glob("*-raw.png")}
    assert len(names) == 2
    for name in names:
        assert {p.name for p in (tmp_path / "out").glob(f"{name}*.png")} == {
            f"{name}-raw.png",
            f"{name}.png",
            f"{name}.map.png",
        }
        method = shell(f"getkey FROM=out/{name}.geo.cub GROUP=LimbFit KEYWORD=Method").stdout
        assert method == b"Table\n"
    assert len(calfile.read(f"{tmp_path}/out/fit.sav").rows) == 2
    assert b"Nothing to be done" in shell(line).stdout
    shell(line.replace(" frames ", " mosaic "))
    assert (tmp_path / "out/mosaic.png").is_file()
    count = shell("getkey FROM=out/mosaic.cub GROUP=Mosaic KEYWORD=Images").stdout
    assert count == b"2\n"
    done = shell(f"{MAKE} frames", check=False)
    assert done.returncode == 2 and b"expected the folder of the raw images" in done.stderr


def test_a_frame_of_voyager_to_a_map(testdata, tmp_path, shell):
    for name in ("c3440346.imq", "kernels"):
        (tmp_path / name).symlink_to(testdata / "voyager" / name)
    shell(f'{MAKE} c3440346.map.png MAPPROJ="RESOLUTION=2" VOYCAL="SUN=9.51 OTYPE=3"')
    steps = {p.name.removeprefix("c3440346") for p in tmp_path.glob("c*")}
    assert steps == {".imq", ".cub", ".cal.cub", ".geo.cub", ".map.cub", ".map.png"}
    found = shell("getkey FROM=c3440346.map.cub GROUP=LimbFit KEYWORD=Method").stdout
    assert found == b"Limb\n"
    used = shell("getkey FROM=c3440346.map.cub GROUP=Radiometry KEYWORD=CalcSunDistance").stdout
    assert float(used) == pytest.approx(9.51 * 149597870.7)


def test_a_failing_step_leaves_no_target(tmp_path, shell):
    (tmp_path / "bad-raw.png").write_bytes(b"no image")
    done = shell(f"{MAKE} bad.map.cub", check=False)
    assert done.returncode == 2 and b"ERROR** junocam2cub: bad-raw.png: " in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["bad-raw.png"]
