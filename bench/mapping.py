"""Maps: mapproj and midplane against one bare cv2.remap, how they grow, and how exact they are.

    python bench/mapping.py

The bare remap interpolates every cell of the file, seen or not, from one picture by coordinates
that are there already: what no map can be faster than by much.
"""

from functools import partial

import numpy as np
from measure import alone, least, made, peak, shell, strip, wall

from perijove.kit import cube, farm, geometry, label, layout, mapping, midtime, regrid, tiles
from perijove.kit.paint import Painter, Sums

LIMITS = 83.0, 88.0  # degrees: the defaults of mapproj
CHECKED = 40000  # cells compared with exact coordinates
OUTPUT = 9000 * 4500 * 3 * 4  # bytes


def bare(shape, bands=3):
    """CPU seconds of a bare remap of (lines, samples) cells in some bands."""
    import cv2

    source = np.random.default_rng(2).random((1024, 1648)).astype(np.float32)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y, out = x * (1640 / shape[1]), y * (1020 / shape[0]), np.empty(shape, np.float32)

    def job():
        for _ in range(bands):
            cv2.remap(source, x, y, cv2.INTER_LINEAR, dst=out)

    with farm.opencv_alone():
        return least(job)


def grid_of(g, resolution):
    """The grid of all latitudes and longitudes, in cells per degree."""
    return layout.wanted({"resolution": resolution}, g.target, g.radii, (0.0, 180.0, 1e5))


def mapped(core, g, resolution, threads=1):
    """A strip's map: plan and map."""
    grid = grid_of(g, resolution)
    options = dict(maxemission=LIMITS[0], maxincidence=LIMITS[1], threads=threads)
    return mapping.resample(core, g, grid.points, grid.shape, **options)


def steps(core, g):
    """CPU seconds of the map step, and of the same by scipy at the same coordinates."""
    from scipy.ndimage import map_coordinates

    grid, limits = grid_of(g, 25.0), np.cos(np.radians(LIMITS[::-1]))
    corners = np.argwhere(np.ones([-(-n // tiles.SIZES[0]) for n in grid.shape])) * tiles.SIZES[0]
    plan = tiles.Planner(g, grid.points, grid.shape, limits).tiles(corners)
    painter = Painter(core, g, grid.points, "BILINEAR", True, limits)
    out, sums = np.zeros((len(core), *grid.shape), np.float32), Sums(len(core))

    def job():
        for tile in plan:
            (i, j), (lines, samples) = (tile.line, tile.sample), tile.shape
            painter.paint(tile, sums, out[:, i : i + lines, j : j + samples])

    def scipy(plane, x, y, out=np.float32):
        found = map_coordinates(plane, [y, x], out, order=1, mode="nearest")
        return out if found is None else found

    with farm.opencv_alone():
        ours = least(job)
        painter.take = scipy
        return ours, least(job, 1)


def again(core, g):
    """CPU seconds of a map that is mapped anew, 25 px/deg, and of a bare remap of its cells."""
    grid, core = grid_of(g, 25.0), mapped(core, g, 25.0)
    words = {"projection": "SINUSOIDAL", "resolution": 25.0}
    other = layout.wanted(words, g.target, g.radii, (0.0, 180.0, 1e5))

    def pixel(*at):
        return grid.pixel(*other.latlon(*at))

    def job():
        regrid.resample(core, pixel, other.shape, turn=grid.turn, threads=1)

    return least(job), bare(other.shape)


def errors(folder, path):
    """Rms from the truth of a map, and of exact bilinear interpolation at some of its cells."""
    from scipy.ndimage import map_coordinates

    image, scene = cube.read(path), cube.read(f"{folder}/sim/truth.cub")
    truth = label.loads(open(f"{folder}/sim/truth.pvl").read()).group("Truth")
    g = mapping.solved(image)
    offsets = dict(zip(g.camera.names, truth.numbers("LineOffset"), strict=True))
    g = geometry.with_constants(g, truth.number("Twist", "degrees"), offsets)
    g = g.shift(truth.number("TimeOffset", "s"))
    found = mapped(image.core, g, 10.0)
    line, sample = np.nonzero(np.isfinite(found).all(0) & np.isfinite(scene.core).all(0))
    some = np.random.default_rng(1).choice(len(line), CHECKED, replace=False)
    at = slice(None), line[some], sample[some]
    p, _ = grid_of(g, 10.0).points(*at[1:])
    camera, half = g.camera, (g.camera.lines - 1) / 2
    strips = np.nan_to_num(image.core.astype(float)).reshape(3, len(g), camera.lines, -1)
    total, weight = np.zeros((2, 3, CHECKED))
    for f in range(len(g)):
        x, y, z = g.project(f, p)
        x, y, cosines = x + camera.cx - 0.5, y - 0.5, g.angles(f, p)
        allowed = (z > 0) & (x >= camera.first) & (x < camera.last - 1)
        for c, limit in zip(cosines, LIMITS[::-1], strict=True):
            allowed &= c >= np.cos(np.radians(limit))
        for band, cy in enumerate(camera.cy):
            w = np.maximum(half - abs(y + cy - half), 0) * allowed
            near = np.flatnonzero(w)
            v = map_coordinates(strips[band, f], [y[near] + cy, x[near]], order=1)
            total[band, near] += w[near] * v
            weight[band, near] += w[near]
    exact = total / weight
    return tuple(np.sqrt(np.mean((v - scene.core[at]) ** 2)) for v in (found[at], exact))


def part(image, frames):
    """The core and the geometry of the middle frames of a strip."""
    g = mapping.solved(image)
    first, lines = (len(g) - frames) // 2, g.camera.lines
    rows = slice(first * lines, (first + frames) * lines)
    return image.core[:, rows], g.select(np.arange(first, first + frames))


def growth(folder, image):
    """How plan and map grow with the image and with the map."""
    made(
        f"{folder}/long.cub",
        f"junosim TO={folder}/long SEED=1 FRAMES=52 TRUTH=NONE -quiet;"
        f"junocam2cub FROM=$(echo {folder}/long/*-raw.png) -quiet | decompand -quiet"
        f" | junocal -quiet | spiceinit KERNELS={folder}/long/kernels TO={folder}/long.cub -quiet",
    )
    whole, double = part(image, 26), part(cube.read(f"{folder}/long.cub"), 52)
    long = least(lambda: mapped(*double, 25.0))
    sizes = 12.5, 25.0, 50.0
    times = {ppd: least(partial(mapped, *whole, ppd)) for ppd in sizes}
    short = least(lambda: mapped(*part(image, 13), 25.0))
    yield "mapproj of 26 frames", times[25.0], short, "13 frames"
    yield "mapproj of 52 frames", long, times[25.0], "26 frames"
    yield "mapproj at 25 px/deg", times[25.0], times[12.5], "12.5 px/deg"
    yield "mapproj at 50 px/deg", times[50.0], times[25.0], "25 px/deg"


def ratios(folder):
    """List of (name, value, reference, unit): each value over its reference is to be told."""
    path = strip(folder)
    image = cube.read(path)
    g = mapping.solved(image)
    grid = grid_of(g, 25.0)
    ours, both = (least(partial(mapped, image.core, g, 25.0, n)) for n in (1, 2))
    plain = bare(grid.shape)
    found = [
        ("mapproj, plan + map of 9000x4500x3", ours, plain, "bare cv2.remap of all cells"),
        ("mapproj, the same in two threads", both, ours, "one thread (CPU)"),
    ]
    fast, slow = steps(image.core, g)
    found.append(("scipy map_coordinates on the same plan", slow, fast, "the map step"))

    mid, _ = midtime.picture(g, 1.0)
    shape, points = (mid.camera.lines, mid.camera.samples), midtime.points(mid)
    middle = least(lambda: mapping.resample(image.core, g, points, shape, threads=1))
    found.append(("midplane, plan + map", middle, ours, "mapproj's"))

    found.append(("a map on another grid", *again(image.core, g), "bare cv2.remap of all cells"))

    whole = f"mapproj FROM={path} RESOLUTION=25 TO={folder}/m.{{}} -quiet"
    tool = least(lambda: shell(whole.format("tif")))
    plane = least(lambda: shell(f"midplane FROM={path} TO={folder}/mid.cub -quiet"))
    found += [
        ("midplane, the whole tool", plane, tool, "mapproj to .tif"),
        (
            "mapproj to a sparse .tif",
            wall(partial(shell, whole.format("tif"))),
            1,
            "s, wall",
        ),
        ("mapproj to .cub", wall(partial(shell, whole.format("cub"))), 1, "s, wall"),
        (
            "PNG to map.cub, the whole pipe",
            wall(partial(shell, pipe(folder))),
            1,
            "s, wall",
        ),
        ("mapproj to .tif, peak memory", peak(whole.format("tif")), OUTPUT, "the map's bytes"),
        ("map against truth, rms", *errors(folder, path), "exact bilinear"),
    ]
    return found + list(growth(folder, image))


def pipe(folder):
    """The line of bash from the raw picture to the map."""
    return (
        f"junocam2cub FROM=$(echo {folder}/sim/*-raw.png) -quiet | decompand -quiet"
        f" | junocal -quiet | spiceinit KERNELS={folder}/sim/kernels -quiet"
        f" | mapproj RESOLUTION=25 TO={folder}/piped.cub -quiet"
    )


if __name__ == "__main__":
    alone(ratios)
