"""crop - cut a rectangle out of a cube, or take every SINC-th sample of every LINC-th line.

Sample j of the result is sample SAMPLE + j SINC of the cube, j = 0, 1 ...; lines likewise.  With
x the coordinate in which the centre of the first sample is 0.5, that of the result is

    x' = (x - (SAMPLE - 1) - 0.5) / SINC + 0.5                                 (1)

and what the label says of positions moves with it: a map's corner, resolution and range, the
optical axis and the frames of a geometry, the Group AlphaCube.  What can no longer be said -
the frames of a strip that is cut across its framelets - is left out.
"""

import dataclasses

from perijove.kit import cutout, geometry, parm, picture, projection, window
from perijove.kit.error import Error
from perijove.kit.sink import pixel_type


def around(grid, latitude, longitude, size):
    """Return first line, first sample and count of a square of size degrees around a point."""
    line, sample = (float(v) for v in grid.pixel(latitude, longitude))
    if not line - line == sample - sample == 0:
        raise Error(f"latitude {latitude:g}, longitude {longitude:g} W does not show on the map")
    degree = projection.degree(grid.projection, grid.radii, grid.clat)
    count = max(1, round(size * degree / grid.scale))
    first = [round(v - (count - 1) / 2) + 1 for v in (line, sample)]
    if min(first) < 1 or any(f + count - 1 > n for f, n in zip(first, grid.shape, strict=True)):
        raise Error(
            f"{size:g} degrees around {latitude:g}, {longitude:g} W reach beyond the map, "
            f"line {first[0]} and sample {first[1]} on"
        )
    return *first, count


def selected(image, p):
    """Return the Axes (lines, samples) that the parameters ask for."""
    _, nl, ns = image.core.shape
    point = (p.LATITUDE, p.LONGITUDE, p.SIZE)
    if any(v is not None for v in point):
        if None in point or any(map(p.given, ("SAMPLE", "NSAMPLES", "LINE", "NLINES"))):
            raise Error("give LATITUDE, LONGITUDE and SIZE, all three, without SAMPLE and LINE")
        line, sample, count = around(projection.of_cube(image), *point)
        return (
            window.axis("LINE", nl, line, count, p.LINC),
            window.axis("SAMPLE", ns, sample, count, p.SINC),
        )
    return (
        window.axis("LINE", nl, p.LINE, p.NLINES, p.LINC),
        window.axis("SAMPLE", ns, p.SAMPLE, p.NSAMPLES, p.SINC),
    )


def placed(image, lines, samples, say):
    """Return the cube with the label and geometry of the cropped one; the core is still whole."""
    strip = picture.framelets(image)
    image = image.replace()
    mapping = picture.mapping(image)
    attached = image.blob("Table", "Geometry") is not None and image.isis.nodes("Camera")
    if mapping is not None:
        if lines.increment == samples.increment:
            window.remap(mapping, lines, samples)
        else:
            say("LINC and SINC differ: the result is no map (no Group = Mapping)")
            image.isis.delete("Mapping")
        return image
    window.alpha(image.isis, lines, samples)
    frames = window.frames(lines, samples, strip[1]) if strip else None
    if strip and (frames is None or not (attached or frames.start == 0 and samples.whole)):
        say("the strip is no longer one of whole framelets with known epochs: a mere picture")
        for key in ("FrameletLines", "NumberFramelets"):
            image.group("Instrument").delete(key)
    elif strip and not attached:
        image.group("Instrument").set("NumberFramelets", len(frames))
        return image
    elif attached and lines.increment == samples.increment:
        return window.reframe(image, geometry.of_strip(image), lines, samples, frames)
    if attached:
        say("the geometry does not hold for the result and is left out")
        image.isis.delete("Camera")
        rest = [b for b in image.blobs if (b.kind, b.name) != ("Table", "Geometry")]
        image = dataclasses.replace(image, blobs=tuple(rest))
    return image


@parm.tool
def main(p):
    with cutout.read(p.FROM) as (image, cut):
        lines, samples = selected(image, p)
        whole, blocks = cut(lines, samples)

        part = placed(whole, lines, samples, p.say)

        shape = len(image.core), lines.kept, samples.kept
        cutout.write(p.TO, part, shape, blocks, p, pixel_type(image))
