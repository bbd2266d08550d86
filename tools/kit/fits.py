"""FITS images (FITS Standard 4.0): one image of several planes, read and written.

A header is of cards of 80 characters in blocks of 2880 bytes; samples are big-endian, the first
line is the southern one.  Of a simple cylindrical map the header holds the coordinates: CTYPE1 =
xxLN-CAR (xx from the target's name), CRVAL1 the west longitude of CRPIX1, CDELT1 negative where it
grows to the left, CTYPE2 = xxLT-CAR; A_RADIUS and C_RADIUS are those of Marmo et al. 2018.
"""

import textwrap

import numpy as np

from . import projection
from .error import Error, IoError
from .grid import Grid, degree

BLOCK, CARD = 2880, 80
MOST = 1e30  # no number of a header is as large
FARTHEST = 1e9  # pixels, degrees: no coordinate of a map is as large
MAGIC = b"SIMPLE  ="
KINDS = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def read(data, source):
    """Return physical values (planes, lines, samples), where there are none, and the header.

    The first image of the file that has two axes or more.
    """
    at = 0
    while at < len(data):
        header, start = _header(data, at, source)
        count = _count(header, "NAXIS", source, 0)
        axes = [_count(header, f"NAXIS{i + 1}", source) for i in range(count)]
        kind = header.get("BITPIX")
        if kind not in KINDS:
            raise Error(f"{source}: BITPIX = {kind}, expected one of {', '.join(map(str, KINDS))}")
        nbytes = abs(kind) // 8 * (int(np.prod(axes, dtype=object)) if axes else 0)
        if header.get("ZIMAGE"):
            raise Error(f"{source}: a compressed FITS image: expand it first (funpack)")
        if len(axes) >= 2 and header.get("XTENSION", "IMAGE") == "IMAGE" and nbytes:
            if len(data) < start + nbytes:
                raise IoError(f"{source}: {len(data) - start} bytes of samples, expected {nbytes}")
            raw = np.frombuffer(data, KINDS[kind], nbytes // (abs(kind) // 8), start)
            values = _physical(raw, header, source)
            found = (a.reshape(-1, axes[1], axes[0])[:, ::-1] for a in values)
            return *found, header
        more = abs(kind) // 8 * _count(header, "PCOUNT", source, 0)
        nbytes = (nbytes + more) * _count(header, "GCOUNT", source, 1)
        at = start + -(-nbytes // BLOCK) * BLOCK
    raise Error(f"{source}: no image of two axes in this FITS file")


def _header(data, at, source):
    header = {}
    while True:
        block = data[at : at + BLOCK].decode("latin-1")
        if len(block) < BLOCK:
            raise IoError(f"{source}: the FITS header has no END")
        at += BLOCK
        for i in range(0, BLOCK, CARD):
            key, card = block[i : i + 8].strip(), block[i : i + CARD]
            if key == "END":
                return header, at
            if card[8:10] == "= ":
                header.setdefault(key, _value(card[10:].strip()))


def _value(text):
    if text.startswith("'"):
        return text[1:].replace("''", "\0").partition("'")[0].replace("\0", "'").rstrip()
    word = text.partition("/")[0].strip()
    if word in ("T", "F"):
        return word == "T"
    try:
        return int(word) if word.lstrip("+-").isdigit() else float(word.replace("D", "E"))
    except ValueError:
        return word


def _count(header, key, source, default=None):
    found = header.get(key, default)
    if type(found) is not int or not 0 <= found < 1 << 31:
        raise Error(f"{source}: {key} = {found}, expected a count")
    return found


def _number(header, key, source, default):
    found = header.get(key, default)
    if type(found) not in (int, float) or not abs(found) < MOST:
        raise Error(f"{source}: {key} = {found}, expected a number")
    return found


def _physical(raw, header, source):
    """Samples times BSCALE plus BZERO, and where they are BLANK or NaN; integers stay integers."""
    scale, zero = _number(header, "BSCALE", source, 1), _number(header, "BZERO", source, 0)
    if scale == 0:
        raise Error(f"{source}: BSCALE = 0 leaves nothing of the samples")
    if type(header.get("BLANK", 0)) is not int:
        raise Error(f"{source}: BLANK = {header['BLANK']}, expected an integer")
    plain = raw.astype(raw.dtype.newbyteorder("="))
    if raw.dtype.kind == "f":
        whole = plain if (scale, zero) == (1, 0) else plain * float(scale) + float(zero)
        return whole, np.isnan(plain)
    empty = raw == header["BLANK"] if "BLANK" in header else np.zeros(raw.shape, bool)
    fits = zero == 0 or (raw.itemsize < 8 and abs(zero) < 1 << 53)  # 64 bits with what is added
    if scale == 1 and zero == int(zero) and fits:
        whole = plain.astype(np.int64) + int(zero)
        for kind in (np.uint8, np.int16, np.uint16):
            if whole.min() >= np.iinfo(kind).min and whole.max() <= np.iinfo(kind).max:
                return whole.astype(kind), empty
        return whole, empty
    return plain * float(scale) + float(zero), empty


def write(core, names, texts=(), grid=None):
    """Return the bytes of a FITS image of 32-bit reals, special samples as NaN.

    core   (planes, lines, samples);  names of the planes
    texts  for comments;  grid  of a map, or None
    """
    planes, height, width = core.shape
    cards = [("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 3), ("NAXIS1", width)]
    cards += [("NAXIS2", height), ("NAXIS3", planes)]
    cards += [(f"BAND{i + 1}", name) for i, name in enumerate(names)]
    cards += _coordinates(grid) if grid is not None else []
    lines = [f"{key:<8}= {_text(value)}" for key, value in cards]
    for text in texts:
        lines += (f"COMMENT {part}" for part in textwrap.wrap(text, CARD - 8))
    head = "".join(line.ljust(CARD)[:CARD] for line in lines)
    head = _blocks((head + "END").encode("ascii", "replace"), b" ")
    body = core[:, ::-1].astype(">f4")
    body[np.isnan(body)] = np.nan
    return head + _blocks(body.tobytes(), b"\0")


def _blocks(data, fill):
    return data.ljust(-(-len(data) // BLOCK) * BLOCK, fill)


def of_cube(cube, names, said):
    """Return the bytes of a FITS image of a cube's bands; said: texts of raster.texts."""
    try:
        grid = projection.of_cube(cube) if "Mapping" in cube.isis else None
    except Error:  # a projection that mapproj does not make: the samples are what they are
        grid = None
    return write(
        cube.core, names, [f"{key}: {said[key]}" for key in said if key != "History"], grid
    )


def _text(value):
    if isinstance(value, bool):
        return f"{'T' if value else 'F':>20}"
    if isinstance(value, str):
        return "'" + value.replace("'", "''")[:66].ljust(8) + "'"
    return f"{value!r:>20}".upper() if isinstance(value, float) else f"{value:>20}"


def _coordinates(grid):
    cards = [("OBJECT", grid.target), ("A_RADIUS", 1000 * float(grid.radii[0]))]
    cards += [("C_RADIUS", 1000 * float(grid.radii[2]))]
    if grid.projection != "SimpleCylindrical" or grid.centric:
        return cards
    body, step = (grid.target.upper() + "XX")[:2], grid.scale / grid.degree
    line, sample = grid.top / grid.scale, -grid.left / grid.scale  # of the centre, from the corner
    return cards + [
        ("CTYPE1", f"{body}LN-CAR"),
        ("CRVAL1", float(grid.clon)),
        ("CDELT1", -step),
        ("CRPIX1", sample + 0.5),
        ("CTYPE2", f"{body}LT-CAR"),
        ("CRVAL2", 0.0),
        ("CDELT2", step),
        ("CRPIX2", grid.lines - line + 0.5),
    ]


def place(header, lines, samples, radii=None):
    """Return the Grid of a header, None where it tells of no simple cylindrical map.

    radii  (3,) km, where it has none
    """
    keys = ("CRVAL1", "CDELT1", "CRPIX1", "CRVAL2", "CDELT2", "CRPIX2")
    told = [header.get(key) for key in keys]
    if not all(type(value) in (int, float) and abs(value) < FARTHEST for value in told):
        return None
    lon, dlon, i, lat, dlat, j = map(float, told)
    kinds = [str(header.get(f"CTYPE{n}", "")) for n in (1, 2)]
    if kinds[0][2:] != "LN-CAR" or kinds[1][2:] != "LT-CAR" or lat != 0:
        return None
    if not dlat > 0 or abs(abs(dlon) / dlat - 1) > 1e-9:
        return None
    a, c = (header.get(key) for key in ("A_RADIUS", "C_RADIUS"))
    if type(a) in (int, float) and type(c) in (int, float) and MOST > a >= c > 0:
        radii = (a / 1000, a / 1000, c / 1000)
    if radii is None:
        return None
    scale = dlat * degree("SimpleCylindrical", radii)
    west = lon if dlon < 0 else -lon
    return Grid(
        projection="SimpleCylindrical",
        target=str(header.get("OBJECT", "")),
        radii=radii,
        clat=0.0,
        clon=west % 360.0,
        scale=scale,
        left=-(i - 0.5) * scale,
        top=(lines - (j - 0.5)) * scale,
        lines=lines,
        samples=samples,
        minlat=-90.0,
        maxlat=90.0,
        minlon=0.0,
        maxlon=360.0,
    ).held()
