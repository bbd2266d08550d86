"""jitter - the true start of an image, or its true attitude or pointing, from the sunlit limb.

The time a label states is off by some 20 ms, 6 pixels.  With v the pixels per second by which the
scene moves along the normal of the limb and g the pixels per km of height, an offset e of the start
and a height h of the limb displace a limb point by

    r = v e + g h                                                                          (1)

outward; where the limb comes in and where it goes out v has opposite signs, and so both are
known.  Without an attitude (ATTITUDE=SPIN) axis, rate and phase of the spin take the place of e;
of a frame, which has one epoch, the offset of its pointing (kit/limbframe eq. 1).
kit/limbfit solves for them, of one image or of many together, and for constants of the camera
where SOLVE names them; kit/fittable keeps the results.
"""

from dataclasses import replace

import numpy as np

from perijove.kit import (
    calfile,
    cube,
    files,
    geometry,
    limbimage,
    limbplot,
    parm,
    solution,
    unknowns,
)
from perijove.kit.error import Error
from perijove.kit.limbstart import NoLimb
from perijove.kit.sink import pixel_type

LEAST_SIGMA = 1e-6  # degrees, of the prior of the twist
DOUBTFUL = 0.4  # pixels rms; good images leave 0.1 to 0.25


def refuse(p):
    """Error where parameters do not go together."""
    grid, many = p.METHOD == "GRID", p.FROMLIST is not None
    alone = p.NOLIMB == "NEIGHBOUR" and not many and p.FIT is None
    for wrong, words in (
        (many and p.given("FROM"), "FROM and FROMLIST: give one of them"),
        (many and p.FIT is not None, "FROMLIST makes a table, FIT applies one: give one of them"),
        (many and grid, "METHOD = GRID takes one image, not a FROMLIST"),
        (p.given("SHARE") and not many, "SHARE is between the images of a FROMLIST"),
        (grid and (p.SOLVE or ["TIME"]) != ["TIME"], "METHOD = GRID solves TIME alone"),
        (grid and p.TIES, "METHOD = GRID takes no TIES"),
        (p.given("STEP") and not grid, "STEP is the step of METHOD = GRID"),
        (p.PLOT is not None and p.PLOT == p.TO, f"PLOT and TO are both {p.TO}"),
        (alone, "NOLIMB = NEIGHBOUR needs neighbours: a FROMLIST, or a table with FIT"),
    ):
        if wrong:
            raise Error(words)
    for name in ("SOLVE", "TIES", "METHOD", "PLOT"):
        if p.FIT is not None and p.given(name):
            raise Error(f"FIT fits nothing, it applies a table: {name} means nothing with it")
    if p.PLOT is not None:
        limbplot.pyplot()


def constants(p):
    """The table of CAMERA, and the sigma of its twist, degrees."""
    camera = calfile.read(p.CAMERA, p)
    twist_sigma = camera.label.number("TwistSigma", unit="degrees")
    if twist_sigma < LEAST_SIGMA:
        raise Error(f"{p.CAMERA}: TwistSigma = {twist_sigma:g}, expected {LEAST_SIGMA} or more")
    return camera, twist_sigma


def refuse_of_frame(image, p):
    """Error where parameters mean nothing for an Image that is a frame."""
    for wrong, words in (
        (p.METHOD == "GRID", "METHOD = GRID finds a start time"),
        (p.TIES, "TIES = YES needs several framelets"),
        (p.given("CAMERA"), "CAMERA is of strips"),
        (p.NOLIMB == "NEIGHBOUR", "NOLIMB = NEIGHBOUR: no other image knows its pointing"),
    ):
        if wrong and image.kind == "FRAME":
            raise Error(f"{words}: {image.name} is a frame, of which POINTING is solved")


def measured(image, twist_sigma, p):
    """Solution and Geometry of an Image by its own limb."""
    from perijove.kit import limbfit, limbgrid

    terms = unknowns.wanted(p.SOLVE, [image])
    try:
        if p.METHOD == "GRID":
            if image.geometry.attitude != "CK":
                raise Error("METHOD = GRID finds a start time: ATTITUDE = SPIN has none")
            ms, d, *tried = limbgrid.search(image.core(), image.geometry, p.STEP)
            made = solution.timed(image, ms, p.STEP / np.sqrt(12.0), d, twist_sigma)
            drawn, g, counts = tried, image.geometry.shift(ms / 1e3), None
        else:
            drawn = fit = limbfit.fit(image, terms, twist_sigma, p.TIES)
            made, g = solution.found(fit, twist_sigma), replace(fit.geometry, solved=True)
            counts = len(fit.r) - made.points, fit.tried - len(fit.r)
    except NoLimb as error:
        if p.NOLIMB == "ERROR":
            raise
        p.say(f"{error}: Method = None, what was to be solved is Null")
        if p.PLOT is not None:
            p.say(f"{p.PLOT}: there is nothing to plot")
        return solution.empty(image, twist_sigma), image.geometry
    p.say(solution.words(made, counts))
    if p.METHOD == "LIMB" and made.rms > DOUBTFUL:
        p.say(f"the residual is above {DOUBTFUL} pixels: the model of the camera does not fit")
    if p.PLOT is not None:
        limbplot.draw(p.PLOT, [drawn]) if p.METHOD == "LIMB" else limbplot.costs(p.PLOT, *drawn)
    return made, g


def applied(image, twist_sigma, p):
    """Solution and Geometry of an Image by the row of a table."""
    from perijove.kit import fittable

    made = fittable.of(image, p.FIT, fittable.read(p.FIT, p), p.NOLIMB, twist_sigma)
    p.say(solution.words(made))
    known = solution.complete(made)
    return made, image.pose(solution.vector(made, image)) if known else image.geometry


def together(images, twist_sigma, p):
    """The table of the Images of a FROMLIST, bytes."""
    from perijove.kit import fittable, limbfit

    terms, share = unknowns.wanted(p.SOLVE, images), set(p.SHARE) - {"NONE"}
    fits = limbfit.together(images, terms, share, twist_sigma, p.TIES)
    rows = []
    for image, fit in zip(images, fits, strict=True):
        if isinstance(fit, NoLimb) and p.NOLIMB == "ERROR":
            raise Error(f"{image.name}: {fit}")
        bad = isinstance(fit, NoLimb)
        rows.append(solution.empty(image, twist_sigma) if bad else solution.found(fit, twist_sigma))
    for n, image in enumerate(images):
        words = solution.words(rows[n])
        if isinstance(fits[n], NoLimb):
            near = solution.neighbour(image, rows) if p.NOLIMB == "NEIGHBOUR" else None
            rows[n], words = near or rows[n], f"{fits[n]}; Method = {near.method if near else None}"
        p.say(f"{image.name}: {words}")
    if p.PLOT is not None:
        limbplot.draw(p.PLOT, [fit for fit in fits if not isinstance(fit, NoLimb)])
    return fittable.text(rows, Solved=sorted(terms), Shared=sorted(share) or ["NONE"])


@parm.tool
def main(p):
    refuse(p)
    if p.FROMLIST is not None:
        images = limbimage.several(p.FROMLIST, p.SATURATION)
    else:
        made = cube.read(p.FROM)
        images = [limbimage.prepared(made, p.FROM, p.SATURATION)]
    refuse_of_frame(images[0], p)
    if images[0].kind == "FRAME":
        twist_sigma = None
        p.values["CAMERA"] = None  # History is not to tell of a table that was not read
    else:
        camera, twist_sigma = constants(p)
        images = [limbimage.in_flight(image, camera) for image in images]
    if p.FROMLIST is not None:
        found = together(images, twist_sigma, p)
        with files.output(p.TO, text=True) as stream:
            stream.write(found)
        return

    found, g = (measured if p.FIT is None else applied)(images[0], twist_sigma, p)

    solved = geometry.attach(made, g)
    solved.isis.delete("LimbFit")
    solved.isis.append(solution.group(found, g.camera.names))
    cube.write(p.TO, solved, p, type=pixel_type(made))
