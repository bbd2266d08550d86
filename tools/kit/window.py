"""A rectangle of a cube, perhaps thinned, and what a label says of positions in it."""

import dataclasses
import datetime

from . import geometry, translate
from .error import Error
from .label import Quantity


@dataclasses.dataclass(frozen=True)
class Axis:
    """What is kept of an axis of size samples: count from start on (1: the first), thinned."""

    start: int
    count: int
    increment: int
    size: int

    @property
    def slice(self):
        return slice(self.start - 1, self.start - 1 + self.count, self.increment)

    @property
    def kept(self):
        return len(range(self.size)[self.slice])

    @property
    def whole(self):
        return self.kept == self.size

    def moved(self, x):
        """Return the coordinate x, 0.5 at the centre of the first sample, in the window."""
        return (x - (self.start - 1) - 0.5) / self.increment + 0.5

    def back(self, x):
        """Return the coordinate x of the window in the whole axis: the inverse of moved."""
        return (x - 0.5) * self.increment + 0.5 + self.start - 1


def axis(word, size, start=None, count=None, increment=1):
    """Return the Axis of parameters (word: LINE, SAMPLE); Error where it leaves the cube."""
    start = 1 if start is None else start
    count = size - start + 1 if count is None else count
    if start > size:
        raise Error(f"{word} = {start}: the cube has {size} {word.lower()}s")
    if start + count - 1 > size:
        last = f"{word} + N{word}S - 1 = {start + count - 1}"
        raise Error(f"{last} is beyond the last {word.lower()}, {size}")
    return Axis(start, count, increment, size)


def remap(group, lines, samples):
    """Change a Group Mapping in place to that of a window whose increments are equal."""
    step = lines.increment
    cell = group.number("PixelResolution")
    if min(cell, group.number("Scale", default=1.0)) <= 0:
        raise Error(f"{group}: PixelResolution or Scale is not positive: the label is damaged")
    for key, ends, sign in (("UpperLeftCornerX", samples, 1), ("UpperLeftCornerY", lines, -1)):
        corner = group.number(key) + sign * ends.back(0.0) * cell
        group.set(key, Quantity(corner, "meters"))
    group.set("PixelResolution", Quantity(cell * step, "meters/pixel"))
    if "Scale" in group:
        group.set("Scale", Quantity(group.number("Scale") / step, "pixels/degree"))
    if group.text("ProjectionName", "").upper() == "SIMPLECYLINDRICAL" and "Scale" in group:
        _narrow(group, lines, samples)


def _narrow(group, lines, samples):
    """Narrow the ranges of a simple cylindrical Group Mapping to its cells, to 1e-9 degrees."""
    cells = group.number("PixelResolution") * group.number("Scale")  # metres per degree
    left, top = (group.number(f"UpperLeftCorner{k}") / cells for k in "XY")
    right = left + samples.kept / group.number("Scale")
    bottom = top - lines.kept / group.number("Scale")
    centre = group.number("CenterLongitude", default=0.0)
    if group.text("LongitudeDirection", "PositiveEast") == "PositiveWest":
        left, right = -right, -left
    low, high = (group.number(f"{end}Longitude") for end in ("Minimum", "Maximum"))
    turn = centre + 360 * round(((low + high) / 2 - centre - (left + right) / 2) / 360)
    group.set("MinimumLongitude", round(max(low, left + turn), 9))
    group.set("MaximumLongitude", round(min(high, right + turn), 9))
    south, north = (group.number(f"{end}Latitude") for end in ("Minimum", "Maximum"))
    group.set("MinimumLatitude", round(max(south, bottom), 9))
    group.set("MaximumLatitude", round(min(north, top), 9))


def alpha(isis, lines, samples):
    """Write ISIS's Group AlphaCube: where the window lies on the image that was taken."""
    old = isis.nodes("AlphaCube")
    group = isis.group("AlphaCube")
    for name, ends in (("Lines", lines), ("Samples", samples)):
        one = name[:-1]
        whole = group.integer(f"Alpha{name}") if old else ends.size
        first = group.number(f"AlphaStarting{one}") if old else 0.5
        last = group.number(f"AlphaEnding{one}") if old else ends.size + 0.5
        step = (last - first) / ends.size
        group.set(f"Alpha{name}", whole)
        group.set(f"AlphaStarting{one}", first + step * ends.back(0.0))
        group.set(f"AlphaEnding{one}", first + step * ends.back(float(ends.kept)))
        group.set(f"Beta{name}", ends.kept)


def frames(lines, samples, height):
    """Return the range of frames in a window of a strip; None where it cuts framelets of height."""
    first, rest = divmod(lines.start - 1, height)
    if rest or lines.count % height or (lines.increment, samples.increment) != (1, 1):
        return None
    return range(first, first + lines.count // height)


def reframe(cube, g, lines, samples, chosen=None):
    """Return a cube with the Geometry g of a window; chosen is the range of frames of a strip."""
    n, camera = samples.increment, g.camera
    ends = (min(max(round(samples.moved(x)), 0), samples.kept) for x in (camera.first, camera.last))
    first, last = ends
    camera = dataclasses.replace(
        camera,
        focal=camera.focal / n,
        cx=samples.moved(camera.cx),
        cy=camera.cy if chosen else lines.moved(camera.cy),
        k1=camera.k1 * n**2,
        k2=camera.k2 * n**4,
        offsets=camera.offsets / n,
        lines=camera.lines if chosen else lines.kept,
        samples=samples.kept,
        first=first,
        last=last,
    )
    if chosen:
        later = g.et[chosen.start] - g.et[0]
        _begin(cube.group("Instrument"), later, len(chosen))
        g = g.select(list(chosen))
    return geometry.attach(cube, dataclasses.replace(g, camera=camera))


def _begin(group, later, count):
    """Set the start time to that of the first frame left, later by so many seconds."""
    group.set("NumberFramelets", count)
    if later and "StartTime" in group:
        start = translate.when(group["StartTime"]) + datetime.timedelta(seconds=float(later))
        group.set("StartTime", start.isoformat(timespec="microseconds"))
