"""python bench/radiometry.py DATA_FOLDER: the radiometric figures of junocal on real images.

DATA_FOLDER holds junocam/pj43, pj44 and calibration, spice/juno and spectra/karkoschka.  Each
figure stands beside what it should be.  The chain runs through the executables; attitudes are
jitter's, and points of the surface are followed from framelet to framelet with them.
"""

import glob
import os
import subprocess
import sys
import tempfile

import numpy as np
from scipy.ndimage import map_coordinates

from perijove.kit import calfile, cube, ellipsoid, geometry, photometry, radiometry, special

os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
LONG, SHORT = "13537", "13539"  # the same pole four minutes apart, 6 and 3 TDI stages
NORTH = "13541"  # perijove 44, nothing saturated; its predicted orbit is 9.03 s late
K = 0.9  # of the Minnaert disc that stands for Karkoschka's


class Image:
    """A strip in I/F with its solved geometry, with and without a flat field."""

    def __init__(self, data, number, folder, late=0.0):
        (raw,) = glob.glob(f"{data}/junocam/pj4?/{number}-ImageSet/*-raw.png")
        flat = f"{data}/junocam/calibration/flatFieldsSmooth12to16.tiff"
        made = f"{folder}/{number}"
        for line in (
            f"junocam2cub FROM={raw} | decompand TO={made}.dn.cub",
            f"junocal FROM={made}.dn.cub TO={made}.plain.cub BLEMISHES=NONE -quiet",
            f"junocal FROM={made}.dn.cub FLAT={flat} -quiet | spiceinit KERNELS={data}/spice/juno "
            f"ATTITUDE=SPIN TIMEOFFSET={late} -quiet | jitter TO={made}.cub -quiet",
        ):
            subprocess.run(["bash", "-eo", "pipefail", "-c", line], check=True)
        strip = cube.read(f"{made}.cub")
        self.names, self.g = strip.band_names(), geometry.of_strip(strip)
        self.core, self.plain = strip.core, cube.read(f"{made}.plain.cub").core
        self.k = np.array(strip.group("Radiometry").numbers("DnPerUnit"))

    def seen(self, band, f, p, core=None):
        """I/F of surface points p (n, 3) in frame f, NaN where not seen, and their lines (n,)."""
        camera = self.g.camera
        x, y, z = self.g.project(f, p)
        sample, line = x + camera.cx, y + camera.cy[band]
        h = camera.lines
        framelet = (self.core if core is None else core)[band, f * h : (f + 1) * h]
        at = np.nan_to_num(np.stack([line - 0.5, sample - 0.5]), nan=-9.0)
        value = map_coordinates(framelet, at, order=1, cval=np.nan)
        outside = (z <= 0) | (line < 1) | (line > h - 1)
        return np.where(outside, np.nan, value), line

    def best(self, band, p):
        """I/F of points p (n, 3) and mu0, mu, each by the frame that has it nearest its middle."""
        off = np.full(len(p), np.inf)
        found = np.full((3, len(p)), np.nan)
        for f in range(len(self.g)):
            value, line = self.seen(band, f, p)
            away = np.abs(line - self.g.camera.lines / 2)
            nearer = (away < off) & (away < self.g.camera.lines / 2)
            off[nearer] = away[nearer]
            found[:, nearer] = value[nearer], *self.g.angles(f, p[nearer])
        return found


def say(what, found, expected):
    print(f"{what:<58} {found:<32} {expected}", flush=True)


def linearity(long, short):
    """Ratio of the DN of surface points in both images, by DN of the longer exposure.

    The planet turns by 2.4 degrees in between: DN are compared over mu0, Lambert's law.
    """
    mid = short.g.mid()
    edges = [40, 100, 200, 400, 800, 1200, 1600, 1850, 1950, 2050, 2150]
    p = disc(mid, 3)
    for band, name in enumerate(short.names):
        (a, mu0, mu), (b, turned, _) = short.best(band, p), long.best(band, p)
        a, b = a * short.k[band], b * long.k[band]
        good = np.isfinite(a + b) & (np.minimum(mu0, turned) > 0.1) & (mu > 0.2)
        for low, high in zip(edges, edges[1:], strict=False):
            inside = good & (b >= low) & (b < high)
            if inside.sum() > 150:
                ratio = np.median((b / turned * mu0 / a)[inside])
                words = f"{ratio:.3f} ({inside.sum()} points)"
                say(f"13537/13539 {name}, DN {low} to {high}", words, "2.00 to 2.07 below 1850")


def disc(mid, step):
    """Surface points (n, 3) that a camera at mid-time sees of the disc, every step px."""
    x, y, z = mid.project(0, np.zeros((1, 3)))
    reach = 1.1 * mid.camera.focal * mid.radii[0] / np.linalg.norm(mid.o[0])
    grid = np.mgrid[-reach:reach:step, -reach:reach:step].reshape(2, -1)
    sample, line = x[0] + mid.camera.cx + grid[0], y[0] + mid.camera.cy[0] + grid[1]
    p = mid.hit(0, mid.look(0, sample, line, 0))
    return p[np.isfinite(p[:, 0])]


def saturation(image):
    red = image.core[image.names.index("RED")]
    full = special.kinds(red) == 4
    lit = (red * image.k[image.names.index("RED")] > 50) | full
    say(
        "13539 RED: saturated share of the lit part",
        f"{100 * full.sum() / lit.sum():.1f} %",
        "16 %",
    )


def seams(number, image):
    """Steps of the same surface between the end of a framelet and the start of the next."""
    p = disc(image.g.mid(), 2)
    for band, name in enumerate(image.names):
        words = []
        for core in (image.core, image.plain):
            steps = []
            for f in range(len(image.g) - 1):
                (a, end), (b, start) = (
                    image.seen(band, f, p, core),
                    image.seen(band, f + 1, p, core),
                )
                mu0, mu = image.g.angles(f, p)
                both = (end > 115) & (end < 125) & (start > 3) & (start < 13)
                both &= (mu0 > 0.2) & (mu > 0.2) & np.isfinite(a + b)
                if both.sum() > 100:
                    steps.append(np.median(a[both] / b[both]))
            mean, scatter = (100 * (np.mean(steps) - 1), 100 * np.std(steps)) if steps else (0, 0)
            words.append(f"{mean:+.2f} +- {scatter:.2f} %" if steps else "too few points")
        say(f"{number} {name}: seams with FLAT (without)", f"{words[0]} ({words[1]})", "<= 1 %")


def lambert(image):
    """Rms of I/F / mu0 about its mean over each latitude circle."""
    latitude, longitude = (v.ravel() for v in np.mgrid[-70:-50:0.2, 0:360:0.2])
    p, _ = ellipsoid.surface(latitude, longitude, image.g.radii)
    for name in ("BLUE", "GREEN"):
        value, mu0, mu = image.best(image.names.index(name), p)
        for law, f in (("Lambert", photometry.lambert), ("none", lambda mu0, mu: 1.0)):
            good = np.isfinite(value) & (mu0 > 0.15) & (mu > 0.2)
            flat, circle = (
                (value / f(mu0, mu))[good],
                np.unique(latitude[good], return_inverse=True)[1],
            )
            mean = np.bincount(circle, flat) / np.bincount(circle)
            rms = 100 * np.std(flat / mean[circle])
            expected = "<= 6 %" if law == "Lambert" else ""
            say(f"13539 {name}: {law}, rms over latitudes -70 to -50", f"{rms:.1f} %", expected)


def albedo(number, image, data):
    """Mean I/F of the disc over that of a Minnaert disc of Karkoschka's albedo, band by band.

    The whole disc at full phase is A 2 / (2 K + 1) where I/F = A mu0^K mu^(K - 1); A is the mean
    over the effective width, weighted by the light of a black body of 5772 K, which is also put
    in place of the Sun of bands.sav for the second figure.  Saturated points are left out.
    """
    rows = open(f"{data}/spectra/karkoschka", encoding="latin-1").read().splitlines()
    rows = [row.split() for row in rows if len(row.split()) == 8]
    nm, jupiter = np.array([r for r in rows if r[0].replace(".", "").isdigit()], float).T[[0, 3]]
    sun = 3.741772e-16 / (nm * 1e-9) ** 5 / np.expm1(1.438776877e7 / (nm * 5772))
    sun *= (6.957e8 / 1.495978707e11) ** 2 * 1e-9  # W/m2/nm at 1 AU
    p = disc(image.g.mid(), 4)
    seen = [image.best(band, p) for band in range(len(image.names))]
    points = np.isfinite([value for value, _, _ in seen]).all(axis=0)
    ratios = []
    for row, (value, mu0, mu) in zip(
        radiometry.bands(calfile.read("juno/bands.sav"), image.names), seen, strict=True
    ):
        inside = np.abs(nm - row["CENTER"]) <= row["WIDTH"] / 2
        lit = points & (mu0 > 0) & (mu > 0)
        expected = photometry.minnaert(mu0[lit], mu[lit], K).sum() * (2 * K + 1) / 2
        expected *= np.average(jupiter[inside], weights=sun[inside])
        found = value[points].sum() / expected
        ratios.append((found, found * row["SOLAR"] / sun[inside].mean()))
        words = "{:.3f} (black body {:.3f})".format(*ratios[-1])
        say(f"{number} {row['FILTER']}: I/F of the disc over Karkoschka", words, "within 25 % of 1")
    spread = 100 * (np.max(ratios, axis=0) / np.min(ratios, axis=0) - 1)
    words = "{:.1f} % (black body {:.1f} %)".format(*spread)
    say(f"{number}: largest over smallest band", words, "<= 10 %")


def main(data):
    with tempfile.TemporaryDirectory() as folder:
        long, short = (Image(data, number, folder) for number in (LONG, SHORT))
        north = Image(data, NORTH, folder, late=9.03)
    linearity(long, short)
    saturation(short)
    seams(SHORT, short)
    seams(LONG, long)
    lambert(short)
    albedo(SHORT, short, data)
    albedo(NORTH, north, data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
