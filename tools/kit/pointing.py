"""The attitude of a camera from a C kernel that holds one instance per image, not a course.

The C kernels of Voyager and Viking give where the scan platform pointed at the time of each
image, without a rate.  The one nearest an image counts, within a tolerance, as in ISIS; the
camera is taken to stand still.
"""

from dataclasses import dataclass

import numpy as np

from .coverage import PLACES, cover, missing, near, number, utc
from .error import Error
from .platforms import NAIF


@dataclass(frozen=True)
class Pointing:
    """One attitude: matrix (3, 3) J2000 -> camera, of which object of the CK, and how far off
    in time it is: ticks of the clock and seconds, after the image where positive."""

    matrix: np.ndarray
    object: int
    ticks: float
    seconds: float

    def __str__(self):
        far = f"{abs(self.ticks):.0f} ticks ({abs(self.seconds):.1f} s)"
        side = "after" if self.ticks > 0 else "before"
        return (
            f"object {self.object}, {f'{far} {side}' if round(self.ticks) else 'at'} the exposure"
        )


def nearest(platform, et):
    """The Pointing of a Platform for an epoch, s TDB, from the loaded kernels.

    The objects are asked in the Platform's order.  Where none has an instance within the
    tolerance (INS<code>_CK_TIME_TOLERANCE, in ISIS's addenda, goes before the Platform's) an
    Error tells what the kernels cover.
    """
    import spiceypy as sp

    tick = sp.sce2c(platform.clock, et)
    within = tolerance(platform)
    for code, frame in platform.pointings:
        if not _tagged(code):
            continue
        try:
            matrix, found = sp.ckgp(code, tick, within, "J2000")
        except sp.NotFoundError:
            continue
        seconds = sp.sct2e(platform.clock, found) - et
        turned = sp.pxform(frame, platform.frame, et) @ matrix
        return Pointing(turned, code, float(found - tick), float(seconds))
    raise _uncovered(platform, et, within)


def tolerance(platform):
    """Ticks of the clock between an image and its pointing, at most."""
    return number(f"INS{platform.code}_CK_TIME_TOLERANCE", platform.tolerance)


def _tagged(code):
    """True where a loaded CK holds the object."""
    import spiceypy as sp

    return any(code in sp.ckobj(sp.kdata(i, "CK")[0]) for i in range(sp.ktotal("CK")))


def _uncovered(platform, et, within):
    spans = [cover("CK", code) for code in platform.objects]
    spans = np.concatenate(spans)
    example, place = platform.places["CK"]
    if not len(spans):
        return missing("CK", f"{PLACES['CK']} of {platform.craft}", example, place)
    return Error(
        f"the CK of {platform.craft} has no pointing within {within:g} ticks of {utc(et)}; the "
        f"nearest cover {near(spans, et)} ({NAIF}/{place}/)"
    )
