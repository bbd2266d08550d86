"""Where the pixels of a cube lie on the ground: strips of framelets, pictures, maps.

A pixel is a band, a line and a sample, counted from 0 at the centre of the first one; fractions
are places between centres.  On a strip, line and band say which frame saw it and from where;
of a picture (midplane) there is one frame; a map is taken as seen at its mid-time.
"""

from dataclasses import dataclass, fields

import numpy as np

from . import ellipsoid, geometry, picture, projection
from .error import Error


@dataclass(frozen=True)
class Places:
    """What pixels show: lines and samples of a cube, its Geometry, its map.

    g        Geometry, its camera's bands those of the image bands; None of a map without one
    grid     Grid of a map, None of any other cube
    lines, samples   of the cube
    """

    g: geometry.Geometry
    grid: projection.Grid
    lines: int
    samples: int

    @property
    def radii(self):
        """(3,) km."""
        return np.array(self.grid.radii) if self.g is None else self.g.radii

    @property
    def alike(self):
        """True where a pixel shows the same place in all bands."""
        return self.grid is not None or (len(self.g) == 1 and np.ptp(self.g.camera.cy) == 0)

    def ground(self, band, line, sample):
        """Frames (...) and surface points (..., 3) km that pixels show; NaN: none.

        line, sample  arrays that broadcast; where all are of one frame it is given as a number
        """
        if self.grid is not None:
            return 0, self.grid.points(line, sample)[0]
        height = self.g.camera.lines
        frame = np.clip(np.floor((np.asarray(line) + 0.5) / height), 0, len(self.g) - 1)
        frame = frame.astype(int)
        if frame.size and (frame == frame.flat[0]).all():
            frame = int(frame.flat[0])
        x, y, f = np.broadcast_arrays(np.asarray(sample) + 0.5, line + 0.5 - frame * height, frame)
        f = frame if isinstance(frame, int) else f
        return f, self.g.hit(f, self.g.look(f, x, y, band))

    @property
    def shape(self):
        """Lines and samples of each of the `windows`."""
        return self.lines if self.alike else self.g.camera.lines, self.samples

    def windows(self, bands):
        """The parts of so many image bands that are seen at once: list of (bands, lines), a range
        and a slice, all of one size.  A strip has one of each band and frame."""
        height, _ = self.shape
        if self.alike:
            return [(range(bands), slice(0, height))]
        tops = range(0, self.lines, height)
        return [(range(b, b + 1), slice(t, t + height)) for b in range(bands) for t in tops]

    def angles(self, window, line, sample):
        """Cosines mu0 and mu (2, n, ...) where `windows` (n,) of these numbers show the ground.

        line, sample  (n, ...) that broadcast, from the window's first; fractions are fine

        NaN off a map's target.  In the sky, with q the point of the line of sight nearest the
        ellipsoid where that is a sphere of radius 1, mu0 is as at q and mu goes on below 0,

            mu = -sqrt(q^2 - 1)                                                (1)
        """
        if self.grid is not None:
            return np.stack(self.g.angles(0, self.grid.points(line, sample)[0]))
        band, f = np.divmod(window, len(self.g))
        x, y = np.broadcast_arrays(sample + 0.5, line + 0.5)
        each = (slice(None), *[None] * (x.ndim - 1))
        d = self.g.look(f[each], x, y, band[each])
        cosines = np.stack(self.g.angles(f, self.g.hit(f, d)))
        sky = np.isnan(cosines[0])
        if sky.any():
            f = np.broadcast_to(f[each], sky.shape)[sky]
            p = self.g.tangent(f, d[sky])
            q = p / self.radii
            below = -np.sqrt(np.maximum((q * q).sum(-1) - 1, 0))
            beside = np.stack([self.g.angles(f, p)[0], below])
            cosines[:, sky] = np.nan_to_num(beside, nan=-1.0)  # behind the observer
        return cosines

    def pixel(self, f, band, p):
        """Line, sample (*F, ...) of surface points p (*F, ..., 3) km in frames f (*F), and the
        distance (*F, ...), px, to the edge of the framelet or map: below 0 they do not show."""
        if self.grid is not None:
            line, sample = self.grid.pixel(*ellipsoid.latlon(p, self.radii))
            ends = np.stack([line + 0.5, self.lines - 0.5 - line, sample + 0.5])
            within = np.minimum(ends.min(0), self.samples - 0.5 - sample)
            return line, sample, np.where(np.isnan(within), -1.0, within)
        camera, f = self.g.camera, np.asarray(f)
        x, y, z = self.g.project(f, p)
        x, y = x + camera.cx, y + camera.cy[band]
        _, mu = self.g.angles(f, p)
        edge = np.minimum(y, camera.lines - y)
        edge = np.minimum(edge, np.minimum(x - camera.first, camera.last - x))
        edge = np.where((z > 0) & (mu > 0), edge, -1.0)
        down = f.reshape(f.shape + (1,) * (y.ndim - f.ndim)) * camera.lines
        return y + down - 0.5, x - 0.5, edge


def of(cube):
    """Return the Places of a cube; Error for one that is no map and has no solved geometry."""
    _, lines, samples = cube.core.shape
    attached = cube.blob("Table", "Geometry") is not None
    if picture.mapping(cube) is not None:
        g = geometry.from_cube(cube).mid() if attached else None
        return Places(g, projection.of_cube(cube), lines, samples)
    g = geometry.solved(geometry.from_cube(cube), cube.source)
    bands = len(picture.images(cube.band_names()))
    found, expected = (bands, lines, samples), (len(g.camera.cy), len(g) * g.camera.lines)
    if found != (*expected, g.camera.samples):
        raise Error(
            f"{cube.source}: {bands} image bands of {lines} lines and {samples} samples, its "
            f"geometry is of {expected[0]} of {expected[1]} and {g.camera.samples}"
        )
    return Places(g, None, lines, samples)


@dataclass(frozen=True)
class Found:
    """Pixels and the surface points they show, one per entry of each array (m,).

    index   of the question that they answer
    band    of the camera;  frame  0 on a map and a picture
    line, sample   0 at the centre of the first pixel
    p       (m, 3) km body-fixed
    """

    index: np.ndarray
    band: np.ndarray
    frame: np.ndarray
    line: np.ndarray
    sample: np.ndarray
    p: np.ndarray

    def __len__(self):
        return len(self.index)

    def __getitem__(self, which):
        return Found(*(getattr(self, f.name)[which] for f in fields(self)))


def ordered(parts):
    """Return Found of several as one, by question, band, frame."""
    parts = [[getattr(part, f.name) for f in fields(Found)] for part in parts]
    found = Found(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    return found[np.lexsort((found.frame, found.band, found.index))]


def at_pixels(where, bands, line, sample):
    """Return Found of the pixels (n,) in some bands of Places, as far as they show the surface."""
    n, parts = len(line), []
    for band in bands:
        f, p = where.ground(band, line, sample)
        f = np.broadcast_to(f, n)
        parts.append(Found(np.arange(n), np.full(n, band), f, line, sample, p))
    found = ordered(parts)
    return found[np.isfinite(found.p[:, 0])]


def at_ground(where, bands, p, every=False):
    """Return Found of the pixels that show surface points (n, 3) km in some bands of Places.

    every  True: in each frame; else the one that has it farthest from its framelet's edges
    """
    frames, parts = np.arange(1 if where.grid is not None else len(where.g)), []
    for band in bands:
        line, sample, edge = where.pixel(frames, band, np.broadcast_to(p, (len(frames), *p.shape)))
        shown = np.broadcast_to(edge, (len(frames), len(p))) >= 0
        if not every:
            shown = shown & (np.arange(len(frames))[:, None] == edge.argmax(0))
        f, i = np.nonzero(shown)
        parts.append(Found(i, np.full(len(i), band), f, line[f, i], sample[f, i], p[i]))
    return ordered(parts)
