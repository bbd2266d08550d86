"""Pictures of a fit to the limb: where its points lie, their residuals and how those are spread."""

import io

import numpy as np

from . import edge, files, limbframe, special
from .error import Error

COLOURS = {"BLUE": "tab:blue", "GREEN": "tab:green", "RED": "tab:red", "METHANE": "tab:purple"}
SHRUNK = 4  # px of the strip to one of the picture
INCH = 0.75  # height of a framelet in the picture
LEAST = 4.5  # inches, of a row
SHOWN = 40  # images of which a picture holds


def draw(path, fits):
    """Write a picture (PNG) of `bundle.Fit`s, a row each: strip or frame, residuals, histogram."""
    plt = pyplot()
    if not fits:
        raise Error(f"{path}: there is nothing to plot: no image shows a limb")
    fits = fits[:SHOWN]
    high = [max(INCH * np.ptp(fit.at.frame) + 2 * INCH, LEAST) for fit in fits]
    figure, axes = plt.subplots(
        *(len(fits), 3),
        squeeze=False,
        layout="constrained",
        figsize=(15, sum(high)),
        height_ratios=high,
        width_ratios=(1.2, 1.6, 1),
    )
    for row, fit in zip(axes, fits, strict=True):
        _strip(row[0], fit)
        _residuals(row[1], fit)
        _histogram(row[2], fit)
    _save(plt, figure, path)


def costs(path, tried, cost):
    """Write a picture of the costs, px, of start-time offsets, ms: `limbgrid` eq. (1)."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    best = int(np.argmin(cost))
    axes.plot(tried, cost, ".-", lw=0.8, ms=3, color="tab:blue")
    axes.plot(tried[best], cost[best], "o", color="tab:red", label=f"{tried[best]:+g} ms")
    axes.set(xlabel="offset of the start, ms", ylabel="mean distance from limb to edge, px", ylim=0)
    axes.legend()
    _save(plt, figure, path)


def _strip(axes, fit):
    """The frames of the band with most points, and the points on them."""
    camera, at = fit.geometry.camera, fit.at
    band = int(np.bincount(at.band).argmax())
    first, last = at.frame.min(), at.frame.max() + 1
    core = fit.image.core()
    lines = camera.lines
    part = core[band, first * lines : last * lines : SHRUNK, ::SHRUNK]
    top = edge.brightest(core)[band]
    axes.imshow(
        np.where(special.kinds(part) >= 4, top, np.nan_to_num(part)),
        cmap="gray",
        vmin=0,
        vmax=top,
        extent=(0, camera.samples, last * lines, first * lines),
        aspect="equal" if fit.image.kind == "FRAME" else "auto",
    )
    if fit.image.kind == "FRAME":
        whole = limbframe.outline(fit.geometry, fit.image.heights(fit.u)[band])
        axes.plot(*whole, lw=0.5, color="tab:cyan", scalex=False, scaley=False)
    for mask, style in ((fit.kept, "."), (~fit.kept, "x")):
        mine = mask & (at.band == band)
        y = at.frame[mine] * lines + at.y[mine]
        axes.plot(at.x[mine], y, style, ms=3, color="tab:orange" if style == "." else "red")
    axes.set(title=f"{fit.image.name}  {camera.names[band]}", xlabel="sample", ylabel="line")


def _residuals(axes, fit):
    """Residuals against the direction of the limb's normal in the image."""
    angle = np.degrees(np.arctan2(fit.at.nx, -fit.at.ny))
    for band, name in enumerate(fit.geometry.camera.names):
        mine = fit.at.band == band
        axes.plot(
            angle[mine & fit.kept],
            fit.r[mine & fit.kept],
            ".",
            ms=3,
            alpha=0.6,
            color=_colour(name),
            label=name,
        )
        axes.plot(
            angle[mine & ~fit.kept],
            fit.r[mine & ~fit.kept],
            "x",
            ms=4,
            color=_colour(name),
        )
    axes.axhline(0, color="black", lw=0.6)
    most = max(6 * fit.rms, 0.5)
    rejected = int((~fit.kept).sum())
    axes.set(
        title=f"{fit.rms:.3f} px rms, {len(fit.r) - rejected} points, {rejected} rejected",
        xlabel="direction of the normal, degrees (0: lines fall, 90: samples grow)",
        ylabel="limb seen minus limb fitted, px",
        ylim=(-most, most),
    )
    axes.legend(loc="upper right")


def _histogram(axes, fit):
    """How the residuals of each band are spread."""
    most = max(6 * fit.rms, 0.5)
    bins = np.linspace(-most, most, 61)
    for band, name in enumerate(fit.geometry.camera.names):
        r = fit.r[fit.kept & (fit.at.band == band)]
        if len(r):
            words = f"{name} {np.sqrt((r * r).mean()):.3f} px, {len(r)}"
            axes.hist(r, bins, histtype="step", color=_colour(name), label=words)
    axes.axvline(0, color="black", lw=0.6)
    axes.margins(y=0.3)  # for the legend
    axes.set(title="residuals", xlabel="px", ylabel="points")
    axes.legend(loc="upper right")


def _colour(name):
    return COLOURS.get(name, "tab:blue")


def pyplot():
    """matplotlib's pyplot without a screen; an Error that names the extra where it is missing."""
    try:
        import matplotlib
    except ImportError:
        raise Error("PLOT needs matplotlib: pip install 'perijove[plot]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    return plt


def _save(plt, figure, path):
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=80, metadata={"Software": None})
    plt.close(figure)
    with files.output(path) as stream:
        stream.write(data.getvalue())
