"""What denoise gains on simulated images after radiation damage, and what it costs.

    python bench/denoise.py [FIGURE]

FIGURE  PNG to draw: the image of seed 1 damaged, after denoise, and as it was

For seeds 1 to 3 an image is simulated twice, with DAMAGE=PJ56 and undamaged, and calibrated; the
truth is the scene as the camera's optics draws it, rendered without noise and without companding.
Lit samples are those of I/F above LIT; lit windows of SIDE x SIDE samples are wholly lit and valid.

    PSNR   = 20 lg (largest I/F of the truth / rms of the error over the lit samples)
    detail = sum of Re(F conj(T)) / sum of |T|^2    over frequencies above HIGH and lit windows,

F and T the Fourier transforms of the image and of the truth in a window, less a plane and under a
Hann taper.  1 is all of the scene's own detail, whatever the noise; kept is the detail after
denoise over that before.  Rms of detail is that of the truth above HIGH.
"""

import glob
import os
import subprocess
import sys
import tempfile

import numpy as np

from perijove.junosim import PSF
from perijove.kit import cube, geometry, label, radiometry, render, scene

SEEDS = 1, 2, 3
SIM = "FRAMES=13 ALTITUDE=150000 TRUTH=NONE"  # 100 km per pixel: a cell of the scene is a pixel
LIT = 0.05
SIDE, STEP, HIGH = 64, 32, 1 / 8  # px, px, cycles per px
VIEW, ZOOM = np.s_[345:545, 420:620], 2  # of the picture at mid-time

os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


def shell(line):
    subprocess.run(["bash", "-eo", "pipefail", "-c", line], check=True, stdout=subprocess.DEVNULL)


def simulated(folder, seed, damage, options):
    """A calibrated strip with its geometry, and the geometry as it truly was."""
    shell(f"junosim TO={folder} SEED={seed} DAMAGE={damage} {SIM} -quiet")
    (raw,) = glob.glob(f"{folder}/*-raw.png")
    shell(
        f"junocam2cub FROM={raw} -quiet | decompand -quiet | junocal {options} -quiet"
        f" | spiceinit KERNELS={folder}/kernels TO={folder}/if.cub -quiet"
    )
    made = cube.read(f"{folder}/if.cub")
    truth = label.loads(open(f"{folder}/truth.pvl").read()).group("Truth")
    g = geometry.from_cube(made).shift(truth.number("TimeOffset", "s"))
    offsets = dict(zip(g.camera.names, truth.numbers("LineOffset"), strict=True))
    return made, geometry.with_constants(g, truth.number("Twist", "degrees"), offsets)


def rendered(g):
    """I/F (bands, lines, samples) of the strip without noise; NaN in the dark columns."""
    camera, albedo = g.camera, scene.albedo()
    step = np.linalg.norm(g.av, axis=1).mean() * camera.focal * radiometry.STAGE / 1e3
    smear = np.hypot(step, 1 - step)  # of one TDI stage, as junosim has it
    out = np.full((len(camera.names), len(g), camera.lines, camera.samples), np.nan, np.float32)
    for b, name in enumerate(camera.names):
        texture = scene.padded(albedo[scene.BANDS.index(name)])
        for f in range(len(g)):
            seen = render.radiance(g, f, b, texture, 1.0, PSF, smear)
            out[b, f, :, camera.first : camera.last] = seen
    return out.reshape(len(out), -1, camera.samples)


def windows(truth, image, lines):
    """Corners of the lit windows of a band, whole framelets of `lines` lines each."""
    good = (truth > LIT) & ~np.isnan(image)
    for top in range(0, len(truth), lines):
        for line in range(top, top + lines - SIDE + 1, STEP):
            for sample in range(0, truth.shape[1] - SIDE + 1, STEP):
                at = np.s_[line : line + SIDE, sample : sample + SIDE]
                if good[at].all():
                    yield at


def transforms(image, corners):
    """Fourier transforms above HIGH of an image in windows, (windows, frequencies)."""
    x = np.linspace(-1, 1, SIDE)
    plane = np.stack([np.ones(SIDE * SIDE), np.tile(x, SIDE), np.repeat(x, SIDE)], 1)
    taper = np.hanning(SIDE + 2)[1:-1]
    taper = np.outer(taper, taper)
    frequency = np.fft.fftfreq(SIDE)
    high = np.hypot(*np.meshgrid(frequency, frequency)) > HIGH
    flat = np.array([image[at].ravel() for at in corners], float)
    flat -= flat @ np.linalg.pinv(plane).T @ plane.T
    return np.fft.fft2(flat.reshape(-1, SIDE, SIDE) * taper)[:, high] / np.sqrt((taper**2).sum())


def psnr(image, truth, where):
    error = (image - truth)[where].astype(float)
    return 20 * np.log10(np.nanmax(truth) / np.sqrt(np.mean(error**2)))


def measured(before, after, truth, lines):
    """PSNR (dB) before and after, detail before and after, rms of detail, of a band."""
    where = (truth > LIT) & ~np.isnan(before)
    corners = list(windows(truth, before, lines))
    t = transforms(truth, corners)
    power = np.sum(np.abs(t) ** 2)
    detail = [np.sum((transforms(a, corners) * t.conj()).real) / power for a in (before, after)]
    rms = np.sqrt(power / len(corners)) / SIDE
    return psnr(before, truth, where), psnr(after, truth, where), *detail, rms


def denoised(folder, options=""):
    shell(f"denoise FROM={folder}/if.cub TO={folder}/clean.cub {options} -quiet")
    return cube.read(f"{folder}/clean.cub").core


def figure(path, made, g, panels):
    """Draw [(words, strip)] at mid-time, all with the limits of the last; made: their cube."""
    import cv2

    drawn = []
    with tempfile.TemporaryDirectory() as folder:
        for words, core in panels:
            cube.write(f"{folder}/strip.cub", geometry.attach(made.replace(core=core), g))
            shell(f"midplane FROM={folder}/strip.cub TO={folder}/mid.cub -quiet")
            picture = cube.read(f"{folder}/mid.cub").core[(np.s_[:], *VIEW)]
            drawn.append((words, np.moveaxis(picture, 0, -1)))  # BLUE first, as cv2 takes it
    low, high = np.nanpercentile(drawn[-1][1], (0.5, 99.5))
    pictures = []
    for words, core in drawn:
        core = np.clip(255 * (np.nan_to_num(core) - low) / (high - low), 0, 255).astype(np.uint8)
        core = cv2.resize(core, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_NEAREST)
        core[:20] = 0
        font = cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA
        cv2.putText(core, words, (4, 14), *font)
        pictures.append(core)
    cv2.imwrite(path, np.hstack(pictures), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def main(path=None):
    """Print the table, and draw the figure."""
    print("              PSNR, dB                      detail above 1/8 cycle/px         rms of it")
    print("seed band     before  cleaned after   gain  before after  kept    damage     I/F")
    for seed in SEEDS:
        for damage, options in (("PJ56", "BACKGROUND=COLUMNS SATURATION=1600"), ("NONE", "")):
            with tempfile.TemporaryDirectory() as folder:
                made, g = simulated(folder, seed, damage, options)
                truth, before = rendered(g), made.core
                cleaned, after = denoised(folder, "STRENGTH=0"), denoised(folder)
            found = []
            for b, name in enumerate(g.camera.names):
                bands = before[b], after[b], truth[b]
                a, z, d, e, rms = measured(*bands, g.camera.lines)
                c = psnr(cleaned[b], truth[b], (truth[b] > LIT) & ~np.isnan(before[b]))
                found.append((a, z, e / d))
                print(
                    f"{seed:4d} {name:8} {a:6.2f}  {c:6.2f}  {z:6.2f} {z - a:+6.2f}"
                    f"  {d:6.3f} {e:6.3f} {e / d:6.3f}   {damage:6} {rms:8.5f}",
                    flush=True,
                )
            if path and seed == 1 and damage == "PJ56":
                a, z, kept = np.mean(found, axis=0)
                words = f"damaged, {a:.1f} dB", f"denoise, {z:.1f} dB, detail {kept:.2f}", "truth"
                figure(path, made, g, list(zip(words, (before, after, truth), strict=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
