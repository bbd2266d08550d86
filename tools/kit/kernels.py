"""SPICE kernels: read a camera's geometry from those that are loaded.

spiceypy is imported inside the functions: only spiceinit and junosim need it.
"""

import numpy as np

from . import pointing
from .attitude import quaternion, spin
from .camera import Camera
from .coverage import body, covers, keeps, missing, number
from .error import Error
from .frames import C, Geometry
from .kernelfiles import files, kind, loaded
from .platforms import JUNO

__all__ = ["camera", "constant", "files", "kind", "loaded", "place", "states"]

RATE = 2 * 2 * np.pi / 60  # rad/s, the 2 rpm of Juno's science orbits


def constant(code, key):
    """A number of the instrument kernel, INS<code>_<key>."""
    found = number(f"INS{code}_{key}")
    if found is None:
        raise Error(f"the IK has no INS{code}_{key}")
    return found


def camera(codes, names, size, active, methane=None):
    """The Camera of filters, from the instrument kernel; pixels as NAIF counts them.

    codes, names  NAIF codes and names of the filters
    size          (lines, samples) of a framelet; active (first, last) photoactive samples
    methane       line of the optical axis of METHANE where its readout window was shifted, so
                  that the kernel's does not hold; the camera's offsets tell by how much
    """
    code = codes[0]
    length, pitch = (constant(code, key) for key in ("FOCAL_LENGTH", "PIXEL_SIZE"))
    if min(length, pitch) <= 0:
        raise Error(f"the IK has a focal length of {length:g}, pixels of {pitch:g}, expected more")
    cy = np.array([constant(c, "DISTORTION_Y") for c in codes])
    axes = cy.copy()
    if methane is not None:
        axes[[name == "METHANE" for name in names]] = methane
    return Camera(
        focal=length / pitch,
        cx=constant(code, "DISTORTION_X"),
        cy=axes,
        offsets=axes - cy,
        k1=constant(code, "DISTORTION_K1"),
        k2=constant(code, "DISTORTION_K2"),
        lines=size[0],
        samples=size[1],
        first=active[0],
        last=active[1],
        names=names,
    )


def states(et, target, cam, attitude="CK", offset=0.0, platform=JUNO):
    """The Geometry of a camera at epochs et (n,) TDB s from the loaded kernels.

    The position of the spacecraft against the target is read at et + offset; the rotation of
    the target, the Sun and the attitude stay at et.
    attitude  "CK"; "SPIN": 2 rpm about the Earth's direction, phase 0 at the mean epoch, not
              solved; "NONE": no pointing
    platform  the spacecraft and the camera
    """
    import spiceypy as sp

    code, frame, name = body(target), f"IAU_{target.upper()}", platform.craft
    craft = body(name)
    needed = np.array([et.min(), et.max()]) + offset
    covers("SPK", craft, name, needed, platform)
    covers("SPK", code, target, needed, platform)
    distance = sp.vnorm(sp.spkpos(target, needed[0], "J2000", "NONE", name)[0])
    covers("SPK", code, target, needed - [distance / C, 0.0], platform)
    sc, lt = sp.spkpos(target, et + offset, "J2000", "CN", name)
    sun = sp.spkpos("SUN", et - lt, "J2000", "CN+S", target)[0]
    spin_of_body = np.array([sp.sxform("J2000", frame, t) for t in et - lt])
    rates = np.array([sp.xf2rav(x)[1] for x in spin_of_body])
    matrices, av, mount = _attitude(et, attitude, platform)
    return Geometry(
        et=et,
        lt=np.asarray(lt),
        sc=-np.asarray(sc),
        vsc=np.array([sp.spkssb(craft, t, "J2000")[3:] for t in et + offset]),
        vt=np.array([sp.spkssb(code, t, "J2000")[3:] for t in et + offset - lt]),
        q=quaternion(matrices),
        av=av,
        qb=quaternion(spin_of_body[:, :3, :3]),
        sun=np.asarray(sun),
        w=float((rates * spin_of_body[:, 2, :3]).sum(-1).mean()),
        radii=np.asarray(sp.bodvcd(code, "RADII", 3)[1]),
        camera=cam,
        target=target,
        frame=frame,
        attitude=attitude,
        solved=attitude == "CK",
        mount=mount,
        earth=_towards("EARTH", et.mean(), platform, optional=attitude != "SPIN"),
        sunward=_towards("SUN", et.mean(), platform, optional=platform is not JUNO),
    )


def place(target, et, platform=JUNO):
    """Where the spacecraft is at et, as labels state it, without light time.

    Height above the target's ellipsoid km, planetographic latitude degrees, and distance from the
    centre km; a ValueError where the SPK does not reach.
    """
    import spiceypy as sp

    radii = sp.bodvcd(body(target), "RADII", 3)[1]
    try:
        position = sp.spkpos(platform.craft, et, f"IAU_{target.upper()}", "NONE", target)[0]
    except sp.SpiceyError:
        raise ValueError("the SPK does not reach as far") from None
    point, height = sp.nearpt(position, *radii)
    return height, np.degrees(np.arcsin(sp.surfnm(*radii, point)[2])), np.linalg.norm(position)


def _attitude(et, attitude, platform):
    """Matrices J2000 -> camera, their rates, and the mount camera -> spacecraft."""
    import spiceypy as sp

    if attitude == "NONE":
        return np.broadcast_to(np.eye(3), (len(et), 3, 3)), np.zeros((len(et), 3)), None
    mount = sp.pxform(platform.frame, platform.bus, et[0])
    if attitude == "SPIN":
        axis = _towards("EARTH", et.mean(), platform)
        return *spin(axis, RATE, 0.0, et - et.mean(), mount), mount
    if platform.pointings:  # it stands still
        held = [pointing.nearest(platform, t).matrix for t in et]
        return np.array(held), np.zeros((len(et), 3)), mount
    covers("CK", platform.objects[0], platform.bus, et, platform)
    turns = [sp.xf2rav(sp.sxform("J2000", platform.frame, t)) for t in et]
    return np.array([m for m, _ in turns]), np.array([av for _, av in turns]), mount


def _towards(name, et, platform, optional=False):
    """Apparent direction of a body from the spacecraft, unit J2000; None where no SPK has it."""
    import spiceypy as sp

    try:
        return sp.vhat(sp.spkpos(name, et, "J2000", "LT+S", platform.craft)[0])
    except sp.SpiceyError:
        if optional:
            return None
        what = f"positions of the {name.title()}"
        raise missing("SPK", what, *keeps(body(name), platform)) from None
