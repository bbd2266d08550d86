"""photom: an even surface comes out even, on strips, pictures and maps."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from passage import JUNOCAM, made, passage, strip
from perijove.kit import backplanes, cube, projection, special
from perijove.photom import main
from refusal import refusal

refused = refusal(main)

ALBEDO = 0.4
SUN = np.array([0.48, 0.8, 0.36])  # unit, body-fixed


def normal(p):
    n = p / np.array([71492.0, 71492.0, 66854.0]) ** 2
    return n / np.linalg.norm(n, axis=-1, keepdims=True)


def lit(frames, altitude=60000.0):
    """The Geometry of a passage with a small camera, the Sun far away in one direction."""
    g = passage(altitude, frames=frames, camera=JUNOCAM.summed(4))
    return dataclasses.replace(g, sun=7.6e8 * (SUN @ g.body))


def minnaert(k):
    """What a strip shows of a Minnaert surface, by vectors: no code of photom, no light time."""

    def scene(g):
        parts = []
        for f in range(len(g)):
            one = g.select([f])

            def seen(p, o=one.o[0]):
                n = normal(p)
                away = (o - p) / np.linalg.norm(o - p, axis=-1, keepdims=True)
                mu0, mu = (np.clip((n * d).sum(-1), 0, 1) for d in (SUN, away))
                with np.errstate(divide="ignore", invalid="ignore"):
                    return ALBEDO * mu0**k * mu ** (k - 1)

            parts.append(strip(one, seen))
        return np.concatenate(parts, axis=1)

    return scene


def image(k=1.0, frames=3, altitude=60000.0):
    g = lit(frames, altitude)
    return made(g, minnaert(k)(g))


def run(tmp_path, source, *words):
    cube.write(f"{tmp_path}/a.cub", source)
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", "-quiet", *words)
    return cube.read(f"{tmp_path}/b.cub")


@pytest.mark.parametrize("k", [1.0, 0.8])
def test_a_strip_comes_out_even(tmp_path, k):
    source = image(k, altitude=200000.0)
    even = run(tmp_path, source, f"K={k}")
    valid = ~np.isnan(even.core)
    assert 0.3 < valid.mean() < 0.95
    assert_allclose(even.core[valid], ALBEDO, rtol=2e-3)
    assert np.std(source.core[valid]) > 0.05
    assert (special.kinds(even.core[~valid]) == 1).all()
    group = even.group("Photometry")
    assert (group["Model"], group["K"], group["Angles"]) == ("MINNAERT", [k] * 3, "Geometry")
    assert group.number("MaximumIncidence", "degrees") == 85


def test_each_band_has_its_own_k(tmp_path):
    exponents = (1.0, 0.9, 0.7)
    cores = [minnaert(k)(lit(2))[b] for b, k in enumerate(exponents)]
    source = made(lit(2), np.stack(cores))
    even = run(tmp_path, source, f"K={exponents}".replace(" ", ""))
    for plane in even.core:
        assert_allclose(plane[~np.isnan(plane)], ALBEDO, rtol=2e-3)
    assert even.group("Photometry")["K"] == list(exponents)


def test_pictures_and_maps_come_out_even(tmp_path, shell):
    """The order of photom and the resampling does not matter for Lambert's law."""
    cube.write(f"{tmp_path}/a.cub", image(frames=9))
    shell("midplane FROM=a.cub | photom TO=mid.cub")
    shell("mapproj FROM=a.cub RESOLUTION=2 | photom MODEL=LAMB TO=map.cub")
    shell("photom FROM=a.cub | mapproj RESOLUTION=2 TO=other.cub")
    for name in ("mid", "map", "other"):
        even = cube.read(f"{tmp_path}/{name}.cub")
        v = even.core[:, ~np.isnan(even.core).any(0)]
        assert v.size > 3000
        assert_allclose(v, ALBEDO, rtol=0.01)
        assert_allclose(v.mean(), ALBEDO, rtol=1e-3)
        assert even.group("Photometry")["Angles"] == "Geometry"
    assert "K" not in cube.read(f"{tmp_path}/map.cub").group("Photometry")


def test_bands_of_angles_win_and_stay(tmp_path):
    core = np.full((2, 2, 3), 0.1, np.float32)
    core[1, 0, 0] = special.HIS
    planes = {
        "INCIDENCE": [[60, 60, 60], [84.9, 85.1, np.nan]],
        "EMISSION": [[0, 60, 84], [0, 0, 0]],
    }
    bare = cube.new(core, BandBin={"FilterName": ["RED", "BLUE"]})
    source = backplanes.add(bare, {k: np.array(v) for k, v in planes.items()})
    even = run(tmp_path, source)
    assert_allclose(even.core[0, 0, :2], 0.2, rtol=1e-6)
    assert_allclose(even.core[0, 1, 0], 0.1 / np.cos(np.radians(84.9)), rtol=1e-5)
    assert special.kinds(even.core[0]).tolist() == [[0, 0, 1], [0, 1, 1]]
    assert special.kinds(even.core[1]).tolist() == [[4, 0, 1], [0, 1, 1]]
    assert_array_equal(even.core[2:], source.core[2:])
    assert even.group("Photometry")["Angles"] == "Bands"
    wide = run(tmp_path, source, "MODEL=LOM", "MAXEM=88", "MAXINC=86")
    mu = np.cos(np.radians(84.0))
    assert_allclose(wide.core[0, 0], 0.1 * (0.5 + np.array([1, 0.5, mu])), rtol=1e-5)


def test_the_angles_of_a_map_are_those_of_its_backplanes(tmp_path):
    g = lit(3)
    grid = projection.grid("SimpleCylindrical", "Jupiter", g.radii, 2500.0, (-90, 90, 0, 360))
    core = np.full((3, *grid.shape), 0.3, np.float32)
    source = made(g, core)
    source.isis.append(grid.mapping())
    a = run(tmp_path, source, "MODEL=LUNAR", "L=0.4")
    names = ["INCIDENCE", "EMISSION"]
    planes = backplanes.of_grid(names, g.mid(), grid.points, grid.shape)
    source = backplanes.add(source, dict(zip(names, planes, strict=True)))
    b = run(tmp_path, source, "MODEL=LUNAR", "L=0.4")
    seen = ~np.isnan(a.core)
    assert seen.mean() > 0.05
    assert_array_equal(seen, ~np.isnan(b.core[:3]))
    assert_allclose(a.core[seen], b.core[:3][seen], rtol=1e-4)


def test_threads_do_not_show_and_empty_framelets_stay_empty(tmp_path):
    source = image(frames=4, altitude=200000.0)
    source.core[:, 32:64] = special.NULL
    source.core[1, 70, 200:210] = special.HIS
    one, three = (run(tmp_path, source, "K=0.9", f"-jobs={n}") for n in (1, 3))
    assert one.core.tobytes() == three.core.tobytes()
    assert (special.kinds(one.core[:, 32:64]) == 1).all()
    assert (special.kinds(one.core[1, 70, 200:210]) == 4).all()


def test_refusals(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", cube.new(np.ones((2, 4, 4), np.float32)))
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub"
    assert "no geometry is attached" in refused(capsys, 2, *words)
    assert "K has 3 values, expected one, or one for each of the 2 image bands" in refused(
        capsys, 2, *words, "K=(1,1,1)"
    )
    assert "L = [0.3]: no parameter of MODEL = MINNAERT" in refused(capsys, 2, *words, "L=0.3")
    assert "MAXEMISSION = 91" in refused(capsys, 2, *words, "MAXEMISSION=91")
    grid = projection.grid("SimpleCylindrical", "Jupiter", (2.0, 2.0, 1.9), 0.1, (-90, 90, 0, 360))
    image = cube.new(np.ones((2, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    cube.write(f"{tmp_path}/a.cub", image)
    assert "no bands INCIDENCE and EMISSION, and no geometry" in refused(capsys, 2, *words)
    done = cube.new(np.ones((1, 4, 4), np.float32), Photometry={"Model": "LAMBERT"})
    cube.write(f"{tmp_path}/a.cub", done)
    assert "its limb darkening is removed already" in refused(capsys, 2, *words)
    assert not (tmp_path / "b.cub").exists()


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    cube.write(f"{tmp_path}/a.cub", image(frames=2))
    shell("photom < a.cub > b.cub && photom FROM=a.cub TO=c.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()
    assert "MODEL        = MINNAERT" in cube.read(f"{tmp_path}/b.cub").history
