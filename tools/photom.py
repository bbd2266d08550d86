"""photom - remove the darkening towards limb and terminator.

    F(b, l, s) = v(b, l, s) / f(mu0, mu)                                       (1)

v is the cube, mu0 and mu the cosines of incidence and emission where the sample looks, f the
law of MODEL (kit/photometry): F is what the surface would show lit and seen straight down.
The angles stand in bands INCIDENCE and EMISSION of the cube, or are computed from its geometry:
on a strip for every frame from where it was, on pictures and maps from where the spacecraft was
at mid-time (kit/cosines).  Samples are corrected tile by tile, where they lie.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from perijove.kit import backplanes, cosines, cube, parm, photometry, places, smooth, special
from perijove.kit.error import Error
from perijove.kit.label import Quantity

PARAMETER = {"MINNAERT": "k", "LUNARLAMBERT": "l"}


def laws(model, k, l, bands, source):  # noqa: E741
    """Return the law of each of some bands, a function of mu0 and mu, and {"K": [...]} of them.

    k, l  lists of one number, or of one per band
    """
    name = PARAMETER.get(model)
    if name is None:
        return [photometry.LAWS[model]] * bands, {}
    values = {"k": k, "l": l}[name]
    if len(values) not in (1, bands):
        raise Error(
            f"{source}: {name.upper()} has {len(values)} values, expected one, or one for each of "
            f"the {bands} image bands"
        )
    values = values * bands if len(values) == 1 else values
    made = [functools.partial(photometry.LAWS[model], **{name: v}) for v in values]
    return made, {name.upper(): values}


def empty(v):
    """Return True where every sample is Null."""
    null = np.array(special.NULL, v.dtype).view(f"u{v.itemsize}")
    return bool((v.view(null.dtype) == null).all())


def correct(core, bands, windows, angles, chosen, least, threads=1):
    """Remove the darkening from the image bands of a cube, in place, eq. (1); return how many
    samples are valid then.

    core     (bands, lines, samples), special pixels as NaN; bands not among `bands` stay
    bands    indices of the image bands
    windows  (which of the image bands, lines) that are seen at once: see `Places.windows`
    angles   function of tiles that gives their cosines: see `cosines`
    chosen   law of each of the image bands
    least    (mu0, mu): what is lit or seen under less becomes Null
    threads  workers: any number gives the same
    """

    def parts(window, lines, samples):
        used, whole = windows[window]
        for b in used:
            v = core[bands[b], whole][lines, samples]
            if not empty(v):
                yield b, v

    def filled(corners):
        size = smooth.SIZES[0]
        return [any(parts(w, slice(i, i + size), slice(j, j + size))) for w, i, j in corners]

    def work(corners):
        count = 0
        for *tile, seen in angles(corners):
            for b, v in parts(*tile):
                if seen is None:
                    v[...] = special.NULL
                else:
                    v[...] = photometry.corrected(v, *seen, chosen[b], least)
                    count += np.count_nonzero(v == v)
        return count

    _, lines = windows[0]
    corners = smooth.corners(len(windows), (lines.stop - lines.start, core.shape[2]))
    with ThreadPoolExecutor(threads) as pool:
        some = np.concatenate(list(pool.map(filled, smooth.chunks(corners))))
        return sum(pool.map(work, smooth.chunks(corners[some])))


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    source = image.source
    if image.isis.nodes("Photometry"):
        raise Error(f"{source}: has a Group Photometry: its limb darkening is removed already")
    for name, values in (("K", p.K), ("L", p.L)):
        if p.given(name) and PARAMETER.get(p.MODEL) != name.lower():
            raise Error(f"{name} = {values}: no parameter of MODEL = {p.MODEL}")
    bands, found = backplanes.split(image)
    chosen, parameters = laws(p.MODEL, p.K, p.L, len(bands), source)
    limits = p.MAXINCIDENCE, p.MAXEMISSION
    least = np.cos(np.radians(limits))
    if {"INCIDENCE", "EMISSION"} <= set(found):
        angles, origin = cosines.of_bands(found), "Bands"
        windows = [(range(len(bands)), slice(0, image.core.shape[1]))]
    else:
        where = places.of(image)
        if where.g is None:
            raise Error(f"{source}: no bands INCIDENCE and EMISSION, and no geometry is attached")
        angles, origin = cosines.of_places(where, least), "Geometry"
        windows = where.windows(len(bands))

    valid = correct(image.core, bands, windows, angles, chosen, least, p.jobs)

    label = image.label.copy()
    group = label.object("IsisCube").group("Photometry")
    group.update(Model=p.MODEL, **parameters, Angles=origin)
    for key, value in zip(("MaximumIncidence", "MaximumEmission"), limits, strict=True):
        group.set(key, Quantity(value, "degrees"))
    share = 100 * valid / (len(bands) * image.core[0].size)
    p.say(f"{share:.1f} % of the samples within the limits")
    cube.write(p.TO, image.replace(label=label), p)
