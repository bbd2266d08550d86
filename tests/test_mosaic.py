"""mosaic: maps to one map, by files, lists and pipes."""

import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import distance_transform_edt, gaussian_filter

import workers
from passage import JUNOCAM, passage, strip
from passage import made as passed
from perijove.kit import cube, farm, mapregion, projection, special, table
from perijove.kit.error import Error
from perijove.mapproj import main as mapproj
from perijove.mosaic import main
from refusal import refusal

refused = refusal(main)
RADII = (71492.0, 71492.0, 66854.0)
WORLD = (-90, 90, 0, 360)
BANDS = ("RED", "GREEN", "BLUE")


def grid(box=WORLD, ppd=1.0, name="SimpleCylindrical", clat=0.0, clon=180.0, radii=RADII, **more):
    km = projection.degree(name, radii, clat) / ppd
    made = projection.grid(name, "Jupiter", radii, km, box, clat, clon)
    return replace(made, **more)


def saved(path, core, on, names=BANDS, **groups):
    """Write a map; core an array, or a function of the shape."""
    core = core((len(names), *on.shape)) if callable(core) else core
    groups = {"Instrument": {"StartTime": "2022-07-05T10:00:00"}} | groups
    made = cube.new(core.astype(np.float32), BandBin={"FilterName": list(names)}, **groups)
    made.isis.append(on.mapping())
    cube.write(str(path), made)
    return made.core


def noise(seed):
    return lambda shape: np.random.default_rng(seed).uniform(1, 2, shape).astype(np.float32)


def holed(seed):
    """Noise with a hole, a saturated patch and a patch of Lrs."""

    def core(shape):
        rng, v = np.random.default_rng(seed), noise(seed)(shape)
        i, j = rng.integers(0, shape[1] - 30), rng.integers(0, shape[2] - 60)
        v[:, i : i + 30, j : j + 60] = special.NULL
        v[0, :5, j : j + 9], v[-1, 40:45, :7] = special.HIS, special.LRS
        return v

    return core


def run(tmp_path, *words, to="out.cub", maps=None):
    """Run mosaic in tmp_path; return its cube."""
    if maps is not None:
        (tmp_path / "maps.lis").write_text("# maps\n" + "\n".join(maps) + "\n\n")
        words = ("FROMLIST=maps.lis", *words)
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        main(*words, f"TO={to}", "-quiet")
    finally:
        os.chdir(here)
    return cube.read(str(tmp_path / to))


def several(tmp_path, count=4, core=holed, on=None):
    """Write maps of one grid; return their names and samples."""
    on = on or grid()
    names = [f"{k}.cub" for k in range(count)]
    return names, [saved(tmp_path / name, core(k), on) for k, name in enumerate(names)]


# ------------------------------------------------------------------- one map


@pytest.mark.parametrize("priority", ["AVERAGE", "MEDIAN", "ONTOP", "BENEATH"])
def test_a_mosaic_of_one_cube_is_that_cube(tmp_path, priority):
    v = saved(tmp_path / "a.cub", holed(1), grid((-50, 40, 30, 170)))
    made = run(tmp_path, "FROM=a.cub", f"PRIORITY={priority}")
    assert made.core.tobytes() == v.tobytes()
    assert made.group("Mapping") == cube.read(str(tmp_path / "a.cub")).group("Mapping")


@pytest.mark.parametrize("words", [(), ("FEATHER=0",), ("PRIORITY=MEDIAN",), ("EQUALIZE=OFFSET",)])
def test_mosaics_of_a_constant_are_constant(tmp_path, words):
    def constant(seed):
        return lambda shape: np.where(np.isnan(holed(seed)(shape)), special.NULL, np.float32(0.1))

    names, maps = several(tmp_path, core=constant)
    made = run(tmp_path, *words, maps=names)
    assert_array_equal(made.core == np.float32(0.1), (~np.isnan(maps)).any(0))


# ------------------------------------------------------------------- the mean


def weights(whole, reach):
    """Distances to what is not whole, of scipy, round the globe; poles are no edges."""
    around = np.pad(whole, ((0, 0), (reach, reach)), mode="wrap")
    d = distance_transform_edt(around)[:, reach:-reach] if not whole.all() else whole * 1e9
    w = np.rint(1024 * np.minimum(d / reach, 1))
    return np.maximum(w, 1)


def averaged(maps, reach):
    total, weight = 0.0, 0.0
    for v in maps:
        w = weights(~np.isnan(v).any(0), reach) * ~np.isnan(v)
        total, weight = total + w * np.nan_to_num(v.astype(float)), weight + w
    with np.errstate(invalid="ignore"):
        return total / weight


def test_the_mean_is_that_of_scipys_distances(tmp_path):
    names, maps = several(tmp_path)
    made = run(tmp_path, "FEATHER=7", maps=names)
    assert_allclose(made.core, averaged(maps, 7), rtol=1e-6)


def test_where_all_maps_are_valid_the_mean_is_the_same_by_any_way(tmp_path):
    """A hole of one map near the end: tiles far from it take the quick way, or none does."""
    names, maps = several(tmp_path, core=noise)
    maps[1][:, 150:155, 200:207] = special.NULL
    saved(tmp_path / "1.cub", maps[1], grid())
    made = [run(tmp_path, "FEATHER=7", *more, maps=names).core for more in ((), ("MEMORY=3",))]
    assert_array_equal(*made)
    expected = averaged(maps, 7)
    assert_allclose(made[0], expected, rtol=1e-6)
    assert_allclose(made[0][:, :140], np.mean(maps, 0, dtype=float)[:, :140], rtol=1e-7)


def test_a_seam_of_two_halves_is_a_ramp_by_hand(tmp_path):
    """Two maps overlap by 8 samples: weights 1 2 3 4 4 4 4 4 and back, of 4."""
    on = grid((-4, 4, 100, 140))
    a = np.full((1, *on.shape), 1.0, np.float32)
    b = np.full((1, *on.shape), 2.0, np.float32)
    a[..., 24:], b[..., :16] = special.NULL, special.NULL
    for name, v in (("a.cub", a), ("b.cub", b)):
        saved(tmp_path / name, v, on, ("RED",))
    made = run(tmp_path, "FEATHER=4", maps=["a.cub", "b.cub"])
    w = np.array([1, 2, 3, 4, 4, 4, 4, 4])
    expected = (w[::-1] + 2 * w) / (w + w[::-1])
    assert_allclose(made.core[0, 4, 16:24], expected, rtol=1e-6)
    assert (made.core[0, 4, :16] == 1).all() and (made.core[0, 4, 24:] == 2).all()


def test_the_order_of_the_list_means_nothing(tmp_path):
    names, _ = several(tmp_path)
    for words in ((), ("PRIORITY=MEDIAN",)):
        one = run(tmp_path, *words, maps=names)
        other = run(tmp_path, *words, maps=names[::-1])
        assert one.core.tobytes() == other.core.tobytes()


# ------------------------------------------------------------------- one map per cell


def test_on_top_and_beneath(tmp_path):
    names, maps = several(tmp_path, 3)
    for priority, order in (("ONTOP", (2, 1, 0)), ("BENEATH", (0, 1, 2))):
        made = run(tmp_path, f"PRIORITY={priority}", "TRACK=YES", maps=names)
        expected, number = np.full(maps[0].shape, np.nan), np.full(maps[0].shape[1:], np.nan)
        for k in order[::-1]:
            whole = ~np.isnan(maps[k]).any(0)
            expected[:, whole], number[whole] = maps[k][:, whole], k + 1
        some = ~np.isnan(number)
        assert some.mean() > 0.99
        assert_array_equal(made.core[:3, some], expected[:, some])
        assert_array_equal(made.core[3][some], number[some])
        assert made.band_names() == [*BANDS, "TRACK"]


def test_the_map_that_saw_a_cell_most_steeply(tmp_path):
    on = grid((-10, 10, 100, 140))
    e = np.linspace(0, 80, on.samples, dtype=np.float32) + np.zeros((on.lines, 1), np.float32)
    for name, angle, dn in (("a.cub", e, 1.0), ("b.cub", 80 - e, 2.0)):
        v = np.stack([np.full(on.shape, dn), angle])
        saved(tmp_path / name, v, on, ("RED", "EMISSION"))
    made = run(tmp_path, "PRIORITY=EMISSION", maps=["a.cub", "b.cub"])
    assert made.core.shape[0] == 1
    assert_array_equal(made.core[0, 3], np.repeat([1, 2], on.samples // 2))


def test_emission_angles_of_an_attached_geometry_are_those_of_the_backplane(tmp_path):
    """Two passages 12 degrees apart: the angles are taken from the maps' geometries, or bands."""
    for name, longitude in (("a", 260.0), ("b", 272.0)):
        g = passage(40000, frames=9, camera=JUNOCAM.summed(8), latitude=4.0, longitude=longitude)
        cube.write(str(tmp_path / f"{name}.strip.cub"), passed(g, strip(g)))
        for more in ("", "BACKPLANES=EMISSION"):
            to = f"TO={tmp_path}/{name}{len(more)}.cub"
            words = f"FROM={tmp_path}/{name}.strip.cub", to, "RESOLUTION=2", "-quiet", more
            mapproj(*filter(None, words))
    made = [
        run(tmp_path, "PRIORITY=EMISSION", "TRACK=YES", maps=[f"{n}{k}.cub" for n in "ab"]).core
        for k in (0, 19)
    ]
    assert made[0].tobytes() == made[1].tobytes()
    e = np.stack([cube.read(f"{tmp_path}/{n}19.cub").core[-1] for n in "ab"])
    seen = [~np.isnan(cube.read(f"{tmp_path}/{n}0.cub").core).any(0) for n in "ab"]
    both = seen[0] & seen[1]
    assert both.sum() > 300
    assert_array_equal(made[0][-1][both], 1 + e.argmin(0)[both])
    assert 0.2 < (made[0][-1][both] == 1).mean() < 0.8


# ------------------------------------------------------------------- grids


def test_maps_of_different_extents_over_the_seam(tmp_path):
    world = saved(tmp_path / "w.cub", noise(0), grid())
    a = saved(tmp_path / "a.cub", noise(1), grid((-20, 30, 300, 360)))
    b = saved(tmp_path / "b.cub", noise(2), grid((-40, 10, -50, 20), clon=0.0))
    made = run(tmp_path, "PRIORITY=ONTOP", maps=["a.cub", "b.cub"])
    assert made.core.shape == (3, 70, 80)
    lon = made.group("Mapping")
    assert (lon["MinimumLongitude"], lon["MaximumLongitude"]) == (-60.0, 20.0)
    expected = np.full((3, 70, 80), np.nan)
    expected[:, :50, 20:], expected[:, 20:, :70] = a, b  # from 20 W over 0 to 60 E
    assert_array_equal(made.core, expected)
    made = run(tmp_path, "PRIORITY=ONTOP", "MAP=w.cub", maps=["w.cub", "b.cub"])
    world[:, 80:130, 340:], world[:, 80:130, :50] = b[..., :20], b[..., 20:]
    assert_array_equal(made.core, world)


def test_a_window_of_a_larger_map(tmp_path):
    world = saved(tmp_path / "w.cub", holed(0), grid())
    saved(tmp_path / "part.cub", noise(1), grid((-10, 20, -20, 30), clon=0.0))
    made = run(tmp_path, "FROM=w.cub", "MAP=part.cub")
    assert_array_equal(made.core, np.roll(world, 30, 2)[:, 70:100, :50])
    names, maps = several(tmp_path)
    whole = run(tmp_path, "FEATHER=5", maps=names).core
    part = run(tmp_path, "FEATHER=5", "MAP=part.cub", maps=names).core
    assert_array_equal(part, np.roll(whole, 30, 2)[:, 70:100, :50])


OTHERS = {
    "finer": dict(ppd=2.5),
    "centric": dict(centric=True),
    "polar": dict(name="PolarStereographic", clat=90.0, clon=0.0, box=(50, 90, 0, 360)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_map_on_another_lattice_is_mapped_as_by_mapproj(tmp_path, name):
    saved(tmp_path / "w.cub", noise(0), grid())
    saved(tmp_path / "o.cub", holed(1), grid(**OTHERS[name]))
    made = run(tmp_path, "MAP=w.cub", "FROM=o.cub")
    mapproj(f"FROM={tmp_path}/o.cub", f"MAP={tmp_path}/w.cub", f"TO={tmp_path}/p.cub", "-quiet")
    assert made.core.tobytes() == cube.read(f"{tmp_path}/p.cub").core.tobytes()


def test_longitudes_to_the_east_are_converted(tmp_path):
    saved(tmp_path / "a.cub", holed(1), grid())
    east = cube.read(str(tmp_path / "a.cub"))
    group = east.group("Mapping")
    group.update(LongitudeDirection="PositiveEast")
    cube.write(str(tmp_path / "e.cub"), east)
    one = run(tmp_path, maps=["a.cub"])
    two = run(tmp_path, maps=["a.cub", "e.cub"])
    assert_array_equal(one.core, two.core)  # clon is 180 either way: it lies on it


def test_bands_by_name(tmp_path):
    a = saved(tmp_path / "a.cub", noise(1), grid((0, 9, 0, 9)))
    b = saved(tmp_path / "b.cub", noise(2), grid((0, 9, 9, 18)), (*BANDS[::-1], "METHANE"))
    made = run(tmp_path, maps=["a.cub", "b.cub"])
    assert_array_equal(made.core, np.concatenate([b[2::-1], a], axis=2))
    made = run(tmp_path, maps=["b.cub+1,2", "a.cub"])
    assert made.band_names() == ["BLUE", "GREEN"]


# ------------------------------------------------------------------- equalize, recipes


def test_equalized_maps_are_alike(tmp_path):
    truth = noise(9)((3, 180, 360))
    names, gains, offsets = [], (1.3, 0.8, 1.1), (0.2, -0.3, 0.05)
    for k, (g, o) in enumerate(zip(gains, offsets, strict=True)):
        v = g * truth + o
        v[:, :, 120 * k : 120 * k + 60] = special.NULL
        names.append(f"{k}.cub")
        saved(tmp_path / names[-1], v, grid())
    made = run(tmp_path, "EQUALIZE=BOTH", maps=names)
    g, o = (a.reshape(-1) for a in np.polyfit(truth[0].ravel(), made.core[0].ravel(), 1)[:, None])
    assert_allclose(made.core[0], g * truth[0] + o, atol=2e-6)
    assert_allclose(g, np.prod(gains) ** (1 / 3), rtol=1e-5)
    found = table.unpack(made.blob("Table", "InputImages"))
    assert list(found["Name"]) == names
    assert_allclose(found["Gain"] * np.array(gains)[:, None], g[0], rtol=1e-5)


def test_noseam_of_one_map_is_that_map_and_of_a_box_that_of_scipy(tmp_path):
    v = saved(tmp_path / "a.cub", holed(3), grid())
    made = run(tmp_path, "FROM=a.cub", "RECIPE=NOSEAM", "SAMPLES=21", "LINES=9")
    assert_allclose(made.core, v, rtol=1e-6)
    made = run(tmp_path, "FROM=a.cub", "RECIPE=NOSEAM", "SIGMA=5")
    assert_allclose(made.core, v, rtol=1e-6)
    made = run(tmp_path, "FROM=a.cub", "RECIPE=NOSEAM").core  # one keyword: SIGMA=4
    assert made.tobytes() == run(tmp_path, "FROM=a.cub", "RECIPE=NOSEAM", "SIGMA=4").core.tobytes()


@pytest.mark.parametrize("words", [("SAMPLES=41", "LINES=41"), ("SIGMA=12",)])
def test_noseam_leaves_no_seam(tmp_path, words):
    """Two maps 1 apart: their mean has steps of 0.5, the seam-free mosaic none above 0.05."""
    on = grid((-60, 60, 0, 360))
    fine = 0.01 * noise(4)((1, *on.shape))
    for name, level, hole in (("a.cub", 1, slice(100, 200)), ("b.cub", 2, slice(250, 330))):
        v = level + fine
        v[..., hole] = special.NULL
        saved(tmp_path / name, v, on, ("RED",))
    plain = run(tmp_path, "FEATHER=0", maps=["a.cub", "b.cub"]).core[0]
    made = run(tmp_path, "FEATHER=0", "RECIPE=NOSEAM", *words, maps=["a.cub", "b.cub"]).core[0]
    steps = [np.abs(np.diff(a - fine[0], axis=1)).max() for a in (plain, made)]
    assert steps[0] > 0.45 and steps[1] < 0.05
    assert np.std(np.diff(made - fine[0], axis=0)) < 1e-3  # what is fine stayed


def test_the_papers_recipe_flattens_and_joins(tmp_path):
    """A scene under two lights, each map with its own gain: flat, joined, detail kept."""
    on = grid()
    lat = np.radians(np.linspace(89.5, -89.5, 180))[:, None]
    detail = gaussian_filter(np.random.default_rng(8).normal(size=on.shape), 1, mode="wrap")
    detail *= 0.05 / detail.std()
    for name, west, gain in (("a.cub", 150, 1.0), ("b.cub", 230, 3.0)):
        lon = np.radians(np.arange(359.5, 0, -1) - west)
        light = np.cos(lat) * np.cos(lon)
        v = np.where(light > 0.15, gain * light * (1 + detail), special.NULL)
        saved(tmp_path / name, np.stack([v, 2 * v]), on, ("RED", "GREEN"))
    made = run(tmp_path, "RECIPE=PAPER", "LIGHT=20", "SIGMA=8", "CUT=6", maps=["a.cub", "b.cub"])
    red, green = made.core
    seen = ~np.isnan(red)
    assert 0.3 < seen.mean() < 0.6
    assert_allclose(green[seen], 2 * red[seen], rtol=1e-4)
    level = gaussian_filter(np.where(seen, red, 0.0), 8)
    level /= np.maximum(gaussian_filter(seen * 1.0, 8), 1e-9)
    assert np.ptp(level[seen]) < 0.6 * np.median(level[seen])  # it was 20 times
    inner = gaussian_filter(seen * 1.0, 4) > 0.999
    assert np.corrcoef((red / level)[inner], detail[inner])[0, 1] > 0.9


# ------------------------------------------------------------------- the same bytes


WAYS = [
    ("FEATHER=6",),
    ("PRIORITY=MEDIAN", "TRACK=YES"),
    ("PRIORITY=ONTOP", "TRACK=YES"),
    ("EQUALIZE=BOTH", "FEATHER=3"),
    ("RECIPE=NOSEAM", "SAMPLES=15", "LINES=31"),
]


@pytest.mark.parametrize("words", WAYS)
def test_any_memory_and_any_number_of_jobs_gives_the_same_bytes(tmp_path, words):
    names, _ = several(tmp_path, 3)
    saved(tmp_path / "fine.cub", holed(7), grid((-20, 60, 40, 160), ppd=3.0))
    made = set()
    for maps in (names,) if "RECIPE=NOSEAM" in words else (names, [*names, "fine.cub"]):
        made.clear()
        for more in (
            ("-jobs=1",),
            ("-jobs=2",),
            ("-jobs=3", "MEMORY=30"),
            ("-jobs=1", "MEMORY=12"),
        ):
            run(tmp_path, *words, *more, maps=maps)
            made.add((tmp_path / "out.cub").read_bytes())
        assert len(made) == 1


def test_a_pipe_gives_the_samples_of_a_list(tmp_path, shell):
    names, _ = several(tmp_path, 3)
    listed = run(tmp_path, maps=names)
    shell("cat 0.cub 1.cub 2.cub | mosaic -quiet > piped.cub")
    assert cube.read(str(tmp_path / "piped.cub")).core.tobytes() == listed.core.tobytes()
    shell("mosaic -quiet < 0.cub | cat > one.cub && mosaic FROM=0.cub -quiet > same.cub")


def test_more_maps_than_files_can_be_open(tmp_path, monkeypatch):
    names, _ = several(tmp_path, 5)
    usual = run(tmp_path, maps=names)
    monkeypatch.setattr(mapregion, "MOST", 2)
    for jobs in (1, 3):
        made = run(tmp_path, f"-jobs={jobs}", "MEMORY=2", maps=names)
        assert made.core.tobytes() == usual.core.tobytes()


# ------------------------------------------------------------------- a cluster


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    made = workers.Workers(tmp_path_factory.mktemp("cluster"), failures=3)
    yield made
    made.close()


@pytest.mark.parametrize(
    "words", [("EQUALIZE=GAIN", "TRACK=YES"), ("RECIPE=PAPER", "LIGHT=30", "SIGMA=20", "CUT=9")]
)
def test_a_cluster_gives_the_same_bytes(tmp_path, local, words):
    names, _ = several(tmp_path, 3)
    run(tmp_path, *words, "MEMORY=20", "-jobs=1", maps=names)
    alone = (tmp_path / "out.cub").read_bytes()
    run(tmp_path, *words, "MEMORY=20", f"-cluster={local.have(2)}", maps=names)
    assert (tmp_path / "out.cub").read_bytes() == alone
    assert not list(tmp_path.glob(".mosaic*"))


def test_a_worker_that_is_killed_costs_its_tasks(tmp_path, local):
    names, _ = several(tmp_path, 4, on=grid(ppd=4.0))
    run(tmp_path, "MEMORY=2", "-jobs=1", maps=names)
    alone = (tmp_path / "out.cub").read_bytes()
    address = local.have(2)
    words = "FROMLIST=maps.lis", "TO=other.cub", "MEMORY=2", f"-cluster={address}"
    begun = subprocess.Popen(["mosaic", *words], cwd=tmp_path, stderr=subprocess.PIPE)
    workers.until(lambda: list(tmp_path.glob(".mosaic-*/*.npy")), "no tile is made")
    local.kill(next(iter(local.workers)))
    _, said = begun.communicate(timeout=100)
    assert begun.returncode == 0, said
    assert (tmp_path / "other.cub").read_bytes() == alone
    assert not list(tmp_path.glob(".mosaic*"))


def test_a_cluster_is_not_kept_to_one_task_at_a_time(tmp_path, capsys, monkeypatch):
    saved(tmp_path / "a.cub", noise(1), grid((0, 9, 0, 9)))
    asked = {}

    def spread(p, func, items):
        asked.update(p.reserved)
        raise Error("enough")

    monkeypatch.setattr(farm, "spread", spread)
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", "-cluster=localhost:9"
    assert "enough" in refused(capsys, 2, *words) and "jobs" not in asked
    assert "enough" in refused(capsys, 2, *words, "-jobs=3") and asked["jobs"] == 3


def test_a_cluster_needs_a_file(tmp_path, capsys):
    saved(tmp_path / "a.cub", noise(1), grid((0, 9, 0, 9)))
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", "-cluster=localhost:9")
    assert "-cluster needs TO=file" in line


# ------------------------------------------------------------------- label


def test_the_label_keeps_what_all_maps_say(tmp_path):
    for k, start in enumerate(("2022-07-05T10:02:00", "2022-07-05T09:58:00.5")):
        instrument = {"StartTime": start, "TargetName": "Jupiter", "Frames": 20 + k}
        archive = {"ProductId": f"P{k}", "Credit": "NASA"}
        saved(tmp_path / f"{k}.cub", noise(k), grid(), Instrument=instrument, Archive=archive)
    made = run(tmp_path, maps=["0.cub", "1.cub"])
    instrument = made.group("Instrument")
    assert instrument["StartTime"] == "2022-07-05T09:58:00.5"
    assert instrument["TargetName"] == "Jupiter" and "Frames" not in instrument
    assert made.group("Archive").items == [("Credit", "NASA")]
    assert made.group("Mosaic")["Images"] == 2 and made.group("Mosaic")["Priority"] == "Average"
    found = table.unpack(made.blob("Table", "InputImages"))
    assert list(found["ProductId"]) == ["P0", "P1"] and list(found["Number"]) == [1, 2]
    assert "FROMLIST" not in made.history and "0.cub" not in made.history


# ------------------------------------------------------------------- refusals


def test_refusals(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, _ = several(tmp_path, 2)

    def list_of(*maps):
        (tmp_path / "maps.lis").write_text("\n".join(maps))
        return "FROMLIST=maps.lis", "TO=out.cub"

    sphere = grid(radii=(71398.0, 71398.0, 67040.0))
    saved(tmp_path / "r.cub", noise(1), sphere)
    line = refused(capsys, 2, *list_of("0.cub", "r.cub"))
    assert "radii of 71398 and 67040 km, 0.cub has 71492 and 66854 km" in line
    saved(tmp_path / "s.cub", noise(1), replace(grid(), target="Saturn"))
    assert "s.cub: a map of Saturn, 0.cub is one of Jupiter" in refused(
        capsys, 2, *list_of("0.cub", "s.cub")
    )
    saved(tmp_path / "b.cub", noise(1), grid(), ("RED", "METHANE", "UV"))
    line = refused(capsys, 2, *list_of("0.cub", "b.cub"))
    assert "bands RED, METHANE, UV, expected those of 0.cub: RED, GREEN, BLUE" in line
    cube.write(str(tmp_path / "n.cub"), cube.new(np.zeros((1, 2, 2), np.float32)))
    assert "n.cub: no map (no Group = Mapping)" in refused(capsys, 2, *list_of("n.cub"))
    assert "maps.lis: no map is named" in refused(capsys, 2, *list_of("# none"))
    line = refused(capsys, 2, *list_of(*names), "MEMORY=1", "RECIPE=NOSEAM", "SIGMA=5")
    assert "MEMORY = 1 MB: this mosaic needs" in line
    line = refused(capsys, 2, *list_of(*names), "PRIORITY=EMISSION")
    assert "0.cub: no geometry is attached" in line
    assert "SAMPLES = 20: expected an odd number up to 360" in refused(
        capsys, 2, *list_of(*names), "RECIPE=NOSEAM", "SAMPLES=20", "LINES=3"
    )
    for words, said in (
        ("RECIPE=NOSEAM SAMPLES=3", "LINES = None: expected an odd number up to 180"),
        ("MINCOUNT=5", "MINCOUNT goes with EQUALIZE"),
        ("FROM=0.cub", "give one of them"),
        ("SIGMA=3", "SIGMA is of a RECIPE"),
        ("-onerror=continue -errlist=maps.lis", "it would replace what is read or written"),
        ("-onerror=continue -errlist=0.cub", "it would replace what is read or written"),
    ):
        assert said in refused(capsys, 2, *list_of(*names), *words.split())
    saved(tmp_path / "far.cub", noise(5), grid((-90, 90, 0, 20)))
    saved(tmp_path / "near.cub", noise(5), grid((-90, 90, 20, 60)))
    line = refused(capsys, 2, *list_of("far.cub", "near.cub"), "EQUALIZE=GAIN")
    assert "far.cub: no overlap of 1000 common cells to equalize by, the largest is 0 with" in line
    saved(
        tmp_path / "wild.cub",
        lambda shape: 3e38 * np.sin(np.arange(np.prod(shape))).reshape(shape),
        grid(),
    )
    line = refused(capsys, 2, *list_of("0.cub", "wild.cub"), "EQUALIZE=OFFSET")
    assert "wild.cub: samples too large to equalize: is it damaged?" in line
    saved(tmp_path / "polar.cub", noise(1), grid((60, 90, 0, 360), 1.0, "PolarStereographic", 90.0))
    line = refused(capsys, 2, *list_of("polar.cub", "0.cub"))
    assert "of the first map's grid: give MAP, or list another map first" in line
    assert not (tmp_path / "out.cub").exists()
    assert not list(tmp_path.glob(".mosaic*"))


def test_a_map_behind_the_limb_of_the_first_adds_nothing(tmp_path):
    near = grid((-90, 90, 90, 270), 1.0, "Orthographic", clon=180.0)
    first = saved(tmp_path / "near.cub", noise(1), near)
    saved(tmp_path / "far.cub", noise(2), grid((-20, 20, 350, 370), clon=0.0))
    made = run(tmp_path, "PRIORITY=ONTOP", maps=["near.cub", "far.cub"])
    assert made.core.shape == first.shape


def test_a_missing_and_a_broken_file(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, maps = several(tmp_path, 2)
    data = (tmp_path / "0.cub").read_bytes()
    (tmp_path / "broken.cub").write_bytes(data[:-90000])
    (tmp_path / "maps.lis").write_text("missing.cub\n0.cub\nbroken.cub\n1.cub\n")
    words = "FROMLIST=maps.lis", "TO=out.cub"
    assert "missing.cub: cannot be read: no such file" in refused(capsys, 4, *words)
    main(*words, "-onerror=continue", "-errlist=left.lis")
    said = capsys.readouterr().err
    assert "missing.cub" in said and "broken.cub: truncated" in said and "of 2 maps" in said
    assert (tmp_path / "left.lis").read_text() == "missing.cub\nbroken.cub\n"
    made = cube.read("out.cub")
    assert made.group("Mosaic")["Skipped"] == ["missing.cub", "broken.cub"]
    both = run(tmp_path, maps=names)
    assert made.core.tobytes() == both.core.tobytes()


def test_a_stream_that_ends_in_the_middle(tmp_path, shell):
    several(tmp_path, 2)
    done = shell("(cat 0.cub; head -c 500000 1.cub) | mosaic TO=out.cub", check=False)
    assert done.returncode == 4
    assert b"cube 2 of standard input" in done.stderr and b"truncated" in done.stderr
    done = shell("mosaic TO=out.cub < /dev/null", check=False)
    assert done.returncode == 4 and b"the input is empty" in done.stderr
    assert not (tmp_path / "out.cub").exists()
