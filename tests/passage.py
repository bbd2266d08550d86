"""A simulated passage for tests of the mapping tools: geometry in closed form, no kernel.

Juno moves on a straight line from north to south and turns evenly about the normal of its path;
at mid-time the boresight looks down.  `strip` renders what its camera would see of a pattern.
"""

import numpy as np

from perijove.kit import cube, ellipsoid, geometry
from perijove.kit.attitude import quaternion, turn
from perijove.kit.camera import Camera

RADII = np.array([71492.0, 71492.0, 66854.0])  # km
GM = 126686534.911  # km3/s2
W = np.radians(870.536) / 86400.0  # rad/s, System III
CY = {"BLUE": 158.48, "GREEN": 3.48, "RED": -151.52}  # juno_junocam_v03.ti
JUNOCAM = Camera(
    focal=10.95637 / 0.0074,
    cx=814.21,
    cy=list(CY.values()),
    k1=-5.9624209455667325e-08,
    k2=2.7381910042256151e-14,
    lines=128,
    samples=1648,
    first=23,
    last=1631,
    names=tuple(CY),
)


def passage(altitude, frames=26, camera=JUNOCAM, latitude=20.0, longitude=266.0, delay=0.372):
    """The Geometry of an image taken `altitude` km above a latitude and a west longitude."""
    p, normal = ellipsoid.surface(latitude, longitude, RADII)
    north = np.cross([np.sin(np.radians(longitude)), np.cos(np.radians(longitude)), 0.0], normal)
    place = p + altitude * normal
    speed = np.sqrt(2 * GM / np.linalg.norm(place))
    velocity = speed * (-0.97 * north + 0.24 * normal)
    t = (np.arange(frames) - (frames - 1) / 2) * delay
    sc = place + t[:, None] * velocity
    target = np.array([-9.0, 8.0, 4.0])  # km/s, of Jupiter about the Sun
    down = -place / np.linalg.norm(place)
    x = np.cross(down, velocity)
    x /= np.linalg.norm(x)
    start = np.stack([x, np.cross(down, x), down])
    rate = -0.2077 * x  # rad/s: the scene moves to smaller lines
    attitude = start @ turn(-t[:, None] * rate)
    ones = np.ones((frames, 1))
    sun = 7.6e8 * (0.8 * normal + 0.1 * north + 0.59 * np.cross(north, normal))
    return geometry.Geometry(
        et=6.4e8 + t,
        lt=np.linalg.norm(sc, axis=1) / geometry.C,
        sc=sc,
        vsc=velocity + target * ones,
        vt=target * ones,
        q=quaternion(attitude),
        av=rate * ones,
        qb=quaternion(turn(np.outer(-W * t, [0, 0, 1]))),
        sun=sun * ones,
        w=W,
        radii=RADII,
        camera=camera,
    )


def pattern(p):
    """A smooth DN at surface points p (..., 3) km: waves 6000 km long and more."""
    x, y, z = np.moveaxis(np.asarray(p) / 1000.0, -1, 0)
    return 1000 + 200 * np.sin(x + 0.3 * z) * np.cos(0.8 * y) + 100 * np.sin(0.9 * z - 0.2 * y)


def strip(g, scene=pattern):
    """The strip (bands, frames * lines, samples) float32 that g sees; 0 in the sky."""
    camera = g.camera
    x, y = np.meshgrid(np.arange(camera.samples) + 0.5, np.arange(camera.lines) + 0.5)
    core = np.zeros((len(camera.cy), len(g), camera.lines, camera.samples), np.float32)
    for band in range(len(camera.cy)):
        for f in range(len(g)):
            p = g.hit(f, g.look(f, x, y, band))
            core[band, f] = np.nan_to_num(scene(p))
    return core.reshape(len(camera.cy), -1, camera.samples)


def made(g, core, **changes):
    """A calibrated cube of a strip with its geometry attached."""
    camera = g.camera
    instrument = dict(
        SpacecraftName="JUNO",
        InstrumentId="JNC",
        TargetName="Jupiter",
        NumberFramelets=len(g),
        FrameletLines=camera.lines,
    )
    strip = cube.new(
        core, Instrument=instrument | changes, BandBin=dict(FilterName=list(camera.names))
    )
    return geometry.attach(strip, g)
