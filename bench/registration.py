"""The real images against each other: every figure of registration, by one command.

    python bench/registration.py [DATA [WORK]]

DATA  folder of the real files (default $PERIJOVE_TESTDATA): junocam/pj43, pj44, calibration and
      spice/juno
WORK  folder for the cubes, which are made once (default: a temporary one)

13537 and 13539 are two images of the south of Jupiter, 242 s apart; 13540 is methane, 13541 of the
next perijove.  All go through the executables; no attitude is known but from the limb and from
the features in common.  What lies between 1 and 12 pixels is compared on tiles of 96 pixels with a
correlation above 0.35 (kit/register), in the picture that the camera of the last-named image would
have taken at mid-time, where emission is below 78 and incidence below 81 degrees.
"""

import glob
import os
import subprocess
import sys
import tempfile

import numpy as np

from perijove.kit import cube, fittable, geometry, register, ties

PAIR, METHANE, NORTH = ("13537", "13539"), "13540", "13541"
FITS = {
    "south": (
        "'SOLVE=(AXIS,RATE,PHASE,HEIGHT,TWIST,LINEOFFSET,METHANE)' TIES=YES",
        (*PAIR, METHANE),
    ),
    "north": ("", (NORTH,)),
}
OFFSET = {NORTH: 9.03}  # s, of the predicted trajectory
TILE, SIGMA, LEAST = 96, 12.0, 0.35
MAP = "RESOLUTION=25 MINLAT=-84 MAXLAT=-40 MAXEMISSION=60 MAXINCIDENCE=78"
MAP_TILE, MAP_SIGMA = 128, 40.0  # cells: 4 to a pixel of the camera

os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


def made(path, line):
    """The path of a file, which a line of bash makes unless it is there."""
    if not os.path.exists(path):
        subprocess.run(["bash", "-eo", "pipefail", "-c", line], check=True)
    return path


def calibrated(data, work, number):
    """A calibrated strip with its first geometry."""
    (raw,) = glob.glob(f"{data}/junocam/pj4*/{number}-ImageSet/*-raw.png")
    flat = f"FLAT={data}/junocam/calibration/flatFieldsSmooth12to16.tiff"
    path = f"{work}/{number}.cub"
    return made(
        path,
        f"junocam2cub FROM={raw} -quiet | decompand -quiet"
        f" | junocal {flat if number != METHANE else ''} -quiet"
        f" | spiceinit KERNELS={data}/spice/juno ATTITUDE=SPIN TIMEOFFSET={OFFSET.get(number, 0)}"
        f" TO={path} -quiet",
    )


def solved(data, work):
    """The fit tables, solutions by product, and the strips with their attitude, by number."""
    fits, images = {}, {}
    for name, (solve, numbers) in FITS.items():
        strips = {n: calibrated(data, work, n) for n in numbers}
        with open(f"{work}/{name}.lis", "w") as stream:
            stream.write("\n".join(strips.values()) + "\n")
        table = made(
            f"{work}/{name}.sav", f"jitter FROMLIST={work}/{name}.lis {solve} TO={work}/{name}.sav"
        )
        fits[name] = fittable.read(table)
        for n, strip in strips.items():
            path = f"{work}/{n}.solved.cub"
            made(path, f"jitter FROM={strip} FIT={table} TO={path} -quiet")
            images[n] = cube.read(path)
    return fits, images


def row(name, *values):
    print(f"{name:<34}", *(f"{v:>9}" for v in values))


def limbs(fits):
    """Rows on what jitter found: one per image."""
    row("limb", "rms px", "points", "rpm", "axis E", "axis N", "twist", "red line", "CH4 line")
    for solutions in fits.values():
        for s in solutions.values():
            terms = (("RATE", None), ("EAST", None), ("NORTH", None), ("TWIST", None))
            values = s.rms, s.points, *(s.values.get(t) for t in (*terms, ("OFFSET", "RED")))
            values = (*values, s.readout[0])
            row(s.name, *("-" if v is None else f"{v:.5g}" for v in values))


def score(name, a, b, tile=TILE, step=TILE // 2):
    """A row on how far b lies from a, pictures of `register.detail`."""
    s = register.shifts(a, b, tile, step, LEAST)
    if not len(s):
        return row(name, 0)
    d = np.hypot(s.dy, s.dx)
    figures = np.median(s.dx), np.median(s.dy), np.median(d), np.percentile(d, 90)
    row(name, len(s), *(f"{v:.3f}" for v in (*figures, np.sqrt((d * d).mean()))))


def details(images, reference, number):
    """{band: `register.detail`} of an image in the camera of another."""
    strip = images[number]
    view = ties.View(geometry.of_strip(images[reference]))
    seen = view.details(strip.core, geometry.of_strip(strip), SIGMA)
    return dict(zip(map(str.upper, strip.band_names()), seen, strict=True))


def pictures(images):
    """Rows on colours, and on images in one camera."""
    row("\nregistration, px", "tiles", "dx", "dy", "median", "90 %", "rms")
    own = {n: details(images, n, n) for n in (*PAIR, NORTH)}
    for n, seen in own.items():
        for band in ("BLUE", "RED"):
            score(f"{n} {band} - GREEN", seen["GREEN"], seen[band])
    first, second = PAIR
    other, methane = (details(images, second, n) for n in (first, METHANE))
    for band, picture in own[second].items():
        score(f"{first} - {second} {band}", picture, other[band])
    for band in ("BLUE", "GREEN"):
        score(f"{METHANE} METHANE - {second} {band}", own[second][band], methane["METHANE"])


def maps(work):
    """Rows on the maps of the pair, in cells of 25 per degree."""
    row("\nmaps, 25 cells per degree", "tiles", "dx", "dy", "median", "90 %", "rms")
    blue = []
    for n in PAIR:
        path = f"{work}/{n}.map.cub"
        made(path, f"mapproj FROM={work}/{n}.solved.cub {MAP} TO={path} -quiet")
        mapped = cube.read(path)
        plane = mapped.core[[b.upper() for b in mapped.band_names()].index("BLUE")]
        blue.append(register.detail(plane, MAP_SIGMA))
    score("{} - {} BLUE".format(*PAIR), *blue[::-1], MAP_TILE, MAP_TILE // 2)


def spot(work):
    """A row on the Great Red Spot, on the limb of 13539: the least blue of its neighbourhood."""
    path = f"{work}/spot.cub"
    made(
        path, f"mapproj FROM={work}/13539.solved.cub RESOLUTION=2 MAXEMISSION=89.5 TO={path} -quiet"
    )
    blue, _, red = cube.read(path).core
    line, sample = np.indices(blue.shape)
    lat, lon = 90 - (line + 0.5) / 2, 360 - (sample + 0.5) / 2
    near = np.isfinite(blue / red) & (abs(lat + 23) < 12) & (abs(lon - 291) < 20)
    ratio = np.where(near, blue / red, np.nan)
    red = ratio < (np.nanmedian(ratio) + np.nanmin(ratio)) / 2
    row(
        "\nGreat Red Spot, W and latitude",
        f"{np.median(lon[red]):.1f}",
        f"{np.median(lat[red]):.1f}",
    )


def main(data=None, work=None):
    """Print the table."""
    data = data or os.environ.get("PERIJOVE_TESTDATA")
    if not data:
        sys.exit("registration: give the folder of the real files, or set PERIJOVE_TESTDATA")
    with tempfile.TemporaryDirectory() as temporary:
        work = work or temporary
        os.makedirs(work, exist_ok=True)
        fits, images = solved(data, work)
        limbs(fits)
        pictures(images)
        maps(work)
        spot(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
