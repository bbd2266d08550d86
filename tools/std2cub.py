"""std2cub - a cube of any raster: PNG, JPEG, TIFF, GeoTIFF, FITS, VRT and what else GDAL reads.

Samples stay what they are.  What a raster marks as empty (nodata, a mask, alpha = 0, BLANK, NaN) is
Null, and where its type leaves no room for special pixels the cube's is a larger one.  A map's
coordinate system becomes its Group Mapping.
"""

from perijove.kit import cube, parm, rasterin
from perijove.kit.error import Error


def named(names, words, count):
    """Return the names of the bands: those typed, else the raster's, None where there are none."""
    if words is None:
        return names
    if len(words) != count:
        raise Error(f"BANDS = {', '.join(words)}: {len(words)} names, the raster has {count} bands")
    return list(words)


@parm.tool
def main(p):
    found = rasterin.read(p.FROM, p.TARGET)
    names = named(found.names, p.BANDS, len(found.core))

    groups = {"Archive": found.tags, "BandBin": {"FilterName": names} if names else {}}
    if p.TARGET or found.grid is not None:
        groups["Instrument"] = {"TargetName": p.TARGET or found.grid.target}
    image = cube.new(found.core, **{name: words for name, words in groups.items() if words})
    if found.grid is not None:
        image.isis.append(found.grid.mapping())
    for note in found.notes:
        p.say(note)
    bands, lines, samples = found.core.shape
    p.say(f"{bands} bands of {lines} lines and {samples} samples, {found.type}")
    cube.write(p.TO, image, p, type=found.type)
