"""photom - remove the darkening towards limb and terminator.

    F(b, l, s) = v(b, l, s) / f(mu0, mu)                                       (1)

v is the cube, mu0 and mu the cosines of incidence and emission where the sample looks, f the
law of MODEL (kit/photometry): F is what the surface would show lit and seen straight down.
The angles stand in bands INCIDENCE and EMISSION of the cube, or are computed from its geometry:
on a strip for every frame from where it was, on pictures and maps from where the spacecraft was
at mid-time.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from perijove.kit import backplanes, cube, parm, photometry, places, special
from perijove.kit.error import Error
from perijove.kit.label import Quantity

CELLS = 1 << 18  # samples worked on together
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


def by_bands(found):
    """Return the angles function of `correct` from the backplanes of a cube."""

    def of(lines):
        cosines = [np.cos(np.radians(found[k][lines])) for k in ("INCIDENCE", "EMISSION")]
        return lambda band: cosines

    return of


def by_geometry(where):
    """Return the angles function of `correct` from Places."""

    def of(lines):
        def cosines(band):
            line = np.arange(lines.start, lines.stop)[:, None]
            f, p = where.ground(band, line, np.arange(where.samples))
            return where.g.angles(f, p)

        if not where.alike:
            return cosines
        shared = cosines(0)
        return lambda band: shared

    return of


def correct(core, bands, angles, chosen, least, step, threads=1):
    """Return a cube's samples with the darkening of its image bands removed, eq. (1).

    core    (bands, lines, samples), special pixels as NaN; bands not among `bands` are copied
    bands   indices of the image bands
    angles  function of a slice of lines, giving a function of which of the image bands: mu0, mu
    chosen  law of each of the image bands
    least   (mu0, mu): what is lit or seen under less becomes Null
    step    lines worked on together;  threads  workers: any number gives the same
    """
    out = core.copy()

    def work(top):
        lines = slice(top, min(top + step, core.shape[1]))
        used = [b for b, band in enumerate(bands) if (special.kinds(core[band, lines]) != 1).any()]
        cosines = angles(lines) if used else None
        for b in used:
            v = core[bands[b], lines]
            out[bands[b], lines] = photometry.corrected(v, *cosines(b), chosen[b], least)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(0, core.shape[1], step)))
    return out


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
    step = max(1, CELLS // image.core.shape[2])
    if {"INCIDENCE", "EMISSION"} <= set(found):
        angles, origin = by_bands(found), "Bands"
    else:
        where = places.of(image)
        if where.g is None:
            raise Error(f"{source}: no bands INCIDENCE and EMISSION, and no geometry is attached")
        angles, origin = by_geometry(where), "Geometry"
        step = where.g.camera.lines if len(where.g) > 1 else step

    limits = p.MAXINCIDENCE, p.MAXEMISSION
    core = correct(image.core, bands, angles, chosen, np.cos(np.radians(limits)), step, p.jobs)

    label = image.label.copy()
    group = label.object("IsisCube").group("Photometry")
    group.update(Model=p.MODEL, **parameters, Angles=origin)
    for key, value in zip(("MaximumIncidence", "MaximumEmission"), limits, strict=True):
        group.set(key, Quantity(value, "degrees"))
    p.say(f"{100 * np.mean(~np.isnan(core[bands])):.1f} % of the samples within the limits")
    cube.write(p.TO, image.replace(core=core, label=label), p)
