"""campt: from pixels to the ground and back, as a user asks for it."""

import csv
import io

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, RADII, made, passage, strip
from perijove.campt import main
from perijove.kit import backplanes, cube, label, projection, special
from refusal import refusal

refused = refusal(main)

CAMERA = JUNOCAM.summed(4)  # framelets of 32 lines and 412 samples


@pytest.fixture
def g():
    return passage(60000.0, frames=6, camera=CAMERA)


@pytest.fixture
def image(g, tmp_path):
    """A strip on disk whose samples are 1000 line + sample, both from 1."""
    plane = 1000.0 * np.arange(1, 193)[:, None] + np.arange(1, 413)
    core = np.stack([plane, plane + 0.25, plane + 0.5]).astype(np.float32)
    core[0, 99, 199:203] = special.NULL, special.HIS, special.LRS, special.LIS
    made_ = made(g, core)
    cube.write(f"{tmp_path}/a.cub", made_)
    return made_


def told(capsys, *words):
    main(*words)
    return label.loads(capsys.readouterr().out).nodes("GroundPoint")


def test_a_pixel_of_a_strip(image, g, tmp_path, capsys):
    (group,) = told(capsys, f"FROM={tmp_path}/a.cub", "SAMPLE=150.2", "LINE=83", "BAND=GREEN")
    assert (group["Frame"], group["FilterName"], group["PixelValue"]) == (3, "GREEN", 83150.25)
    p = g.hit(2, g.look(2, 149.7, 82.5 - 64, 1))
    assert_allclose(group.numbers("BodyFixedCoordinate", 3, "km"), p, rtol=0, atol=1e-6)
    assert_allclose(group.number("LocalRadius", "km"), np.linalg.norm(p))
    assert_allclose(group.number("EphemerisTime"), g.et[2])
    assert_allclose(group.numbers("SpacecraftPosition", 3), g.o[2])


def test_the_ground_leads_back_to_the_pixel(image, tmp_path, capsys):
    """All bands and frames; one of the answers is the pixel that was asked about."""
    words = f"FROM={tmp_path}/a.cub"
    for sample, line in ((150.2, 84.4), (333.0, 66.0), (20.7, 160.9)):
        start = told(capsys, words, f"SAMPLE={sample}", f"LINE={line}")
        assert [group["FilterName"] for group in start] == ["BLUE", "GREEN", "RED"]
        for group in start:
            lat = group.number("PlanetographicLatitude")
            lon = group.number("PositiveWest360Longitude")
            place = f"LATITUDE={lat!r}", f"LONGITUDE={lon - 360!r}", f"BAND={group['FilterName']}"
            back = told(capsys, words, *place, "FRAMES=ALL")
            (same,) = (b for b in back if b["Frame"] == group["Frame"])
            assert_allclose([same["Sample"], same["Line"]], [sample, line], rtol=0, atol=1e-4)
            assert_allclose(same.number("Emission"), group.number("Emission"), atol=1e-6)
            (best,) = told(capsys, words, *place)
            assert best["Frame"] in [b["Frame"] for b in back]


def test_a_piece_of_a_strip_says_the_same(image, tmp_path, capsys, shell):
    shell("crop FROM=a.cub LINE=33 NLINES=96 SAMPLE=101 NSAMPLES=200 TO=b.cub")
    whole = told(capsys, f"FROM={tmp_path}/a.cub", "SAMPLE=160", "LINE=70")
    piece = told(capsys, f"FROM={tmp_path}/b.cub", "SAMPLE=60", "LINE=38")
    for a, b in zip(whole, piece, strict=True):
        assert a["PixelValue"] == b["PixelValue"] and (a["Frame"], b["Frame"]) == (3, 2)
        for (key, one), (other_key, other) in zip(a.items[3:], b.items[3:], strict=True):
            assert key == other_key
            if key not in ("FilterName", "UTC"):
                one, other = getattr(one, "value", one), getattr(other, "value", other)
                assert_allclose(other, one, rtol=1e-9, atol=1e-6, err_msg=key)


def test_special_pixels_are_named(image, tmp_path, capsys):
    words = f"FROM={tmp_path}/a.cub", "LINE=100", "BAND=1"
    found = [told(capsys, *words, f"SAMPLE={s}")[0]["PixelValue"] for s in (200, 201, 202, 203)]
    assert found == [None, "His", "Lrs", "Lis"]


def test_pictures_and_maps_show_all_bands_at_one_place(g, tmp_path, capsys, shell):
    cube.write(f"{tmp_path}/a.cub", made(g, strip(g)))
    shell("midplane FROM=a.cub TO=mid.cub; mapproj FROM=a.cub RESOLUTION=4 TO=map.cub")
    point = "LATITUDE=20", "LONGITUDE=265"
    (mid,), (cell,) = (told(capsys, f"FROM={tmp_path}/{n}.cub", *point) for n in ("mid", "map"))
    seen = told(capsys, f"FROM={tmp_path}/a.cub", *point)
    for group in (mid, cell):
        assert group["FilterName"] == ["BLUE", "GREEN", "RED"] and "Frame" not in group
        values = [s["PixelValue"] for s in seen]
        assert_allclose(group["PixelValue"], values, rtol=0.02)
        assert_allclose(group.number("EphemerisTime"), g.et.mean())
        assert_allclose(group.number("Incidence"), seen[1].number("Incidence"), atol=0.01)
    assert (cell["Sample"], cell["Line"]) == pytest.approx((380.5, 280.5))
    grid = projection.of_cube(cube.read(f"{tmp_path}/map.cub"))
    assert_allclose(grid.latlon(279.5, 379.5), (20, 265))
    assert_allclose(cell.number("NorthAzimuth"), 270)
    # a degree of latitude at 20 N: 1091.13 km (1 - e^2 sin^2 20)^-1.5, e^2 = 0.12554
    assert_allclose(cell.number("LineResolution") / 1000, 1115.6 / 4, rtol=1e-4)
    (red,) = told(capsys, f"FROM={tmp_path}/map.cub", *point, "BAND=red")
    assert red["PixelValue"] == cell["PixelValue"][2]


def test_backplanes_of_a_map_are_values_too_and_no_geometry_is_needed(tmp_path, capsys):
    grid = projection.grid("SimpleCylindrical", "Jupiter", RADII, 2500.0, (-90, 90, 0, 360))
    image = cube.new(np.ones((1, *grid.shape), np.float32), BandBin={"FilterName": ["F631N"]})
    image.isis.append(grid.mapping())
    image = backplanes.add(image, {"PHASE": np.full(grid.shape, 9.0)})
    cube.write(f"{tmp_path}/a.cub", image)
    (group,) = told(capsys, f"FROM={tmp_path}/a.cub")  # the middle
    assert (group["FilterName"], group["PixelValue"]) == (["F631N", "PHASE"], [1.0, 9.0])
    assert_allclose(group.number("PositiveWest360Longitude"), 180, atol=1e-9)
    assert_allclose(group.number("PlanetographicLatitude"), 0, atol=1e-9)
    assert "SlantDistance" not in group and "UTC" not in group


def test_a_list_answers_each_line(image, tmp_path, capsys):
    (tmp_path / "list").write_text("# sample, line\n150, 83\n\n 9999 83 # off\n150.5,83.0\n")
    words = f"FROM={tmp_path}/a.cub", f"COORDLIST={tmp_path}/list"
    found = told(capsys, *words, "BAND=2", "-quiet")
    assert [group["Sample"] for group in found] == [150, 9999, 150.5]
    assert found[1]["Error"] == "sample 9999 lies outside the cube, 0.5 to 412.5"
    assert "Error" not in found[0]
    (tmp_path / "ground").write_text("\n".join(["20 266", "20.5,265.5", "-20,86", "95 0"]))
    words = f"FROM={tmp_path}/a.cub", f"COORDLIST={tmp_path}/ground", "COORDTYPE=GROUND"
    main(*words, "FORMAT=FLAT", f"TO={tmp_path}/a.csv")
    assert "of 12 points and bands have no answer" in capsys.readouterr().err
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [row["FilterName"] for row in rows[:3]] == ["BLUE", "GREEN", "RED"]
    assert_allclose(float(rows[3]["PlanetographicLatitude"]), 20.5)
    assert_allclose(float(rows[3]["PositiveWest360Longitude"]), 265.5)
    assert [row["Error"] for row in rows[-2:]] == [
        "the point does not show in the cube",
        "latitude 95 is not between -90 and 90",
    ]
    assert {"BodyFixedCoordinateX", "SpacecraftPositionZ", "UTC"} < set(rows[0])
    assert rows[-1]["UTC"] == "Null" and rows[0]["Error"] == "Null"


def test_refusals(image, tmp_path, capsys):
    words = f"FROM={tmp_path}/a.cub"
    assert "-20, 86: the point does not show" in refused(capsys, 2, words, "LAT=-20", "LON=86")
    assert "line 200 lies outside the cube, 0.5 to 192.5" in refused(capsys, 2, words, "LINE=200")
    assert "LATITUDE and LONGITUDE, both" in refused(capsys, 2, words, "LAT=3")
    assert "LATITUDE and LONGITUDE, both" in refused(capsys, 2, words, "LAT=3", "LON=3", "LINE=1")
    assert "band 4 does not exist" in refused(capsys, 2, words, "BAND=4")
    (tmp_path / "list").write_text("1 2\n3 four\n")
    assert "list, line 2: 3 four: expected two numbers" in refused(
        capsys, 2, words, f"COORDLIST={tmp_path}/list"
    )
    assert "COORDLIST takes the place" in refused(
        capsys, 2, words, f"COORDLIST={tmp_path}/list", "LINE=1"
    )
    far = passage(2e6, frames=3, camera=CAMERA)
    cube.write(f"{tmp_path}/a.cub", made(far, np.zeros((3, 96, 412), np.float32)))
    sky = refused(capsys, 2, words, "SAMPLE=20", "LINE=48")
    assert "20, 48: the pixel shows no surface" in sky


def test_a_pipe_prints_the_same(image, tmp_path, shell):
    words = "SAMPLE=150 LINE=83 FORMAT=FLAT"
    piped = shell(f"cat a.cub | campt {words}").stdout
    assert piped == shell(f"campt FROM=a.cub {words}").stdout and piped.count(b"\n") == 4
