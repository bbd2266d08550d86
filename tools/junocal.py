"""junocal - DN to I/F, band by band.

A decompanded strip is calibrated by kit/calibrate eq. (1): the middle of the companding bin, less
bias, known hot pixels (HOTLIST) and BACKGROUND, over the flat field and the DN of a surface of
I/F = 1, which the tables and the label give (kit/radiometry).

DN12 at or above SATURATION is His before anything is subtracted; columns that see no light
and pixels of MASK are Null.  A reduced product (SampleBits = 16) is I/F = DN/10000
(JunoCam SIS 1.3, 4.3.1.3); FLAT and MASK apply, nothing else.  HOTPIXELS (kit/spikes) and STRAY
(kit/stray) take samples out; with these or BACKGROUND the cube is held, else it is streamed.
"""

import os

import numpy as np

from perijove.kit import calfile, cube, parm, planes, radiometry, special, spikes, stream
from perijove.kit.artefacts import Search
from perijove.kit.calibrate import Strip
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity
from perijove.kit.strip import whole
from perijove.kit.units import AU, SUN

RDR = 10000.0  # DN of I/F = 1 in a reduced product
FEW = 1 / 32  # of the pixels: so many may differ from the rest and be looked after one by one
DN_ONLY = (  # parameters that a reduced product has no use for
    *("BIAS", "DARK", "DARKSCALE", "EXPOSURE", "SOLARDISTANCE", "ORBIT", "HOTLIST"),
    *("BACKGROUND", "HOTPIXELS", "HOTSIGMA", "STRAY", "STRAYFILTERS"),
)


def strip(p, label):
    """Return the Strip of a cube's label, its constants recorded in Group Radiometry."""
    instrument = cube.group(label, "Instrument", p.FROM)
    if label.object("IsisCube").nodes("Radiometry"):
        raise Error(f"{p.FROM}: already calibrated (the label has a Group = Radiometry)")
    bits = instrument.integer("SampleBits")
    if bits == 8:
        raise Error(f"{p.FROM}: SampleBits = 8: run decompand first")
    if bits not in (12, 16):
        raise Error(f"{p.FROM}: SampleBits = {bits}, expected 12 (decompanded) or 16 (reduced)")
    stages = instrument.integer("TDICount", default=1)
    if stages < 1:
        raise Error(f"{p.FROM}: TDICount = {stages}, expected 1 or more")
    layout = whole(label, p.FROM)
    group = Node("Group", "Radiometry", [("Units", "I/F")])
    made = (_decompanded if bits == 12 else _reduced)(p, label, instrument, layout, group)
    for name, paths in (("Dark", p.DARK), ("Flat", p.FLAT or p.GAIN), ("Mask", p.MASK)):
        files = [os.path.basename(p.use(path)) for path in paths or ()]
        group.set(name, files if len(files) > 1 else files[0] if files else None)
    label.object("IsisCube").append(group)
    if p.FLAT and p.GAIN:
        raise Error("FLAT and GAIN exclude each other: a gain is the inverse of a flat")
    for name, of in (("DARKSCALE", p.DARK), ("MASKBAD", p.MASK)):
        if p.given(name) and not of:
            raise Error(f"{name} is given without {name[:4]}")
    made |= _planes(p, layout, stages, bits, made["bias"])
    return Strip(layout=layout, stages=stages, **made)


def _planes(p, layout, stages, bits, bias):
    """Return what tables and detector images change in a Strip, {field: array}."""
    made, flat = {"bias": bias}, p.FLAT or p.GAIN
    if p.DARK:
        frame = planes.dark(planes.read(p.DARK, layout), p.DARKSCALE, ", ".join(p.DARK))
        made["bias"] = frame
        middle = np.median(frame[..., layout.first : layout.last], axis=(1, 2))
        told = (f"{name} {dn:.2f}" for name, dn in zip(layout.names, middle, strict=True))
        p.say(f"dark frame: {', '.join(told)} DN in the median")
    if bits == 12 and p.HOTLIST != "NONE" and (not p.DARK or p.given("HOTLIST")):
        table = calfile.read(p.HOTLIST, p)
        made["bias"] += radiometry.excess(table, layout, stages, p.ORBIT)
    if bits == 12 and p.BLEMISHES != "NONE" and (not flat or p.given("BLEMISHES")):
        made["flat"] = radiometry.responses(calfile.read(p.BLEMISHES, p), layout, stages)
    if flat:
        plane = planes.normalise(planes.read(flat, layout), layout, ", ".join(flat), bool(p.GAIN))
        made["flat"] = plane * made.get("flat", 1)
    if p.MASK:
        made["mask"] = planes.bad(planes.read(p.MASK, layout), p.MASKBAD, ", ".join(p.MASK))
    return made


def _decompanded(p, label, instrument, layout, group):
    """Return what a decompanded EDR needs, {field of Strip: value}."""
    names = layout.names
    bands = radiometry.bands(calfile.read(p.BANDS, p), names)
    exposure, distance, orbit = _circumstances(p, label, instrument)
    k = [radiometry.dn_per_if(band, exposure / 1e3, distance, orbit) for band in bands]
    if p.DARK and p.given("BIAS"):
        raise Error("DARK and BIAS exclude each other: a dark frame holds the bias")
    bias = p.resolve("BIAS", table=[band["BIAS"] for band in bands])
    bias = bias * len(names) if len(bias) == 1 else bias
    if len(bias) != len(names):
        raise Error(
            f"BIAS has {len(bias)} values, expected one or {len(names)} ({', '.join(names)})"
        )
    bins = None
    if p.BINCENTER:
        mode = instrument.text("SampleBitMode")
        dn12 = radiometry.decompanding(mode, radiometry.companding(calfile.read(p.COMPAND, p)))
        bins = dn12, radiometry.centres(mode, dn12)
    quality = radiometry.quality(calfile.read("juno/epochs.sav", p), orbit)
    if quality != "nominal":
        p.say(f"orbit {orbit}: {quality}: its background and saturation may not be nominal")
    ages = [radiometry.ageing(band, orbit) for band in bands]
    group.update(
        DnPerUnit=Quantity([_six(v) for v in k], "DN"),
        ExposureDuration=Quantity(exposure, "ms"),
        SolarDistance=Quantity(_six(distance), "AU"),
        OrbitNumber=orbit,
        Quality=quality,
        Response=Quantity([band["RESPONSE"] for band in bands], "DN/s/(W/m**2/sr)"),
        Throughput=[_six(v) for v in ages],
        SolarIrradiance=Quantity([band["SOLAR"] for band in bands], "W/m**2/nm"),
        EffectiveWidth=Quantity([band["WIDTH"] for band in bands], "nm"),
        Bias=None if p.DARK else Quantity(bias, "DN"),
        BinCenter=p.BINCENTER,
        Saturation=Quantity(p.SATURATION, "DN"),
        AbsoluteUncertainty=Quantity([band["ABSOLUTE"] for band in bands], "percent"),
        RelativeUncertainty=Quantity([band["RELATIVE"] for band in bands], "percent"),
    )
    plane = np.zeros((len(names), layout.lines, layout.samples), np.float32)
    plane[..., layout.first : layout.last] = np.array(bias)[:, None, None]
    return dict(k=np.array(k), bias=plane, bins=bins, saturation=p.SATURATION)


def _circumstances(p, label, instrument):
    """Return exposure (ms), distance from the Sun (AU) and orbit by parameter, else label."""
    exposure = p.resolve(
        "EXPOSURE", label=instrument.number("ExposureDuration", "ms", default=None)
    )
    distance = p.resolve("SOLARDISTANCE", label=radiometry.sun_distance(instrument))
    archive = label.object("IsisCube").group("Archive")
    orbit = p.resolve("ORBIT", label=archive.integer("OrbitNumber", default=None))
    for name, value, least in (
        ("EXPOSURE", exposure, 1e-3),
        ("SOLARDISTANCE", distance, SUN),  # 5.2 is not meant to be km
        ("ORBIT", orbit, -np.inf),
    ):
        if value is None or not least < value < 1e12:
            found = "is not in the label" if value is None else f"= {value}"
            raise Error(f"{p.FROM}: {name} {found}: give {name}")
    stages = instrument.integer("TDICount", default=None)
    if stages and not p.given("EXPOSURE") and abs(exposure - stages * radiometry.STAGE) > 0.05:
        p.say(
            f"ExposureDuration = {exposure:g} ms is not TDICount = {stages} x {radiometry.STAGE} ms"
        )
    return exposure, distance / AU, orbit


def _reduced(p, label, instrument, layout, group):
    """Return what a reduced product (RDR) needs: its DN are I/F already."""
    for name in DN_ONLY:
        if p.given(name):
            raise Error(f"{p.FROM}: SampleBits = 16: {name} does not apply to a reduced product")
    p.say(f"{p.FROM}: SampleBits = 16: a reduced product, I/F = DN/10000")
    nb = len(layout.names)
    group.set("DnPerUnit", Quantity([RDR] * nb, "DN"))
    bias = np.zeros((nb, layout.lines, layout.samples), np.float32)
    return dict(k=np.full(nb, RDR), bias=bias)


def _six(value):
    return float(f"{value:.6g}")


def flow(p):
    """Calibrate a cube block by block; return its filters and their saturated samples."""
    made = []

    def edit(label):
        made.append(strip(p, label))

    def late():
        strip = made[0]
        if strip.odd.mean() < FEW:
            how = dict(most=strip.most, spots=strip.spots)
        else:
            how = dict(func=strip.placed)
        return dict(values=lambda dn, band: strip.middle(dn), **how)

    found = stream.run(p, edit, type="Real", count=special.HIS, late=late)
    return made[0].layout.names, found.values()


def hold(p, search):
    """Calibrate a cube in memory as a Search asks; return as flow does."""
    image = cube.read(p.FROM)
    label = image.label.copy()
    made = strip(p, label)
    names = made.layout.names
    if search.stray is not None and not set(search.filters) & {name.upper() for name in names}:
        wanted, there = ", ".join(search.filters), ", ".join(names)
        raise Error(f"{p.FROM}: STRAY is for {wanted}, the strip has {there}: see STRAYFILTERS")
    frames = image.core.shape[1] // made.layout.lines
    if search.hot != "NONE" and frames < spikes.FEWEST:
        p.say(f"{frames} frames, hot pixels need {spikes.FEWEST}: hits alone are looked for")
    core, found = zip(
        *(made.searched(dn, band, search) for band, dn in enumerate(image.core)), strict=True
    )
    for key in dict.fromkeys(key for of in found for key in of):
        values = [of.get(key) for of in found]
        unit = "DN" if any(isinstance(value, float) for value in values) else None
        cube.group(label, "Radiometry").set(key, Quantity(values, unit) if unit else values)
        told = (f"{n} {v}" for n, v in zip(names, values, strict=True) if v is not None)
        p.say(f"{key}: {', '.join(told)} {unit or ''}".rstrip())
    cube.write(p.TO, image.replace(core=np.stack(core), label=label), p)
    return names, [_saturated(out) for out in core]


def _saturated(out):
    return np.count_nonzero(out.view(np.uint32) == special.HIS.view(np.uint32))


@parm.tool
def main(p):
    filters = [name.upper() for name in p.STRAYFILTERS]
    search = Search(p.BACKGROUND, p.HOTPIXELS, p.HOTSIGMA, p.STRAY, filters)
    names, saturated = hold(p, search) if search else flow(p)
    counts = (f"{name} {n}" for name, n in zip(names, saturated, strict=True))
    p.say("saturated: " + ", ".join(counts))
