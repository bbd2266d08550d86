"""Kernels of a Voyager 1 that is at Jupiter in 2020, for tests without real ones; and NAIF's
transfer format (.xsp, .xc) of the real ones.

Jupiter, Sun, rotation and leap seconds are those of simkernels.  The spacecraft flies straight;
its clock has two partitions that both know the count of the image; the C kernel holds four
single pointings of the scan platform, one of them towards Jupiter half a second after the image.
"""

import ctypes

import numpy as np
import spiceypy as sp
from spiceypy.utils import libspicehelper

from perijove.kit import kernels, simkernels

COUNT = "16386.30"
EXPOSURE = 0.96  # s
PLACE = np.array([8e6, -3e6, 1e6])  # km, the spacecraft from Jupiter
VELOCITY = np.array([-9.0, 11.0, 5.0])  # km/s
APART = 2.88e7  # s between the same count in the two partitions
AFTER = (-3600.0, -30.0, 0.5, 40.0)  # s, the pointings, from the middle of the exposure
TILTED = (0.0, 0.1, 0.0, 0.2)  # degrees to +x of the camera, what they look beside Jupiter

SCLK = """SCLK_KERNEL_ID = ( @2020-01-01 )
SCLK_DATA_TYPE_31 = ( 1 )
SCLK01_TIME_SYSTEM_31 = ( 1 )
SCLK01_N_FIELDS_31 = ( 3 )
SCLK01_MODULI_31 = ( 65536 60 800 )
SCLK01_OFFSETS_31 = ( 0 0 1 )
SCLK01_OUTPUT_DELIM_31 = ( 2 )
SCLK_PARTITION_START_31 = ( 0.0 4.8E+08 )
SCLK_PARTITION_END_31 = ( 9.6E+08 2.88E+09 )
SCLK01_COEFFICIENTS_31 = ( 0.0 %.6f 2880.0 )"""

CAMERA = """FRAME_{0} = {1}
FRAME_{1}_NAME = '{0}'
FRAME_{1}_CLASS = 4
FRAME_{1}_CLASS_ID = {1}
FRAME_{1}_CENTER = -31
TKFRAME_{1}_SPEC = 'ANGLES'
TKFRAME_{1}_RELATIVE = 'VG1_SCAN_PLATFORM'
TKFRAME_{1}_ANGLES = ( {2} )
TKFRAME_{1}_AXES = ( 3 1 2 )
TKFRAME_{1}_UNITS = 'DEGREES'
"""

FRAMES = (
    """FRAME_VG1_SCAN_PLATFORM = -31100
FRAME_-31100_NAME = 'VG1_SCAN_PLATFORM'
FRAME_-31100_CLASS = 3
FRAME_-31100_CLASS_ID = -31100
FRAME_-31100_CENTER = -31
CK_-31100_SCLK = -31
CK_-31100_SPK = -31
"""
    + CAMERA.format("VG1_ISSNA", -31101, "0.0 0.0 0.0")
    + CAMERA.format("VG1_ISSWA", -31102, "0.275 -0.0247 0.0315")
)


def write(folder):
    """Write the kernels; return their folder and the epoch of the middle of the exposure, TDB s."""
    flyby = simkernels.write(folder)
    for name in ("sim.tsc", "sim.tf", "sim.ti", "sim.bc"):
        (folder / name).unlink()
    read = flyby.perijove  # the readout begins
    mid = read - 2 - EXPOSURE / 2
    ticks = 9.6e8 + (16386 * 60 + 30) * 800 - 4.8e8  # of the image, in the second partition
    text(folder / "vg1.tsc", "SCLK", SCLK % (read - ticks * 0.06))
    text(folder / "vg1.tf", "FK", FRAMES)
    ends = flyby.perijove + np.array([-6e4, 6e4])
    states = [np.r_[PLACE + VELOCITY * (t - mid), VELOCITY] for t in ends]
    handle = sp.spkopn(str(folder / "vg1.bsp"), "TEST", 0)
    sp.spkw09(handle, -31, 5, "J2000", *ends, "VG1", 1, 2, np.array(states), ends)
    sp.spkcls(handle)
    paths = [str(folder / name) for name in ("sim.tls", "sim.bsp", "vg1.tsc", "vg1.bsp")]
    with kernels.loaded(paths):
        tags = np.array([sp.sce2c(-31, mid + dt) for dt in AFTER])
        down = sp.spkpos("JUPITER", mid, "J2000", "CN+S", "VOYAGER 1")[0]
        at = sp.twovec(down, 3, [0.0, 0.0, -1.0], 2)  # J2000 -> camera, +z down, +y south
        turns = [sp.rotate(np.radians(tilt), 2) @ at for tilt in TILTED]
        handle = sp.ckopn(str(folder / "vg1.bc"), "TEST", 0)
        q, rates = np.array([sp.m2q(m) for m in turns]), np.zeros((len(turns), 3))
        sp.ckw01(
            handle, tags[0], tags[-1], -31100, "J2000", False, "TEST", len(tags), tags, q, rates
        )
        sp.ckcls(handle)
    return folder, mid


def text(path, kind, body):
    """Write a text kernel."""
    path.write_text(f"KPL/{kind}\n\\begindata\n{body}\n\\begintext\n")
    return path


def binary(source, target):
    """Turn a transfer file into a binary kernel, by the routines of SPICELIB in CSPICE."""
    body = target.with_suffix(".txt")
    body.write_text(source.read_text().split("\n", 1)[1])
    unit, names = ctypes.c_int(0), (str(body).encode(), str(target).encode())
    libspicehelper.libspice.txtopr_(names[0], ctypes.byref(unit), len(names[0]))
    libspicehelper.libspice.daftb_(ctypes.byref(unit), names[1], len(names[1]))
    sp.check_for_spice_error(None)
    body.unlink()


def converted(source, folder):
    """Turn all transfer files of a folder; return the kernels there and here for KERNELS."""
    folder.mkdir()
    for path in sorted(source.iterdir()):
        if path.suffix in (".xsp", ".xc"):
            suffix = {".xsp": ".bsp", ".xc": ".bc"}[path.suffix]
            binary(path, folder / (path.stem + suffix))
    text_kernels = [p for p in sorted(source.iterdir()) if p.suffix in (".tls", ".tpc", ".tsc")]
    text_kernels += [p for p in sorted(source.iterdir()) if p.suffix in (".tf", ".ti")]
    return f"({','.join(map(str, [folder, *text_kernels]))})"
