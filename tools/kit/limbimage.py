"""Strips and frames that a fit to the limb takes: checked, strips with their camera's constants."""

import os
from dataclasses import replace

import numpy as np

from . import cube, files, geometry, limb, special, strip
from .error import Error
from .fitimage import Image

BRIGHTEST = 2360.0  # DN12 of JunoCam from which on a sample is saturated
WHITE = 254.0  # DN of a vidicon, as the voycal manual flags it


def prepared(made, source, saturation, load=None):
    """The Image of a cube; an Error says what must run before.

    saturation  DN from which on a sample is saturated that junocal or voycal has not seen; None:
                BRIGHTEST of a strip, WHITE of a frame
    load        function that gives the cube again; None: it is kept
    """
    if made.blob("Table", "Geometry") is None:
        raise Error(f"{source}: no geometry is attached: run spiceinit first")
    attached = geometry.from_cube(made)
    frame = limb.staring(attached)
    if attached.attitude == "NONE":
        raise Error(f"{source}: Attitude = NONE: run spiceinit with ATTITUDE = CK or SPIN")
    if not frame:
        strip.whole(made.label, source)
    g, instrument = geometry.of_strip(made), made.group("Instrument")
    if any(known.get("Method") != "None" for known in made.isis.nodes("LimbFit")):
        raise Error(f"{source}: jitter has run (Group = LimbFit): run spiceinit to start again")
    calibrated = "Radiometry" in made.isis
    name = str(made.isis.find("ProductId") or source)
    load = load or (lambda: made)
    white = saturation or (WHITE if frame else BRIGHTEST)

    def core():
        found = load().core
        # nobody has marked what is saturated before junocal or voycal
        return found if calibrated else np.where(found >= white, special.HIS, found)

    if frame:
        return Image(name, core, g)
    if instrument.integer("SampleBits", 12) == 8 and not calibrated:
        raise Error(f"{source}: SampleBits = 8: run decompand first")
    return Image(name, core, g, strip.factor(instrument))


def in_flight(image, camera):
    """The Image of a strip with the constants that its camera has in flight.

    camera  calibration table: Twist, columns Band and LineOffset, px of the detector
    """
    g = image.geometry
    for name in g.camera.names:
        if (count := camera["Band"].count(name)) != 1:
            raise Error(f"{camera.path}: {count} rows of Band = {name}, expected one")
    lines = np.array(camera.numbers("LineOffset")) / image.summing
    lines = dict(zip(camera["Band"], lines, strict=True))
    moved = dict(zip(g.camera.names, g.camera.offsets, strict=True)).get("METHANE")
    if moved:  # the label tells where the readout window stood: spiceinit has put it there
        lines["METHANE"] = moved
    twist = camera.label.number("Twist", unit="degrees")
    return replace(image, geometry=geometry.with_constants(g, twist, lines))


def several(path, saturation):
    """The Images of the cubes that a file names, a path per line, # begins a comment.

    The samples are read when they are wanted: those of many images may fill the memory.
    """
    paths, images = listed(path), []
    for source in paths:
        made = cube.read(source)
        again = lambda source=source: cube.read(source)  # noqa: E731
        images.append(prepared(made, source, saturation, again))
    frames = [image.kind == "FRAME" for image in images]
    if any(frames) and not all(frames):
        one, other = paths[frames.index(True)], paths[frames.index(False)]
        raise Error(f"{path}: {one} is a frame, {other} a strip: fit them apart")
    names = [image.name for image in images]
    for n, name in enumerate(names):
        if name in names[:n]:
            first = paths[names.index(name)]
            raise Error(f"{path}: {first} and {paths[n]} are both of {name}")
    return images


def listed(path):
    """The lines of a text file, without comments."""
    lines = files.rows(path, "one cube path per line")
    found = [os.path.expanduser(line) for line in lines if line]
    if not found:
        raise Error(f"{path}: names no cube: expected one path per line")
    return found
