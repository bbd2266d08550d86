"""midplane - a strip as one picture, taken at its middle.

A pinhole camera with the attitude and place that the spacecraft had at mid-time looks at
planet and sky (kit/midtime, eq. 1).  The picture takes what the frames saw of each point, each
from where it was (parallax, kit/mapping).
"""

from perijove.kit import cube, geometry, mapping, parm
from perijove.kit.midtime import FIELD, picture, points


@parm.tool
def main(p):
    strip = cube.read(p.FROM)
    g = mapping.solved(strip)
    mid, lost = picture(g, p.SCALE)
    camera = mid.camera

    shape = camera.lines, camera.samples
    core = mapping.resample(strip.core, g, points(mid), shape, p.INTERP, threads=p.jobs)

    label = strip.label.copy()
    instrument = label.object("IsisCube").group("Instrument")
    instrument.update(NumberFramelets=1, FrameletLines=camera.lines)
    p.say(f"{camera.lines} lines, {camera.samples} samples, {mapping.share(core):.1f} % seen")
    if lost > 0:
        p.say(
            f"{100 * lost:.0f} % of the planet in the strip lies beyond {FIELD:g} degrees: left out"
        )
    cube.write(p.TO, geometry.attach(strip.replace(core=core, label=label), mid), p)
