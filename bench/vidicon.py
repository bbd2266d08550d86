"""voycal of a frame of 800 x 800, start to end, against Python importing numpy."""

import sys

import numpy as np
from measure import alone, least, shell


def ratios(folder):
    """(name, value, reference, unit)."""
    from perijove.kit import cube

    core = np.random.default_rng(3).integers(0, 256, (1, 800, 800)).astype(np.float32)
    keys = {"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "NA", "CAL_TARGET_CODE": "J"}
    keys |= {"FILTER_NUMBER": 0, "EXPOSURE_DURATION": 0.36, "SampleBits": 8}
    keys |= {"CAMERA_STATE_1": 1, "CAMERA_STATE_2": 0, "CAMERA_STATE_3": 1}
    frame, dark = f"{folder}/frame.cub", f"{folder}/dark.cub"
    for path in (frame, dark):
        cube.write(path, cube.new(core, Instrument=keys), type="SignedWord")
    ours = least(lambda: shell(f"voycal FROM={frame} DCFILE={dark} TO={folder}/if.cub -quiet"))
    plain = least(lambda: shell(f"{sys.executable} -c 'import numpy'"))
    yield "voycal of 800 x 800, with a dark frame", ours, plain, "python -c 'import numpy'"


if __name__ == "__main__":
    alone(ratios)
