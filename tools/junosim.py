"""junosim - photograph a simulated Jupiter: kernels, a raw JunoCam product, and the truth.

A scene (kit/scene) is seen from a passage (kit/simkernels) with the exact geometry of the
kernels, and goes through the camera the way junocal undoes it:

    et(f) = START + e + BIAS + f (INTERFRAME + DELTA)                          (1)
    DN    = K I/F + B + E                                                      (2)
    var   = DN / g + r^2                                                       (3)
    code  = the first whose DN12 is not below the DN                           (4)

START as the label tells it, e the jitter that it does not tell, BIAS and DELTA of the instrument
kernel; K the DN of a surface of I/F = 1, B the bias left on board and E the DN of known hot pixels
(kit/radiometry); g electrons per DN and r the read noise (MSSS-JUNOCAM-DOC-0102, 5.3); DN12 the
companding table.
"""

import os
import tempfile
from dataclasses import replace

import numpy as np

from perijove.kit import calfile, cube, files, parm, radiometry
from perijove.kit.error import Error, IoError
from perijove.kit.strip import Layout
from perijove.kit.units import AU

LINES, SAMPLES = 128, radiometry.SAMPLES  # of a framelet
ELECTRONS, READ = 16.3, 1.02  # per DN; DN
FULL = 2400.0  # DN at which pixels pile up: 2370 to 2430 in the images of perijove 43
JITTER = 20.0  # ms, "of order 20 msec" (juno_junocam_v03.ti, Timing)
PSF = 0.7  # px, sigma
NUMBER = 90000, 95000  # of the product with SEED = 0, in colour and of METHANE alone


def expose(
    radiance, dn_per_if, bias, dn12, rng=None, summing=1, mode="SQROOT", read=READ, full=FULL
):
    """8-bit codes of I/F, eqs. (2) to (4).

    radiance   I/F, any shape
    dn_per_if  K, DN;  bias  B, DN, one or of that shape
    dn12       (256,) the companding table, DN
    rng        np.random.Generator of the noise; None: no noise
    summing    so many lines and samples become one, their mean;  mode  of companding
    read       r, DN;  full  DN at which pixels pile up
    """
    from perijove.kit import product

    dn = np.asarray(radiance, np.float32) * np.float32(dn_per_if) + np.float32(bias)
    if rng is not None:
        deviation = np.sqrt(np.maximum(dn, 0) / ELECTRONS + read**2)
        dn = dn + deviation * rng.standard_normal(dn.shape, dtype=np.float32)
    dn = np.clip(dn, 0, full)
    dn = product.summed(dn, summing) if summing > 1 else dn
    codes = product.companded(np.arange(full + 1), mode, dn12)  # of every DN there is
    return codes[np.rint(dn).astype(np.int16)]


def observe(p, bands, delay, flyby, rng):
    """The Geometry as it truly was, and the START (UTC, to 1 ms) and e (s) of eq. (1).

    Kernels are loaded.  The middle of the image is when the boresight passes the nadir.
    """
    import spiceypy as sp

    from perijove.kit import geometry, kernels

    drawn = rng.normal(0.0, JITTER)  # drawn always: the noise shall not depend on JITTER
    jitter = (drawn if p.JITTER is None else p.JITTER) / 1e3
    wanted = flyby.outbound(p.ALTITUDE) if p.MINUTES is None else flyby.perijove + 60 * p.MINUTES
    codes = [int(band["NAIFIKCODE"]) for band in bands]
    names = [band["FILTER"] for band in bands]
    bias, delta = (kernels.constant(codes[0], k) for k in ("START_TIME_BIAS", "INTERFRAME_DELTA"))
    frames = np.arange(p.FRAMES) * (delay + delta)
    true = flyby.pass_over(wanted) - bias - frames.mean()
    start = sp.et2utc(true - jitter, "ISOC", 3)
    size = LINES, SAMPLES
    camera = kernels.camera(codes, names, size, radiometry.PHOTOACTIVE, p.METHANELINE)
    g = kernels.states(true + bias + frames, "Jupiter", camera)
    constants = calfile.read(p.CAMERA, p)
    twist = p.resolve("TWIST", table=constants.label.number("Twist", unit="degrees"))
    offsets = dict(zip(constants["Band"], constants.numbers("LineOffset"), strict=True))
    offsets = [offsets.get(n, 0) + moved for n, moved in zip(names, camera.offsets, strict=True)]
    g = geometry.with_constants(g, twist, offsets)
    return replace(g, radii=g.radii + p.HEIGHT), start, true - sp.str2et(start)


def photograph(p, g, bands, tdi, orbit, albedo, rng):
    """The strip as it is sent, (frames, bands, lines, samples) uint8, and K of the bands, DN."""
    from perijove.kit import damage, render, scene

    dn12 = np.asarray(radiometry.companding(calfile.read("juno/compand.sav", p)))
    distance = np.linalg.norm(g.sun, axis=1).mean() / AU
    step = np.linalg.norm(g.av, axis=1).mean() * g.camera.focal * radiometry.STAGE / 1e3
    # During a stage a point moves by step px; then the charge moves a line, and the rest adds up.
    smear = np.hypot(step, tdi * (1 - step))
    first, last = radiometry.PHOTOACTIVE
    layout = Layout([band["FILTER"] for band in bands], LINES, SAMPLES, first, last)
    response = radiometry.responses(calfile.read("juno/blemishes.sav", p), layout, tdi)
    hot = radiometry.excess(calfile.read("juno/hotpixels.sav", p), layout, tdi, orbit)
    s, size = p.SUMMING, (len(bands), LINES, SAMPLES)
    left, right = radiometry.photoactive(s)  # dark columns send 0
    raw = np.zeros((p.FRAMES, len(bands), LINES // s, SAMPLES // s), np.uint8)
    dark = damage.dark(p.FRAMES, size, tdi, p.SEED) if p.DAMAGE == "PJ56" else None
    per_if = []
    for b, band in enumerate(bands):
        texture = scene.padded(albedo[b])
        k = radiometry.dn_per_if(band, tdi * radiometry.STAGE / 1e3, distance, orbit)
        per_if.append(k)
        for f in p.progress(range(p.FRAMES), band["FILTER"]):
            seen = render.radiance(g, f, b, texture, p.LIMBDARKENING, PSF, smear)
            seen = (seen * response[b, :, first:last])[:, s * left - first : s * right - first]
            columns, of = np.s_[left:right], {}
            bias = band["BIAS"] + hot[b, :, s * left : s * right]
            if dark is not None:  # it is read out of all columns
                seen = np.pad(seen, ((0, 0), (s * left, SAMPLES - s * right)))
                columns, bias = np.s_[:], band["BIAS"] + hot[b] + dark[f, b]
                of = {"read": damage.READ, "full": damage.FULL}
            noise = rng if p.NOISE else None
            raw[f, b, :, columns] = expose(seen, k, bias, dn12, noise, s, p.MODE, **of)
    return raw, per_if


@parm.tool
def main(p):
    from perijove.kit import kernels, product, scene, simkernels, truth

    names = [name.upper() for name in p.FILTERS]
    bands = radiometry.bands(calfile.read("juno/bands.sav", p), names)
    if len(set(names)) != len(names):
        raise Error(f"FILTERS = {', '.join(names)}: a filter is named twice")
    if p.given("MINUTES") and p.given("ALTITUDE"):
        raise Error("MINUTES and ALTITUDE exclude each other")
    if p.given("METHANELINE") and "METHANE" not in names:
        raise Error(f"METHANELINE is for METHANE, FILTERS = {', '.join(names)}")
    delay, tdi = round(p.INTERFRAME, 3), p.TDI or (32 if "METHANE" in names else 1)
    number, orbit = NUMBER[names == ["METHANE"]] + p.SEED, simkernels.ORBIT_NUMBER
    rng = np.random.default_rng(p.SEED)
    with tempfile.TemporaryDirectory() as folder:
        flyby = simkernels.write(folder, p.SPINRATE, p.AXIS)
        with kernels.loaded(flyby.kernels):
            g, start, error = observe(p, bands, delay, flyby, rng)
            sun = np.linalg.norm(g.sun, axis=1).mean()
            form = product.Form(p.SUMMING, p.MODE, p.FORMAT, p.METHANELINE)
            words = product.keywords(start, p.FRAMES, names, delay, tdi, orbit, number, sun, form)
        _folder(p.TO)
        for name in sorted(os.listdir(folder)) if p.KERNELS else ():
            with open(os.path.join(folder, name), "rb") as kernel:
                _save(_folder(os.path.join(p.TO, "kernels")), name, kernel.read())

    albedo = scene.albedo()[[scene.BANDS.index(name) for name in names]]
    raw, per_if = photograph(p, g, bands, tdi, orbit, albedo, rng)
    if p.FORMAT == "RDR":
        dn12 = radiometry.companding(calfile.read("juno/compand.sav", p))
        raw = product.reduced(raw, radiometry.decompanding(p.MODE, dn12), per_if)
    strip = raw.reshape(-1, raw.shape[-1])
    for name, data in product.files(words, strip, p.FORMAT, number).items():
        _save(p.TO, name, data)
    what = truth.group(g, flyby, error, p.HEIGHT)
    what.update(ProductId=words["PRODUCT_ID"], LimbDarkening=p.LIMBDARKENING, Seed=p.SEED)
    if p.DAMAGE != "NONE":
        what.set("Damage", p.DAMAGE)
    _save(p.TO, "truth.pvl", truth.text(what))
    if p.TRUTH != "NONE":
        k = p.LIMBDARKENING if p.TRUTH == "RADIANCE" else None
        made = truth.cube(g, albedo, k, p.HEIGHT, p.MAPRESOLUTION, words["PRODUCT_ID"])
        cube.write(os.path.join(p.TO, "truth.cub"), made, p)
    p.say(f"{words['FILE_NAME']}: {p.FRAMES} frames, {words['SPACECRAFT_ALTITUDE']} above Jupiter")


def _folder(path):
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise IoError(f"{path}: cannot be made: {files.reason(error)}") from None
    return path


def _save(folder, name, data):
    with files.output(os.path.join(folder, name)) as stream:
        stream.write(data)
