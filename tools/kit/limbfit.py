"""Attitudes, start times or pointings from the limb: of one image, of many together.

An image alone is started from what it shows (`limbstart`) and refined in ever narrower windows
about the limb (`bundle`).  Where no label tells the readout window of its methane band, each that
is known of another image is tried; one that fits clearly better than the kernel's is refined with
the rest.  Images together start from what each found alone.
"""

from dataclasses import replace

import numpy as np

from . import fitimage, limbframe, limbstart, unknowns
from .bundle import Fit, rounds
from .geometry import with_constants
from .limbstart import NoLimb
from .spin import Spin

__all__ = ["Fit", "NoLimb", "fit", "together"]

WINDOWS = {  # px about the limb, by round
    "CK": (8.0, 4.0, 4.0),
    "SPIN": (30.0, 8.0, 4.0, 4.0),
    "FRAME": (12.0, 6.0, 4.0, 4.0),
}
AGAIN = (8.0, 4.0, 4.0)  # px, once each image has been solved alone
CAMERA = {"TWIST", "LINEOFFSET"}  # what is held until images or ties help
BETTER = 0.7  # of the misfit of the kernel's window: another that has less is believed
READOUTS = (315.48, 420.0)  # lines of the axis, METHANE: the kernel's, JNCE_2022186_43M00081's


def fit(image, terms, twist_sigma=np.inf, tie=False):
    """The Fit of one Image; NoLimb where it shows no sunlit limb.

    terms        what is solved, as `unknowns.wanted` gives it
    twist_sigma  degrees, of the prior of the twist
    tie          tie the colours of the image as well
    """
    asked = "METHANE" in terms and image.methane is not None
    first = terms - {"METHANE"} - (CAMERA if tie else set())
    found, none = [], None
    for candidate in _readouts(image, asked):
        try:
            found.append(_alone(candidate, first, twist_sigma))
        except NoLimb as error:
            none = none or error
    if not found:
        raise none
    best, kernel = min(found, key=_misfit), found[0]
    if not asked and kernel.image is image and _misfit(best) > BETTER * _misfit(kernel):
        best = kernel
    image = replace(image, readout=asked or best.image is not image)
    if not image.readout and not tie:
        return best
    made = unknowns.arranged([image], [best.u], [best.about], terms, (), twist_sigma)
    return rounds([image], made, [best.about], AGAIN[1:], tie)[0]


def together(images, terms, share, twist_sigma=np.inf, tie=False):
    """Per image its Fit, or the NoLimb that says why it has none.

    share  what the images of a pass have in common: AXIS, RATE, HEIGHT; the rest as in `fit`
    """
    series, first = fitimage.passes(images), {}
    earth = {number: images[series.index(number)].geometry.earth for number in series}
    out = list(images)
    for i, image in enumerate(images):  # the axis of a pass is counted from one direction
        image = replace(image, geometry=replace(image.geometry, earth=earth[series[i]]))
        try:
            first[i] = fit(image, terms - CAMERA)
        except NoLimb as error:
            out[i] = error
    while first:
        fits = list(first.values())
        about = _expected(fits, [series[i] for i in first])
        chosen = [f.image for f in fits]
        made = unknowns.arranged(chosen, [f.u for f in fits], about, terms, share, twist_sigma)
        try:
            solved = rounds(chosen, made, about, AGAIN, tie)
        except NoLimb as error:  # of one image, which the others cannot help
            i = list(first)[error.index]
            out[i] = error
            del first[i]
            continue
        for i, found in zip(first, solved, strict=True):
            out[i] = _counted(found, images[i])
        break
    return out


def _misfit(fit):
    """px rms of the limb, the larger the fewer of the points looked for were kept."""
    return fit.rms * fit.tried / fit.kept.sum()


def _readouts(image, asked):
    """The image as it is; and where METHANE's window is asked for or in doubt, at READOUTS."""
    yield image
    g, band = image.geometry, image.methane
    if band is None or not (asked or g.camera.offsets[band] == 0):
        return
    for line in READOUTS:
        move = line / image.summing - g.camera.cy[band]
        if abs(move) > 1e-6:
            offsets = g.camera.offsets.copy()
            offsets[band] += move
            yield replace(image, geometry=with_constants(g, g.camera.twist, offsets))


def _alone(image, terms, twist_sigma):
    """The Fit of one image from nothing, METHANE held."""
    first, about = image.held, image.held
    core, g = image.core(), image.geometry
    if image.kind == "FRAME" and "POINTING" in terms:
        first[:2] = limbframe.pointing(core, g)
    elif image.kind == "SPIN":
        start, about[:3] = limbstart.turning(core, g)
        free = [k in terms for k in ("AXIS", "AXIS", "RATE")]
        first[:4] = *np.where(free, start[:3], about[:3]), start[3]
    elif "TIME" in terms:
        first[0] = limbstart.clock(core, g)
    made = unknowns.arranged([image], [first], [about], terms, (), twist_sigma)
    return rounds([image], made, [about], WINDOWS[image.kind])[0]


def _expected(fits, series):
    """Per image the u about which the priors stand: of a pass, the axis that most images took."""
    about = [f.about.copy() for f in fits]
    spun = [i for i, f in enumerate(fits) if f.geometry.attitude == "SPIN"]
    for number in set(series):
        mine = [i for i in spun if series[i] == number]
        votes = [tuple(np.round(about[i][:2], 1)) for i in mine]
        for i in mine:
            best = max(votes, key=votes.count)  # the first of the most
            about[i][:3] = fits[mine[votes.index(best)]].about[:3]
    return about


def _counted(found, image):
    """The Fit with the Earth's direction of its own image, and its axis counted from there."""
    g, u = image.geometry, found.u.copy()
    if g.attitude == "SPIN":
        u[:2] = Spin(g).offset(Spin(found.image.geometry).axis(*u[:2]))
    return replace(found, image=image, geometry=replace(found.geometry, earth=g.earth), u=u)
