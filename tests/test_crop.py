"""crop: a piece of a cube, and what its label says of positions."""

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal

from passage import made, passage
from perijove.crop import main
from perijove.kit import cube, geometry, projection, special, window
from perijove.kit.camera import Camera
from perijove.kit.label import Quantity
from refusal import refusal

refused = refusal(main)

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
RADII = (71492.0, 71492.0, 66854.0)


def run(tmp_path, image, *words, type="Real", bands=""):
    cube.write(f"{tmp_path}/a.cub", image, type=type)
    main(f"FROM={tmp_path}/a.cub{bands}", f"TO={tmp_path}/b.cub", "-quiet", *words)
    return cube.read(f"{tmp_path}/b.cub")


def numbered(lines, samples, bands=1):
    """100 line + sample, both from 1."""
    plane = 100 * np.arange(1, lines + 1)[:, None] + np.arange(1, samples + 1)
    return (plane + 10000.0 * np.arange(bands)[:, None, None]).astype(np.float32)


def test_lines_and_samples_by_hand(tmp_path):
    image = cube.new(numbered(6, 9, 2), BandBin={"FilterName": ["RED", "BLUE"]})
    part = run(tmp_path, image, "SAMPLE=3", "NSAMPLES=5", "SINC=2", "LINE=5", bands="+2")
    assert part.core.tolist() == [[[10503, 10505, 10507], [10603, 10605, 10607]]]
    assert part.band_names() == ["BLUE"]
    group = part.group("AlphaCube")
    assert [group[f"{k}Samples"] for k in ("Alpha", "Beta")] == [9, 3]
    assert (group["AlphaStartingSample"], group["AlphaEndingSample"]) == (2.0, 8.0)
    assert (group["AlphaStartingLine"], group["AlphaEndingLine"]) == (4.5, 6.5)


def test_the_whole_is_the_cube_with_its_type_and_special_pixels(tmp_path):
    core = numbered(3, 8)
    core[0, 1, :5] = special.NULL, special.LRS, special.LIS, special.HIS, special.HRS
    whole = run(tmp_path, cube.new(core), type="SignedWord")
    assert_array_equal(special.kinds(whole.core), special.kinds(core))
    assert_array_equal(np.nan_to_num(whole.core), np.nan_to_num(core))
    with rasterio.open(tmp_path / "b.cub") as dataset:
        assert dataset.dtypes == ("int16",)


def test_a_piece_of_a_piece_is_a_piece(tmp_path):
    image = cube.new(numbered(20, 30))
    first = run(tmp_path, image, "SAMPLE=3", "SINC=2", "LINE=2", "LINC=3")
    second = run(tmp_path, first, "SAMPLE=4", "NSAMPLES=6", "LINE=3")
    once = run(tmp_path, image, "SAMPLE=9", "SINC=2", "NSAMPLES=11", "LINE=8", "LINC=3")
    assert_array_equal(second.core, once.core)
    assert second.group("AlphaCube") == once.group("AlphaCube")


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("name", ["SimpleCylindrical", "PolarStereographic"])
def test_cells_of_a_map_stay_where_they_are(tmp_path, name, step):
    ranges = (-90, -50, 0, 360) if name == "PolarStereographic" else (-60, 20, 120, 330)
    clat = -90.0 if name == "PolarStereographic" else 0.0
    grid = projection.grid(name, "Jupiter", RADII, 1500.0, ranges, clat, 0.0)
    image = cube.new(np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    words = f"SINC={step}", f"LINC={step}", "SAMPLE=11", "LINE=6", "NSAMPLES=30", "NLINES=25"
    part = projection.of_cube(run(tmp_path, image, *words))
    lines, samples = np.mgrid[: part.lines, : part.samples]
    lat, lon = part.latlon(lines, samples)
    truth = grid.latlon(5 + step * lines, 10 + step * samples)
    assert_allclose((lat, lon), truth, atol=1e-9)
    if name == "SimpleCylindrical":
        half = np.degrees(part.scale / RADII[0]) / 2
        assert_allclose([part.minlat, part.maxlat], [lat.min() - half, lat.max() + half])
        found = np.mod([part.minlon, part.maxlon], 360)
        assert_allclose(found, [lon.min() - half, lon.max() + half])
    with rasterio.open(tmp_path / "a.cub") as whole, rasterio.open(tmp_path / "b.cub") as piece:
        assert piece.crs == whole.crs
        assert_allclose(piece.xy(0, 0), whole.xy(5, 10), atol=1e-3)


def test_a_square_around_a_point_of_a_map(tmp_path, capsys):
    grid = projection.grid("SimpleCylindrical", "Jupiter", RADII, 1247.7708, (-90, 90, 0, 360))
    image = cube.new(np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    spot = "LATITUDE=-22", "LONGITUDE=291"
    part = projection.of_cube(run(tmp_path, image, *spot, "SIZE=20"))
    assert part.shape == (20, 20)
    assert_allclose(part.pixel(-22, 291), [9.5, 9.5], atol=0.51)
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/c.cub", *spot
    assert "reach beyond the map" in refused(capsys, 2, *words, "SIZE=170")
    assert "all three, without SAMPLE" in refused(capsys, 2, *words)
    assert "all three, without SAMPLE" in refused(capsys, 2, *words, "SIZE=9", "LINE=2")


def test_increments_that_differ_leave_no_map(tmp_path):
    grid = projection.grid("SimpleCylindrical", "Jupiter", RADII, 5000.0, (-90, 90, 0, 360))
    image = cube.new(np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    assert not run(tmp_path, image, "SINC=2").isis.nodes("Mapping")


def strip(tmp_path, *words):
    g = passage(60000.0, frames=4)
    image = made(g, np.zeros((3, 512, 1648), np.float32), StartTime="2022-07-05T12:00:00.000")
    return g, run(tmp_path, image, *words)


def test_frames_of_a_strip_keep_their_geometry(tmp_path):
    g, part = strip(tmp_path, "LINE=129", "NLINES=256", "SAMPLE=101", "NSAMPLES=800")
    found = geometry.from_cube(part)
    assert len(found) == 2 and found.camera.samples == 800
    assert (found.camera.first, found.camera.last) == (0, 800)
    x, y = np.array([50.5, 700.0]), np.array([3.5, 99.0])
    for f in (0, 1):
        truth = g.look(f + 1, x + 100, y, 2)
        assert_allclose(found.look(f, x, y, 2), truth, atol=1e-14)
    assert part.group("Instrument")["NumberFramelets"] == 2
    assert part.group("Instrument")["StartTime"] == "2022-07-05T12:00:00.372000"


@pytest.mark.parametrize("words", [("LINE=2",), ("NLINES=100",), ("SINC=2", "LINC=2")])
def test_a_strip_cut_across_its_framelets_is_a_mere_picture(tmp_path, words):
    _, part = strip(tmp_path, *words)
    assert part.blob("Table", "Geometry") is None and not part.isis.nodes("Camera")
    assert "FrameletLines" not in part.group("Instrument")


def test_a_strip_without_geometry_may_lose_its_last_framelets(tmp_path):
    instrument = dict(NumberFramelets=3, FrameletLines=4)
    image = cube.new(numbered(12, 9), Instrument=instrument)
    assert run(tmp_path, image, "NLINES=8").group("Instrument")["NumberFramelets"] == 2
    assert "NumberFramelets" not in run(tmp_path, image, "LINE=5").group("Instrument")


@pytest.mark.parametrize("step", [1, 3])
def test_a_picture_of_one_frame_keeps_its_geometry(tmp_path, step):
    camera = Camera(
        focal=900.0,
        cx=400.0,
        cy=[310.0] * 3,
        k1=-6e-8,
        k2=2.7e-14,
        lines=600,
        samples=800,
        first=0,
        last=800,
        names=("BLUE", "GREEN", "RED"),
    )
    g = passage(60000.0, frames=1, camera=camera)
    image = made(g, np.zeros((3, 600, 800), np.float32))
    words = f"SINC={step}", f"LINC={step}", "SAMPLE=21", "LINE=31", "NSAMPLES=300", "NLINES=150"
    part = run(tmp_path, image, *words)
    found = geometry.from_cube(part)
    assert (found.camera.lines, found.camera.samples) == (150 // step, 300 // step)
    j, i = np.array([0, 10, 49]), np.array([0, 30, 99])
    truth = g.look(0, 20 + step * i + 0.5, 30 + step * j + 0.5, 0)
    assert_allclose(found.look(0, i + 0.5, j + 0.5, 0), truth, atol=1e-13)


def test_what_lies_outside_is_refused(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", cube.new(numbered(6, 9)))
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub"
    assert "SAMPLE = 10: the cube has 9 samples" in refused(capsys, 2, *words, "SAMPLE=10")
    line = refused(capsys, 2, *words, "LINE=4", "NLINES=4")
    assert line == "**USER ERROR** crop: LINE + NLINES - 1 = 7 is beyond the last line, 6\n"
    assert "expected at least 1" in refused(capsys, 2, *words, "LINE=0")
    assert not (tmp_path / "b.cub").exists()


def test_axis_there_and_back():
    axis = window.axis("LINE", 100, 11, 60, 7)
    assert axis.kept == len(range(10, 70, 7)) == 9
    assert_allclose(axis.moved(axis.back(np.array([0.5, 3.25]))), [0.5, 3.25])
    assert axis.back(0.5) == 10.5 and axis.back(1.5) == 17.5


def test_a_piece_of_a_real_map_of_isis_lies_where_it_lay(testdata, tmp_path):
    source = testdata / "cubes/dawnEqui1.cub"
    main(f"FROM={source}", f"TO={tmp_path}/b.cub", "SAMPLE=31", "NSAMPLES=40", "LINE=21")
    with rasterio.open(source) as whole, rasterio.open(tmp_path / "b.cub") as piece:
        assert piece.crs == whole.crs and piece.dtypes == whole.dtypes
        assert_allclose(piece.xy(3, 4), whole.xy(23, 34))
        assert_array_equal(piece.read(1), whole.read(1)[20:, 30:70])


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    image = cube.new(numbered(40, 50), Instrument={"ExposureDuration": Quantity(3.2, "ms")})
    cube.write(f"{tmp_path}/a.cub", image)
    shell("crop LINE=3 < a.cub | crop SAMPLE=4 NSAMPLES=9 > b.cub")
    shell("crop FROM=a.cub LINE=3 TO=c.cub; crop FROM=c.cub SAMPLE=4 NSAMPLES=9 TO=d.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "d.cub").read_bytes()


def test_a_strip_in_a_pipe_keeps_its_geometry(tmp_path, shell):
    strip(tmp_path)
    words = "LINE=129 NLINES=256 SAMPLE=101 NSAMPLES=800"
    shell(f"cat a.cub | crop {words} > b.cub; crop FROM=a.cub {words} TO=c.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()
    core = numbered(512, 1648, 2)
    cube.write(f"{tmp_path}/a.cub+Tile", cube.new(core))
    shell(
        "cat a.cub | crop LINE=5 LINC=3 SINC=9 > b.cub; crop FROM=a.cub LINE=5 LINC=3 SINC=9 TO=c"
    )
    for name in "bc":
        assert_array_equal(cube.read(f"{tmp_path}/{name}.cub").core, core[:, 4::3, ::9])
