"""Where each pixel of a cube looks: the Geometry that travels in the cube.

spiceinit reads the kernels once; what it found stands in the cube as a Table Geometry (one row
per frame) and a Group Camera.  The equations are in frames.
"""

from dataclasses import replace

import numpy as np

from . import table
from .attitude import about_z, matrix, quaternion
from .camera import Camera
from .error import Error
from .frames import C, Geometry
from .label import Quantity

__all__ = ["C", "Geometry", "attach", "from_cube", "of_strip", "solved", "with_constants"]

COLUMNS = {  # field of the table: attribute, shape per frame, and what no value of it exceeds
    "Et": ("et", (), 1e12),
    "LightTime": ("lt", (), 1e6),
    "Position": ("sc", (3,), 1e11),
    "ObserverVelocity": ("vsc", (3,), C),
    "TargetVelocity": ("vt", (3,), C),
    "CameraQuaternion": ("q", (4,), 1.001),
    "CameraRate": ("av", (3,), 100.0),
    "BodyQuaternion": ("qb", (4,), 1.001),
    "SunPosition": ("sun", (3,), 1e12),
}
DIRECTIONS = {"EarthDirection": "earth", "SunDirection": "sunward"}


def with_constants(geometry, twist, offsets):
    """The geometry with the in-flight constants of its camera, instead of those it has.

    twist    degrees: the camera stands turned right-handed about its boresight against the
             frame kernel, that is camera -> spacecraft is mount @ Rz(twist)
    offsets  px per band: cy = cy of the instrument kernel + offset; a mapping of names to
             px (absent: 0), or one number per band
    """
    camera = geometry.camera
    if hasattr(offsets, "get"):
        offsets = [offsets.get(name, 0.0) for name in camera.names]
    offsets = np.broadcast_to(np.asarray(offsets, float), camera.cy.shape)
    cy = camera.cy - camera.offsets + offsets
    more = about_z(twist - camera.twist)
    return replace(
        geometry,
        camera=replace(camera, cy=cy, offsets=offsets, twist=float(twist)),
        q=quaternion(more.T @ matrix(geometry.q)),
        mount=None if geometry.mount is None else geometry.mount @ more,
    )


def attach(cube, geometry):
    """The cube with this geometry in its Table Geometry and its Group Camera."""
    columns = {field: getattr(geometry, k) for field, (k, *_) in COLUMNS.items()}
    label = cube.label.copy()
    isis = label.object("IsisCube")
    isis.delete("Camera")
    _write(isis.group("Camera"), geometry)
    return cube.replace(label=label).with_blob(table.pack("Geometry", columns))


def from_cube(cube):
    """The Geometry of a cube; Error where it has none: run spiceinit first.

    The bands of the camera are those of the cube's filters, in the cube's order.
    """
    blob = cube.blob("Table", "Geometry")
    if blob is None or "Camera" not in cube.isis:
        raise Error(f"{cube.source}: no geometry is attached (run spiceinit)")
    fields = _columns(table.unpack(blob), cube.source)
    geometry = Geometry(**fields, **_read(cube.isis.group("Camera")))
    _check(geometry, cube.source)
    bands = [name.upper() for name in cube.band_names()]
    names = [name.upper() for name in geometry.camera.names]
    seen = [names.index(b) for b in bands if b in names]
    return replace(geometry, camera=geometry.camera.select(seen)) if seen else geometry


def of_strip(cube):
    """The Geometry of a cube whose lines are those of its frames; Error for any other cube."""
    g = from_cube(cube)
    expected = len(g.camera.cy), len(g) * g.camera.lines, g.camera.samples
    if cube.core.shape != expected:
        found, expected = (
            "{} bands of {} lines and {} samples".format(*s) for s in (cube.core.shape, expected)
        )
        raise Error(f"{cube.source}: {found}, its geometry is of {expected}")
    return g


def solved(geometry, source):
    """The Geometry, if its attitude can be trusted; an Error that says what to run, if not."""
    if geometry.attitude == "NONE":
        raise Error(f"{source}: no attitude is attached (run spiceinit ATTITUDE = CK or SPIN)")
    if not geometry.solved:
        raise Error(f"{source}: the attitude is a first guess, not solved yet (run jitter)")
    return geometry


def _columns(found, source):
    """The per-frame attributes of a table's columns, each of its shape and range."""
    lost = [field for field in COLUMNS if field not in found]
    if lost:
        raise Error(f"{source}: table Geometry has no column {', '.join(lost)}")
    made, frames = {}, len(found["Et"])
    for field, (k, shape, largest) in COLUMNS.items():
        values = found[field]
        if values.dtype.kind != "f" or values.shape != (frames, *shape) or not frames:
            raise Error(
                f"{source}: table Geometry: {field} has {values.shape} values of type "
                f"{values.dtype}, expected {(frames or 'frames', *shape)} Double: spiceinit again"
            )
        if not (np.abs(values) <= largest).all():
            raise Error(
                f"{source}: table Geometry: {field} is no number or beyond {largest:g}: damaged, "
                "run spiceinit again"
            )
        made[k] = np.array(values, float)
    return made


def _check(g, source):
    """Error where a Geometry holds what no spacecraft, body or camera can have."""
    camera, least = g.camera, 0.99 * np.min(g.radii)
    bands, turns = len(camera.cy), [g.q, g.qb]
    turns += [v for v in (g.earth, g.sunward) if v is not None]
    turns += [] if g.mount is None else [g.mount]
    wrong = {
        "Radii": least <= 0 or np.max(g.radii) > 1e7,
        "RotationRate": abs(g.w) > 1,
        "a quaternion or direction": any(_unlike_unit(v) for v in turns),
        "Position": (np.linalg.norm(g.sc, axis=1) < least).any(),
        "SunPosition": (np.linalg.norm(g.sun, axis=1) < least).any(),
        "FocalLength": not 0 < camera.focal < 1e6,
        "OpticalAxisLine, LineOffset or FilterName": not (
            bands == len(camera.offsets) == len(camera.names)
        ),
        "FrameletLines, FrameletSamples or PhotoactiveSamples": not (
            camera.lines > 0 and 0 <= camera.first < camera.last <= camera.samples
        ),
    }
    for name, bad in wrong.items():
        if bad:
            raise Error(f"{source}: geometry: {name} cannot be: damaged, run spiceinit again")


def _unlike_unit(v):
    return (np.abs(np.linalg.norm(v, axis=-1) - 1) > 1e-3).any()


def _write(group, g):
    group.update(
        TargetName=g.target,
        BodyFixedFrame=g.frame,
        Radii=Quantity([float(r) for r in g.radii], "km"),
        RotationRate=Quantity(float(g.w), "rad/s"),
        Attitude=g.attitude,
        AttitudeSolved=bool(g.solved),
    )
    g.camera.write(group)
    if g.mount is not None:
        group.set("MountRotation", [float(v) for v in np.ravel(g.mount)])
    for key, name in DIRECTIONS.items():
        if getattr(g, name) is not None:
            group.set(key, [float(v) for v in getattr(g, name)])


def _read(group):
    extra = {k: np.array(group.numbers(key, 3)) for key, k in DIRECTIONS.items() if key in group}
    if "MountRotation" in group:
        extra["mount"] = np.array(group.numbers("MountRotation", 9)).reshape(3, 3)
    return dict(
        camera=Camera.read(group),
        radii=np.array(group.numbers("Radii", 3, unit="km")),
        w=group.number("RotationRate", unit="rad/s"),
        target=group.text("TargetName"),
        frame=group.text("BodyFixedFrame"),
        attitude=group.text("Attitude"),
        solved=group["AttitudeSolved"] is True,
        **extra,
    )
