"""Angles and coordinates of cells: a framelet against CSPICE's sincpt, photom against a copy.

python bench/backplanes.py
"""

import dataclasses

import numpy as np
from measure import alone, cpu, made, strip

from perijove import photom
from perijove.kit import backplanes, cosines, cube, geometry, kernels, midtime, places

NAMES = ["LATITUDE", "LONGITUDE", "INCIDENCE", "EMISSION"]
PIXELS = 4000  # given to sincpt: a part of a framelet


def seconds(job, before=None, times=5):
    """Least CPU time of a job; before: what is done each time, unmeasured."""
    best = np.inf
    for _ in range(times):
        if before:
            before()
        start = cpu()
        job()
        best = min(best, cpu() - start)
    return best


def framelet(image, folder):
    """Backplanes of the middle framelet of GREEN, and sincpt per pixel, in s of CPU time."""
    import spiceypy as sp

    g = geometry.of_strip(image)
    g = g.select([len(g) // 2])
    g = dataclasses.replace(g, camera=g.camera.select([g.camera.names.index("GREEN")]))
    shape, points = (g.camera.lines, g.camera.samples), midtime.points(g)
    ours = seconds(lambda: backplanes.of_grid(NAMES, g, points, shape, 1))

    rng = np.random.default_rng(1)
    rays = g.camera.rays(rng.uniform(0, shape[1], PIXELS), rng.uniform(0, shape[0], PIXELS), 0)
    found, _ = kernels.files([f"{folder}/sim/kernels"])
    see = "ELLIPSOID", "JUPITER", g.et[0], "IAU_JUPITER", "CN+S", "JUNO", "JUNO_JUNOCAM"

    def one_by_one():
        for ray in rays:
            sp.sincpt(*see, ray)

    with kernels.loaded(found), sp.no_found_check():
        return ours, seconds(one_by_one, times=3) / PIXELS * shape[0] * shape[1]


def correction(image):
    """What photom does to a cube, and a copy of it into memory that is there, in s of CPU time."""
    bands, _ = backplanes.split(image)
    where, least = places.of(image), np.cos(np.radians([85.0, 83.0]))
    chosen, _ = photom.laws("MINNAERT", [0.9], [], len(bands), image.source)
    core = image.core.copy()

    def copy():
        core[...] = image.core

    def job():
        angles, windows = cosines.of_places(where, least), where.windows(len(bands))
        photom.correct(core, bands, windows, angles, chosen, least)

    return seconds(job, copy), seconds(copy)


def ratios(folder):
    """List of (name, value, reference, unit): each value over its reference is to be told."""
    path = strip(folder)
    whole = made(f"{folder}/m.cub", f"mapproj FROM={path} RESOLUTION=25 TO={folder}/m.cub -quiet")
    ours, theirs = framelet(cube.read(path), folder)
    return [
        ("sincpt, pixels of one framelet", theirs, ours, "its backplanes"),
        ("photom of a strip, 26 frames", *correction(cube.read(path)), "copy of the strip"),
        ("photom of a map, 9000x4500x3", *correction(cube.read(whole)), "copy of the map"),
    ]


if __name__ == "__main__":
    alone(ratios)
