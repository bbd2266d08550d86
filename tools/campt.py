"""campt - where a pixel lies on the ground, and where a point of the ground shows.

    SAMPLE, LINE -> frame, line of sight -> surface point                      (1)
    LATITUDE, LONGITUDE -> surface point -> SAMPLE, LINE in each frame         (2)

(1) is what kit/frames gives of CSPICE's sincpt, (2) its inverse.  What is then said of the
point: kit/groundpoint.
"""

import numpy as np

from perijove.kit import anylabel, cube, ellipsoid, files, parm, picture, places, results, special
from perijove.kit.error import Error
from perijove.kit.groundpoint import facts
from perijove.kit.label import Node, Quantity

UNSEEN = "the point does not show in the cube"
SKY = "the pixel shows no surface"


def value_of(dn):
    """Return a sample as it stands in a label: a number, None, or the name of its kind."""
    kind = int(special.kinds(dn))
    return float(str(dn)) if not kind else None if kind == 1 else special.NAMES[kind]


def groups(image, where, found, shown=None):
    """Return a Group = GroundPoint for each pixel of Found.

    shown  the bands of PixelValue; None: the one that the pixel is of
    """
    names, images = image.band_names(), picture.images(image.band_names())
    made = [None] * len(found)
    for band in np.unique(found.band):
        (which,) = np.nonzero(found.band == band)
        part, bands = found[which], shown or [images[band]]
        said = facts(where, band, part.frame, part.p)
        line, sample = (
            np.clip(np.rint(at), 0, size - 1).astype(int)
            for at, size in ((part.line, where.lines), (part.sample, where.samples))
        )
        for i, at in enumerate(which):
            group = made[at] = Node("Group", "GroundPoint")
            group.update(Sample=float(part.sample[i] + 1), Line=float(part.line[i] + 1))
            if where.grid is None and len(where.g) > 1:
                group.set("Frame", int(part.frame[i]) + 1)
            values = [value_of(image.core[b, line[i], sample[i]]) for b in bands]
            for key, items in (("FilterName", [names[b] for b in bands]), ("PixelValue", values)):
                group.set(key, items if len(items) > 1 else items[0])
            for key, (quantity, unit) in said.items():
                value = quantity[i].tolist() if unit else quantity[i]
                group.set(key, Quantity(value, unit) if unit else value)
    return made


def asked(p, where):
    """Return whether ground is asked for, and latitude, longitude or sample, line (n, 2)."""
    single = p.SAMPLE, p.LINE, p.LATITUDE, p.LONGITUDE
    if p.COORDLIST is not None:
        if any(v is not None for v in single):
            raise Error("COORDLIST takes the place of SAMPLE, LINE, LATITUDE and LONGITUDE")
        return p.COORDTYPE == "GROUND", pairs(p.COORDLIST)
    if any(v is not None for v in single[2:]):
        if None in single[2:] or any(v is not None for v in single[:2]):
            raise Error("give LATITUDE and LONGITUDE, both, without SAMPLE and LINE")
        return True, np.array([single[2:]])
    middle = (where.samples + 1) / 2, (where.lines + 1) / 2
    return False, np.array([[m if v is None else v for v, m in zip(single, middle, strict=False)]])


def pairs(path):
    """Return the pairs of numbers (n, 2) of a text file, one a line; # starts a comment."""
    found = []
    for number, row in enumerate(files.rows(path, "a pair of numbers on each line"), 1):
        words = row.replace(",", " ").split()
        try:
            if words:
                first, second = map(float, words)
                found.append((first, second))
        except ValueError:
            raise Error(f"{path}, line {number}: {' '.join(words)}: expected two numbers") from None
    if not found or not np.isfinite(found).all():
        raise Error(f"{path}: expected a pair of finite numbers on each line")
    return np.array(found)


def refused(where, ground, pair):
    """Return why a pair of coordinates cannot be looked up, None where it can."""
    if ground:
        latitude = pair[0]
        return f"latitude {latitude:g} is not between -90 and 90" if abs(latitude) > 90 else None
    for word, value, size in zip(
        ("sample", "line"), pair, (where.samples, where.lines), strict=True
    ):
        if not 0.5 <= value <= size + 0.5:
            return f"{word} {value:g} lies outside the cube, 0.5 to {size + 0.5:g}"
    return None


def failed(ground, pair, reason):
    """Return the Group of a pair of coordinates that has no answer."""
    keys = ("PlanetographicLatitude", "PositiveWest360Longitude") if ground else ("Sample", "Line")
    units = [Quantity(float(v), "degrees") if ground else float(v) for v in pair]
    return Node("Group", "GroundPoint", [*zip(keys, units, strict=True), ("Error", reason)])


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    where, names = places.of(image), image.band_names()
    ground, coordinates = asked(p, where)
    images = picture.images(names)
    chosen = range(len(names)) if p.BAND is None else [picture.index(p.BAND, names)]
    if where.alike:
        bands, shown = [0], list(chosen)
    else:
        bands, shown = [images.index(b) for b in chosen if b in images], None
    if not bands:
        raise Error(f"BAND = {p.BAND}: holds no image: expected one that does")

    reasons = [refused(where, ground, pair) for pair in coordinates]
    good = np.array([i for i, reason in enumerate(reasons) if reason is None], int)
    first, second = coordinates[good].T
    if ground:
        points = ellipsoid.surface(first, second, where.radii)[0]
        found = places.at_ground(where, bands, points, p.FRAMES == "ALL")
    else:
        found = places.at_pixels(where, bands, second - 1, first - 1)
    made = {}
    for at, group in zip(good[found.index], groups(image, where, found, shown), strict=True):
        made.setdefault(int(at), []).append(group)
    for i, pair in enumerate(coordinates):
        if i not in made:
            reason = reasons[i] or (UNSEEN if ground else SKY)
            if p.COORDLIST is None:
                raise Error(f"{p.FROM}: {pair[0]:g}, {pair[1]:g}: {reason}")
            made[i] = [failed(ground, pair, reason)]
    lost = len(coordinates) * len(bands) - len({*zip(found.index, found.band, strict=True)})
    if lost:
        p.say(f"{lost} of {len(coordinates) * len(bands)} points and bands have no answer")
    anylabel.say(results.text([g for i in sorted(made) for g in made[i]], p.FORMAT), p.TO)
