"""jitter: the limb of a strip against CSPICE's limbpt, and the whole tool.

python bench/jitter.py
"""

import numpy as np
from measure import alone, least, made, shell, strip, wall

from perijove.kit import cube, geometry, kernels, limb

CUTS = 500  # points that limbpt is asked for at once


def points(path, folder):
    """CPU seconds of limbpt for as many limb points as a strip shows, and of ours."""
    import spiceypy as sp

    g = geometry.of_strip(cube.read(path))
    count = len(limb.points(g))
    ours = least(lambda: limb.points(g))
    where = "TANGENT/ELLIPSOID", "JUPITER", g.et[0], "IAU_JUPITER", "CN+S", "ELLIPSOID LIMB"
    cuts = [0.0, 0.0, 1.0], 2 * np.pi / CUTS, CUTS, 1e-4, 1e-7, CUTS
    found, _ = kernels.files([f"{folder}/sim/kernels"])
    with kernels.loaded(found):
        theirs = least(lambda: sp.limbpt(*where, "JUNO", *cuts))
    return theirs / CUTS * count, ours


def ratios(folder):
    """List of (name, value, reference, unit): each value over its reference is to be told."""
    path, half = strip(folder), f"{folder}/half.cub"
    made(half, f"crop FROM={path} NLINES=$((13 * 128)) TO={half} -quiet")

    def tool(path):
        shell(f"jitter FROM={path} TO={folder}/solved.cub -quiet")

    return [
        ("limbpt, limb points of a strip", *points(path, folder), "ours, with pixel and normal"),
        ("jitter of a strip, 26 frames, wall", wall(lambda: tool(path)), 1.0, "second"),
        (
            "jitter of a strip, 26 frames",
            least(lambda: tool(path)),
            least(lambda: tool(half)),
            "of 13 frames",
        ),
    ]


if __name__ == "__main__":
    alone(ratios)
