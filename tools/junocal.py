"""junocal - DN to I/F, band by band.

    I/F = (DN12 - (s - 1)/2 - B) / (F K_b)                                     (1)

DN12  decompanded sample;  s  width of its companding bin, whose top (SQROOT) it is: junocal
takes the middle of the bin, kit/radiometry.centres;  B  bias left by the camera, DN;  F  flat
field, median 1 over the photoactive columns, or the response of the pixels in BLEMISHES;
K_b  DN of a surface of I/F = 1 in band b, kit/radiometry eq. (4): exposure, throughput,
response, solar irradiance and distance.

DN12 at or above SATURATION is His before anything is subtracted; columns that see no light
and pixels of MASK are Null.  A reduced product (SampleBits = 16) is I/F = DN/10000
(JunoCam SIS 1.3, 4.3.1.3); FLAT and MASK apply, nothing else.
"""

import dataclasses
import os

import numpy as np

from perijove.kit import calfile, cube, parm, planes, radiometry, special, stream
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity
from perijove.kit.strip import Layout, whole

RDR = 10000.0  # DN of I/F = 1 in a reduced product


@dataclasses.dataclass
class Strip:
    """What eq. (1) needs of a strip of nb bands with framelets of h lines and n samples (layout).

    k           (nb,) DN of I/F = 1
    bias        (nb, 1, 1) or (nb, h, n) DN
    flat, mask  (nb, h, n) or None: relative response, and True where a pixel is bad
    bins        DN12 of a companding table and the middles of its bins, or None
    saturation  DN12 from which on a sample is His
    """

    k: np.ndarray
    bias: np.ndarray
    layout: Layout
    saturation: float = np.inf
    bins: tuple = None
    flat: np.ndarray = None
    mask: np.ndarray = None

    def calibrate(self, dn, band, line=0):
        """Return I/F, float32, of whole lines dn (lines, samples) of a band, the first being line.

        Special pixels keep their kind; saturated samples are His, dark and bad ones Null.
        """
        rows = np.arange(line, line + len(dn)) % self.layout.lines
        full = dn >= self.saturation
        out = np.interp(dn, *self.bins).astype(np.float32) if self.bins else dn.copy()
        bias = self.bias[band]
        out -= bias[rows] if bias.size > 1 else bias
        if self.flat is not None:
            out /= self.flat[band, rows]
        out /= self.k[band]
        out[full] = special.HIS
        if self.flat is not None:
            out[np.isnan(self.flat[band, rows])] = special.NULL
        out = special.restore(out, dn)
        if self.mask is not None:
            out[self.mask[band, rows]] = special.NULL
        out[:, : self.layout.first] = out[:, self.layout.last :] = special.NULL
        return out


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
    layout = whole(label, p.FROM)
    group = Node("Group", "Radiometry", [("Units", "I/F")])
    made = (_decompanded if bits == 12 else _reduced)(p, label, instrument, layout.names, group)
    for name, path in (("Dark", p.DARK), ("Flat", p.FLAT), ("Mask", p.MASK)):
        group.set(name, path and os.path.basename(path))
    label.object("IsisCube").append(group)
    if p.DARK:
        made["bias"] = planes.read(p.use(p.DARK), layout)
    if bits == 12 and p.BLEMISHES != "NONE" and (not p.FLAT or p.given("BLEMISHES")):
        made["flat"] = radiometry.responses(
            calfile.read(p.BLEMISHES, p), layout, instrument.integer("TDICount", default=1)
        )
    if p.FLAT:
        flat = planes.normalise(planes.read(p.use(p.FLAT), layout), layout, p.FLAT)
        made["flat"] = flat * made.get("flat", 1)
    if p.MASK:
        made["mask"] = planes.bad(planes.read(p.use(p.MASK), layout), p.MASK)
    return Strip(layout=layout, **made)


def _decompanded(p, label, instrument, names, group):
    """Return what a decompanded EDR needs, {field of Strip: value}."""
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
    ages = [radiometry.ageing(band, orbit) for band in bands]
    group.update(
        DnPerUnit=Quantity([_six(v) for v in k], "DN"),
        ExposureDuration=Quantity(exposure, "ms"),
        SolarDistance=Quantity(_six(distance), "AU"),
        OrbitNumber=orbit,
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
    bias = np.array(bias, float)[:, None, None]
    return dict(k=np.array(k), bias=bias, bins=bins, saturation=p.SATURATION)


def _circumstances(p, label, instrument):
    """Return exposure (ms), distance from the Sun (AU) and orbit by parameter, else label."""
    exposure = p.resolve(
        "EXPOSURE", label=instrument.number("ExposureDuration", "ms", default=None)
    )
    distance = p.resolve("SOLARDISTANCE", label=radiometry.sun_distance(instrument))
    archive = label.object("IsisCube").group("Archive")
    orbit = p.resolve("ORBIT", label=archive.integer("OrbitNumber", default=None))
    for name, value in (("EXPOSURE", exposure), ("SOLARDISTANCE", distance), ("ORBIT", orbit)):
        if value is None or not (0 < value < 1e12 or name == "ORBIT"):
            found = "is not in the label" if value is None else f"= {value}"
            raise Error(f"{p.FROM}: {name} {found}: give {name}")
    stages = instrument.integer("TDICount", default=None)
    if stages and not p.given("EXPOSURE") and abs(exposure - stages * radiometry.STAGE) > 0.05:
        p.say(
            f"ExposureDuration = {exposure:g} ms is not TDICount = {stages} x {radiometry.STAGE} ms"
        )
    return exposure, distance / radiometry.AU, orbit


def _reduced(p, label, instrument, names, group):
    """Return what a reduced product (RDR) needs: its DN are I/F already."""
    for name in ("BIAS", "DARK", "EXPOSURE", "SOLARDISTANCE", "ORBIT"):
        if p.given(name):
            raise Error(f"{p.FROM}: SampleBits = 16: {name} does not apply to a reduced product")
    p.say(f"{p.FROM}: SampleBits = 16: a reduced product, I/F = DN/10000")
    group.set("DnPerUnit", Quantity([RDR] * len(names), "DN"))
    return dict(k=np.full(len(names), RDR), bias=np.zeros((len(names), 1, 1)))


def _six(value):
    return float(f"{value:.6g}")


@parm.tool
def main(p):
    made, saturated = [], {}

    def edit(label):
        made.append(strip(p, label))

    def calibrate(block, band, line):
        out = made[0].calibrate(block, band, line)
        saturated[band] = saturated.get(band, 0) + int((special.kinds(out) == 4).sum())
        return out

    stream.run(p, edit, calibrate, type="Real")
    names = made[0].layout.names
    p.say("saturated: " + ", ".join(f"{names[band]} {n}" for band, n in saturated.items()))
