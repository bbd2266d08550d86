"""make bench: each figure is a ratio to a named reference, measured in the same run."""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


def seconds(job, times=3):
    """Return the least CPU time of a job, this process and its children together."""
    best = np.inf
    for _ in range(times):
        start = time.process_time() + sum(os.times()[2:4])
        job()
        best = min(best, time.process_time() + sum(os.times()[2:4]) - start)
    return best


def show(name, value, reference, unit):
    print(f"{name:<34} {value / reference:8.2f} x {unit}")


def shell(line):
    subprocess.run(["bash", "-eo", "pipefail", "-c", line], check=True, stdout=subprocess.DEVNULL)


def pipe(folder):
    """decompand as a stage of a pipe, against cat of the same bytes."""
    from perijove.kit import cube

    core = np.random.default_rng(1).integers(0, 256, (3, 16384, 1648)).astype(np.float32)
    made = cube.new(core, Instrument={"SampleBits": 8, "SampleBitMode": "SQROOT"})
    cube.write(f"{folder}/raw.cub", made, type="SignedWord")
    piped = seconds(lambda: shell(f"cat {folder}/raw.cub | decompand | cat > {folder}/out"))
    plain = seconds(lambda: shell(f"cat {folder}/raw.cub | cat | cat > {folder}/out"))
    show("decompand in a pipe, 162 MB", piped, plain, "cat")


def label():
    """The label reader, against pvl, on a label like those of the strips."""
    import pvl

    from perijove.kit import label, node

    root = node.Node()
    for n in range(40):
        group = root.object("IsisCube").append(node.Node("Group", f"Number{n}"))
        group.update(Name="JNCE_2022186_43C00080_V01", Value=1.5 * n, Unit=node.Quantity(n, "km"))
    text = label.dumps(root)
    ours = seconds(lambda: [label.loads(text) for _ in range(20)]) / 20
    theirs = seconds(lambda: pvl.loads(text))
    show(f"pvl.loads, label of {len(text) / 1e3:.1f} kB", theirs, ours, "ours")


def mapping(folder):
    """mapproj of a simulated perijove, against one bare cv2.remap of the same output."""
    import cv2

    shell(f"junosim TO={folder}/sim SEED=1 -quiet")
    shell(
        f"junocam2cub FROM=$(echo {folder}/sim/*-raw.png) | decompand | junocal -quiet"
        f" | spiceinit KERNELS={folder}/sim/kernels TO={folder}/geo.cub"
    )
    ours = seconds(
        lambda: shell(f"mapproj FROM={folder}/geo.cub RESOLUTION=25 TO={folder}/m.cub -quiet")
    )
    source = np.random.default_rng(2).random((1024, 1648)).astype(np.float32)
    y, x = np.mgrid[0:4500, 0:9000].astype(np.float32)
    x, y = x * np.float32(1640 / 9000), y * np.float32(1020 / 4500)

    def bare():
        for _ in range(3):
            cv2.remap(source, x, y, cv2.INTER_LINEAR)

    show("mapproj 25 px/deg, the whole tool", ours, seconds(bare), "bare cv2.remap of 9000x4500x3")


def vidicon(folder):
    """voycal of a frame of 800 x 800, start to end, against Python importing numpy."""
    from perijove.kit import cube

    core = np.random.default_rng(3).integers(0, 256, (1, 800, 800)).astype(np.float32)
    keys = {"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "NA", "CAL_TARGET_CODE": "J"}
    keys |= {"FILTER_NUMBER": 0, "EXPOSURE_DURATION": 0.36, "SampleBits": 8}
    keys |= {"CAMERA_STATE_1": 1, "CAMERA_STATE_2": 0, "CAMERA_STATE_3": 1}
    frame, dark = f"{folder}/frame.cub", f"{folder}/dark.cub"
    for path in (frame, dark):
        cube.write(path, cube.new(core, Instrument=keys), type="SignedWord")
    ours = seconds(lambda: shell(f"voycal FROM={frame} DCFILE={dark} TO={folder}/if.cub -quiet"))
    plain = seconds(lambda: shell(f"{sys.executable} -c 'import numpy'"))
    show("voycal of 800 x 800, with a dark frame", ours, plain, "python -c 'import numpy'")


def main():
    """Print every ratio."""
    with tempfile.TemporaryDirectory() as folder:
        pipe(folder)
        label()
        mapping(folder)
        vidicon(folder)


if __name__ == "__main__":
    main()
