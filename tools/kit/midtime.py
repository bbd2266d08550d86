"""The middle of a strip: a virtual camera that sees planet and sky as one picture.

A pinhole camera with the attitude and place that the spacecraft had at mid-time; its pixel (i, j)
looks along

    v = (j + 1/2 - cx, i + 1/2 - cy, F)                                        (1)

F the focal length of the strip's camera times a scale.  Where v meets the surface, at p, the
picture takes what the frames saw of p, each from where it was (parallax, `mapping`);
in the sky p is the point of the line of sight nearest the planet, which leaves no gap at the limb.
"""

from dataclasses import replace

import numpy as np

from .error import Error

FIELD = 60.0  # degrees from the boresight: a picture on a plane holds no more
SKY = 64.0  # px of sky around the planet, times SCALE
NEAREST = 0.2  # of the planet's distance: sky nearer than that is taken to be there


def points(mid):
    """The points function of `mapping.resample`: what the pixels of a one-row Geometry show."""

    def of(line, sample):
        x, y = np.broadcast_arrays(np.asarray(sample) + 0.5, np.asarray(line) + 0.5)
        d = mid.look(0, x, y, 0)
        p = mid.hit(0, d)
        sky = np.isnan(p[..., 0])
        if sky.any():
            p[sky] = beside(mid, d[sky])
        return p, ~sky

    return of


def beside(mid, d):
    """Points (n, 3) km that stand for the sky along lines of sight d (n, 3), in front of mid."""
    p = mid.tangent(0, d)
    p = np.where(np.isnan(p), mid.o[0], p)  # away from the planet
    along = ((p - mid.o[0]) * d).sum(-1, keepdims=True)
    least = NEAREST * np.linalg.norm(mid.o[0])
    return p + np.maximum(least - along, 0) * d


def outline(g):
    """Points (n, 3) km that the strip shows, every 25th sample of every 32nd line or so.

    Returns them and (n,) bool: True on the planet.
    """
    camera = g.camera
    lines = np.linspace(0, camera.lines, max(5, camera.lines // 32 + 1))
    y, x = np.meshgrid(lines, np.linspace(camera.first, camera.last, 65), indexing="ij")
    looks = []
    for band in range(len(camera.cy)):
        for f in range(len(g)):
            d = g.look(f, x, y, band).reshape(-1, 3)
            p = g.hit(f, d)
            sky = np.isnan(p[:, 0])
            p[sky] = beside(g.select([f]), d[sky])
            looks.append((p, ~sky))
    return tuple(np.concatenate(part) for part in zip(*looks, strict=True))


def held(mid, p):
    """Pixels (n, 2) from the axis of points (n, 3) on the plane, and (n,) bool: within FIELD."""
    x, y, z = mid.project(0, p)
    edge = mid.camera.focal * np.tan(np.radians(FIELD))
    return np.stack([x, y], -1), (z > 0) & (np.maximum(abs(x), abs(y)) < edge)


def pinhole(camera, scale):
    """The virtual camera of eq. (1), its axis at (0, 0) until a window is chosen."""
    return replace(
        camera,
        focal=camera.focal * scale,
        cx=0.0,
        cy=np.zeros(len(camera.cy)),
        k1=0.0,
        k2=0.0,
        first=0,
        offsets=None,
    )


def picture(g, scale):
    """The one-row Geometry of the picture: its camera holds the window.

    Mid-time is the mean epoch; where the camera looks away from the planet then, and saw it
    within half a turn, it is the epoch of the frame that looked straightest at it.
    """
    camera = pinhole(g.camera, scale)
    p, planet = outline(g)
    mid = replace(g.mid(), camera=camera)
    plane, inside = held(mid, p)
    if planet.any() and not (planet & inside).any():
        mid = replace(g.select([straightest(g)]), camera=camera)
        plane, inside = held(mid, p)
    if not inside.any():
        raise Error(
            f"nothing of the strip lies within {FIELD:g} degrees of the boresight at mid-time"
        )
    low, high = plane[inside].min(0), plane[inside].max(0)
    if (planet & inside).any():
        disc = plane[planet & inside]
        low = np.maximum(low, disc.min(0) - SKY * scale)
        high = np.minimum(high, disc.max(0) + SKY * scale)
    (left, top), (right, bottom) = np.floor(low), np.ceil(high)
    samples, lines = int(right - left), int(bottom - top)
    camera = replace(
        camera, cx=-left, cy=camera.cy - top, lines=lines, samples=samples, last=samples
    )
    return replace(mid, camera=camera), (planet & ~inside).sum() / max(planet.sum(), 1)


def straightest(g):
    """Index of the frame within half a turn of the middle that looks straightest at the planet."""
    nadir = -(g.M[:, :, 2] * g.o).sum(1) / np.linalg.norm(g.o, axis=1)
    turn = np.linalg.norm(g.av, axis=1) * np.abs(g.et - g.et.mean())
    return int(np.where(turn <= np.pi, nadir, -1.0).argmax())
