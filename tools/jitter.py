"""jitter - the true start of an image, or its true attitude, from the sunlit limb.

The time a label states is off by some 20 ms, 6 pixels.  With v the pixels per second by which the
scene moves along the normal of the limb and g the pixels per km of height, an offset e of the start
and a height h of the limb displace a limb point by

    r = v e + g h                                                                          (1)

outward; where the limb comes in and where it goes out v has opposite signs, and so both are
known.  Without an attitude (ATTITUDE=SPIN) axis, rate and phase of the spin take the place of e.
kit/limbfit solves for them; the camera's constants are held.
"""

from dataclasses import replace

import numpy as np

from perijove.kit import calfile, cube, geometry, limbfit, parm, special, strip
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity
from perijove.kit.sink import pixel_type

DOUBTFUL = 0.4  # pixels rms; good images leave 0.1 to 0.25


def record(found, twist_sigma):
    """Group LimbFit of a limbfit.Fit; what was not solved is Null."""
    x, s = ([float(v) for v in a] for a in (found.x, found.x_sigma))
    height, height_sigma = ([float(v) for v in a] for a in (found.height, found.height_sigma))
    timed = len(x) == 1
    values = {
        "TimeOffset": (x[0], s[0], "ms") if timed else None,
        "SpinRate": None if timed else (x[2], s[2], "rpm"),
        "AxisOffset": None if timed else (x[:2], s[:2], "degrees"),
        "Twist": (found.geometry.camera.twist, twist_sigma, "degrees"),
        "LimbHeight": (height, height_sigma, "km"),
    }
    group = Node("Group", "LimbFit")
    for key, known in values.items():
        value, sigma, unit = known or (None, None, None)
        group.set(key, known and Quantity(value, unit))
        group.set(f"{key}Sigma", known and Quantity(sigma, unit))
    group.set("ResidualRms", Quantity(found.rms, "pixels"))
    group.set("Points", found.points)
    group.set("Method", "Limb")
    return group


def told(found):
    """The Fit in one line."""
    x, s = found.x, found.x_sigma
    first = (
        f"start {x[0]:+.2f} +- {s[0]:.2f} ms"
        if len(x) == 1
        else f"{x[2]:.4f} +- {s[2]:.4f} rpm, axis {x[0]:+.2f}, {x[1]:+.2f} degrees off the Earth"
    )
    unclear = found.tried - found.points - found.rejected
    return (
        f"{first}; limb {found.rms:.3f} pixels rms of {found.points} points, "
        f"{found.rejected} rejected, {unclear} without a clean edge"
    )


def prepared(made, p):
    """Geometry of a strip with the camera's constants, and the sigma of the twist, degrees."""
    if made.blob("Table", "Geometry") is None:
        raise Error(f"{p.FROM}: no geometry is attached: run spiceinit first")
    strip.whole(made.label, p.FROM)
    g = geometry.of_strip(made)
    if g.attitude == "NONE":
        raise Error(f"{p.FROM}: Attitude = NONE: run spiceinit with ATTITUDE = CK or SPIN")
    if "LimbFit" in made.isis:
        raise Error(f"{p.FROM}: jitter has run (Group = LimbFit): run spiceinit to start again")
    bits = made.group("Instrument").integer("SampleBits", 12)
    if bits == 8 and "Radiometry" not in made.isis:
        raise Error(f"{p.FROM}: SampleBits = 8: run decompand first")
    table = calfile.read(p.CAMERA, p)
    offsets = dict(zip(table["Band"], table.numbers("LineOffset"), strict=True))
    twist, sigma = (table.label.number(k, unit="degrees") for k in ("Twist", "TwistSigma"))
    return geometry.with_constants(g, twist, offsets), sigma


@parm.tool
def main(p):
    made = cube.read(p.FROM)
    g, twist_sigma = prepared(made, p)
    core = made.core
    if "Radiometry" not in made.isis:  # not calibrated: nobody has marked what is saturated
        core = np.where(core >= p.SATURATION, special.HIS, core)
    unknowns = limbfit.clock(core, g) if g.attitude == "CK" else limbfit.turning(core, g)

    found = limbfit.fit(core, unknowns)

    p.say(told(found))
    if found.rms > DOUBTFUL:
        p.say(f"the residual is above {DOUBTFUL} pixels: the model of the camera does not fit")
    solved = geometry.attach(made, replace(found.geometry, solved=True))
    solved.isis.append(record(found, twist_sigma))
    cube.write(p.TO, solved, p, type=pixel_type(made))
