"""Synthetic SPICE kernels of a Juno-like perijove passage: a complete set, written from nothing.

    sim.tls  leap seconds              sim.tsc  spacecraft clock, type 1, 1/256 s, running in TDB
    sim.tpc  radii, pole, rotation     sim.tf   frames from spacecraft to camera
    sim.ti   camera constants          sim.bsp  Juno, Jupiter, Sun, Earth (SPK type 9)
    sim.bc   attitude (CK type 3)      sim.tm   meta-kernel

The numbers of LSK, PCK, FK and IK are those of NAIF's naif0012.tls, pck00010.tpc, juno_v12.tf and
juno_junocam_v03.ti.  The motion is simple enough to be known in closed form: a two-body polar
orbit that passes from north to south, bodies on straight lines, and a spacecraft that turns
evenly about its +Z axis, which points to within a degree of the Earth.  The attitude belongs to
the passage and not to an image, so every image of a passage uses the same kernels.

SPICE reads relative paths from the working directory, so sim.tm works from inside its folder;
from elsewhere load the kernels themselves (`Flyby.kernels`, or spiceinit KERNELS=folder).
"""

from pathlib import Path

import numpy as np
import spiceypy as sp

from perijove.kit.flyby import GM, HOURS, LONGITUDE_PERIJOVE, NAMES, RADII, Flyby, offset_axis
from perijove.kit.kernels import loaded
from perijove.kit.units import AU
from perijove.kit.utc import LEAPS

PERIJOVE = "2020-06-02T10:20:00"  # UTC; perijove 27 of a Juno that never was
ORBIT_NUMBER = 27
EARTH_AZIMUTH, SUN_AZIMUTH, SUN_ELEVATION = 20.0, 25.0, -2.0  # deg, see Flyby.basis
SUN_DISTANCE = 7.65e8  # km
V_JUPITER, V_EARTH = 13.06, 29.78  # km/s

PCK = f"""BODY599_POLE_RA = ( 268.056595 -0.006499 0.0 )
BODY599_POLE_DEC = ( 64.495303 0.002413 0.0 )
BODY599_PM = ( 284.95 870.5360000 0.0 )
BODY599_RADII = ( {RADII[0]} {RADII[1]} {RADII[2]} )
BODY10_RADII = ( 696000.0 696000.0 696000.0 )
BODY399_RADII = ( 6378.1366 6378.1366 6356.7519 )
BODY5_GM = ( {GM} )"""

SCLK = """SCLK_KERNEL_ID = ( @2020-01-01 )
SCLK_DATA_TYPE_61 = ( 1 )
SCLK01_TIME_SYSTEM_61 = ( 1 )
SCLK01_N_FIELDS_61 = ( 2 )
SCLK01_MODULI_61 = ( 4294967296 256 )
SCLK01_OFFSETS_61 = ( 0 0 )
SCLK01_OUTPUT_DELIM_61 = ( 2 )
SCLK_PARTITION_START_61 = ( 0.0 )
SCLK_PARTITION_END_61 = ( 1.0995116277750E+12 )
SCLK01_COEFFICIENTS_61 = ( 0.0 0.0 1.0 )"""

FRAMES = """FRAME_JUNO_SPACECRAFT = -61000
FRAME_-61000_NAME = 'JUNO_SPACECRAFT'
FRAME_-61000_CLASS = 3
FRAME_-61000_CLASS_ID = -61000
FRAME_-61000_CENTER = -61
CK_-61000_SCLK = -61
CK_-61000_SPK = -61
FRAME_JUNO_JUNOCAM_CUBE = -61505
FRAME_-61505_NAME = 'JUNO_JUNOCAM_CUBE'
FRAME_-61505_CLASS = 4
FRAME_-61505_CLASS_ID = -61505
FRAME_-61505_CENTER = -61
TKFRAME_-61505_SPEC = 'MATRIX'
TKFRAME_-61505_RELATIVE = 'JUNO_SPACECRAFT'
TKFRAME_-61505_MATRIX = ( -0.0059163 -0.0142817 -0.9998805
                           0.0023828 -0.9998954  0.0142678
                          -0.9999797 -0.0022981  0.0059497 )
FRAME_JUNO_JUNOCAM = -61500
FRAME_-61500_NAME = 'JUNO_JUNOCAM'
FRAME_-61500_CLASS = 4
FRAME_-61500_CLASS_ID = -61500
FRAME_-61500_CENTER = -61
TKFRAME_-61500_SPEC = 'ANGLES'
TKFRAME_-61500_RELATIVE = 'JUNO_JUNOCAM_CUBE'
TKFRAME_-61500_ANGLES = ( 0.69 -0.469 0.583 )
TKFRAME_-61500_AXES = ( 3 2 1 )
TKFRAME_-61500_UNITS = 'DEGREES'
NAIF_BODY_NAME += ( 'JUNO_JUNOCAM' )
NAIF_BODY_CODE += ( -61500 )"""

DISTORTION_Y = {-61500: 78.48, -61501: 158.48, -61502: 3.48, -61503: -151.52, -61504: 315.48}  # px


def write(folder, spinrate=1.985, axis=(0.2, -0.1)):
    """Write the kernels of a passage into folder (made when absent) and return its Flyby.

    spinrate  rpm
    axis      (2,) deg, spin axis minus Earth direction as in `offset_axis`
    Same arguments, same bytes.  Kernels loaded by the caller are put back.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = {"tls": ("LSK", _lsk()), "tpc": ("PCK", PCK), "tsc": ("SCLK", SCLK)}
    text |= {"tf": ("FK", FRAMES), "ti": ("IK", _ik())}
    for suffix, (kind, body) in text.items():
        _text(folder / f"sim.{suffix}", kind, body)
    names = "\n".join(f"  '$K/{name}'" for name in NAMES)
    paths = f"PATH_VALUES = ( '.' )\nPATH_SYMBOLS = ( 'K' )\nKERNELS_TO_LOAD = (\n{names} )"
    _text(folder / "sim.tm", "MK", paths)

    with loaded(str(folder / name) for name in NAMES[:5]):
        flyby = _flyby(folder, spinrate, axis)
        _spk(flyby)
        _ck(flyby)
    return flyby


def _flyby(folder, spinrate, axis):
    perijove = sp.str2et(PERIJOVE)
    body = sp.pxform("IAU_JUPITER", "J2000", perijove)
    east = np.radians(-LONGITUDE_PERIJOVE)
    basis = body @ sp.rotate(-east, 3)  # columns: that meridian, 90 deg east of it, pole

    def towards(azimuth, elevation):
        return basis @ sp.latrec(1.0, np.radians(90.0 - azimuth), np.radians(elevation))

    sun = SUN_DISTANCE * towards(SUN_AZIMUTH, SUN_ELEVATION)
    to_earth = towards(EARTH_AZIMUTH, SUN_ELEVATION)
    # Earth 1 AU from the Sun on the near side: |r to_earth - sun| = AU.
    along = to_earth @ sun
    earth = (along - np.sqrt(along**2 - SUN_DISTANCE**2 + AU**2)) * to_earth
    spin = spinrate * 2 * np.pi / 60
    return Flyby(folder, perijove, spin, offset_axis(to_earth, axis), basis, earth, sun)


def _text(path, kind, body):
    head = f"KPL/{kind}\n\nSynthetic: written by perijove for a simulated passage.\n"
    path.write_text(f"{head}\n\\begindata\n\n{body}\n\n\\begintext\n", encoding="ascii")


def _lsk():
    leaps = "\n".join(f"  {10 + n}, @{day}" for n, day in enumerate(LEAPS))
    return (
        "DELTET/DELTA_T_A = 32.184\nDELTET/K = 1.657D-3\nDELTET/EB = 1.671D-2\n"
        f"DELTET/M = ( 6.239996D0 1.99096871D-7 )\nDELTET/DELTA_AT = (\n{leaps} )"
    )


def _ik():
    constants = {"FOCAL_LENGTH": 10.95637, "PIXEL_SIZE": 0.0074}  # mm
    constants |= {"DISTORTION_K1": -5.9624209455667325e-08, "DISTORTION_K2": 2.7381910042256151e-14}
    constants |= {"DISTORTION_X": 814.21, "START_TIME_BIAS": 0.06188, "INTERFRAME_DELTA": 0.001}
    lines = []
    for code, y in DISTORTION_Y.items():
        lines += [f"INS{code}_{key} = ( {value} )" for key, value in constants.items()]
        lines += [f"INS{code}_DISTORTION_Y = ( {y} )"]
    return "\n".join(lines)


def _spk(flyby):
    """Positions.  Bodies other than Juno move on straight lines: they serve light time only."""
    path = flyby.folder / "sim.bsp"
    path.unlink(missing_ok=True)
    half = HOURS * 3600.0
    handle = sp.spkopn(str(path), "PERIJOVE SIMULATION", 0)

    epochs = flyby.perijove + np.arange(-half, half + 1.0, 60.0)
    span = epochs[0], epochs[-1]
    states = flyby.states(epochs)
    sp.spkw09(handle, -61, 5, "J2000", *span, "JUNO", 11, len(epochs), states, epochs)

    ends = flyby.perijove + np.array([-1e5, 1e5])  # light takes 2600 s from the Sun
    pole = flyby.basis[:, 2]
    from_sun = -flyby.sun
    along = np.cross(pole, from_sun)
    earth = flyby.earth - flyby.sun
    lines = {  # body: centre, position at perijove, velocity
        10: (0, np.zeros(3), np.zeros(3)),
        5: (0, from_sun, V_JUPITER * along / np.linalg.norm(along)),
        599: (5, np.zeros(3), np.zeros(3)),
        399: (0, earth, V_EARTH * np.cross(pole, earth) / np.linalg.norm(np.cross(pole, earth))),
    }
    for body, (centre, position, velocity) in lines.items():
        states = np.array(
            [np.r_[position + velocity * (t - flyby.perijove), velocity] for t in ends]
        )
        sp.spkw09(handle, body, centre, "J2000", *ends, f"BODY {body}", 1, 2, states, ends)
    sp.spkcls(handle)


def _ck(flyby):
    """Attitude every 5 s: type 3 interpolates a turn about a fixed axis without error."""
    path = flyby.folder / "sim.bc"
    path.unlink(missing_ok=True)
    half = HOURS * 3600.0
    epochs = flyby.perijove + np.arange(-half, half + 1.0, 5.0)
    ticks = np.array([sp.sce2c(-61, t) for t in epochs])
    q = np.array([sp.m2q(matrix) for matrix in flyby.rotation(epochs)])
    rates = np.tile(flyby.spin * flyby.axis, (len(epochs), 1))
    handle = sp.ckopn(str(path), "PERIJOVE SIMULATION", 0)
    sp.ckw03(
        handle, ticks[0], ticks[-1], -61000, "J2000", True, "SPIN",
        len(epochs), ticks, q, rates, 1, [ticks[0]],
    )  # fmt: skip
    sp.ckcls(handle)
