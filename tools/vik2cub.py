"""vik2cub - import an image of the Viking Orbiters' cameras: PDS3, compressed (.imq) or VICAR.

The keywords become those that the ISIS 2 voycal manual reads; the states of a camera are its
flood, gain and offset, 1 for ON and HIGH.
"""

from perijove.kit import cube, parm, vgrlabel, vidiconcube, vidiconin

SIZE = 1056, 1204  # lines and samples of a frame
MODES = {  # keyword: mode, the word for 1
    "CAMERA_STATE_1": ("FloodModeId", "ON"),
    "CAMERA_STATE_2": ("GainModeId", "HIGH"),
    "CAMERA_STATE_3": ("OffsetModeId", "ON"),
}


def states(instrument):
    """Return CAMERA_STATE_1 … 3, 0 or 1, as far as the modes of Group Instrument tell."""
    there = {key: (instrument[mode], on) for key, (mode, on) in MODES.items() if mode in instrument}
    return {key: int(word.upper() == on) for key, (word, on) in there.items()}


@parm.tool
def main(p):
    frame = vidiconin.read(p.FROM, vgrlabel.viking)
    made, notes = vidiconcube.groups(frame, "viking.pvl", "VIKING")
    instrument = made["Instrument"]
    instrument.update(CAL_TARGET_CODE="M", **states(instrument))
    if "TargetName" in instrument:
        instrument.set("TargetName", instrument["TargetName"].title())

    image, kind, odd = vidiconcube.made(frame, made, SIZE)
    vidiconcube.record(p, frame, notes + odd)
    cube.write(p.TO, image, p, type=kind)
