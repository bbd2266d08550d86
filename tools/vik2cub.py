"""vik2cub - import an image of the Viking Orbiters' cameras: PDS3, compressed (.imq) or VICAR.

The keywords become those that the ISIS 2 voycal manual reads; the states of a camera are its
flood, gain and offset, 1 for ON and HIGH.
"""

from perijove.kit import cube, parm, vgrlabel, vidiconcube, vidiconin


@parm.tool
def main(p):
    frame = vidiconin.read(p.FROM, vgrlabel.viking)
    made, notes = vidiconcube.groups(frame, "viking.pvl", "VIKING")
    instrument = made["Instrument"]
    instrument.set("CAL_TARGET_CODE", "M")
    if "TargetName" in instrument:
        instrument.set("TargetName", instrument["TargetName"].title())

    image, kind, odd = vidiconcube.made(frame, made)
    vidiconcube.record(p, frame, notes + odd)
    cube.write(p.TO, image, p, type=kind)
