"""geoma - draw a vidicon frame as a camera without distortion would have seen it.

A sample o of object space takes the frame's sample at i(o), between samples interpolated
(kit/regrid, eq. 1),

    DN'(o) = DN(i(o))                                                          (1)

i being the smooth function that the reseau marks, or ties from a file, tell (kit/objectspace).
Brightness is left as it is: DN are those of an area of the sky, not sums over it.
"""

import os

import numpy as np

from perijove.kit import cube, ibis, mapping, objectspace, parm, regrid, reseaus, vidiconlabel
from perijove.kit.error import Error

ON_FRAME = 100.0  # px: ties of a frame lie no farther outside


def geoma(core, warp, interp="BILINEAR", threads=None):
    """Return a frame in object space, (bands, 1000, 1000) float32, eq. (1); Null outside of it.

    core  (bands, lines, samples), special samples as NaN by kind
    warp  objectspace.Warp
    """
    shape = objectspace.LINES, objectspace.SAMPLES
    return regrid.resample(core, warp.pixel, shape, interp, threads=threads)


def of_marks(image, known, p):
    """Return ties, places and errors of the marks of a Voyager frame."""
    objects = reseaus.nominal(*vidiconlabel.identity(image.label, image.source), p)[1]
    if len(objects) != len(known.place):
        raise Error(
            f"{image.source}: {len(known.place)} reseau marks are known, expected {len(objects)}: "
            "give GEOM"
        )
    return objects, known.place, objectspace.errors(known, image.core.shape[1:])


def of_file(path, image, p):
    """Return ties, places and errors of a file."""
    shape = image.core.shape[1:]
    rows = ibis.read(p.use(path))
    if len(rows) == 1 and rows.shape[1] in reseaus.RESLOC:
        return of_marks(image, reseaus.of_rows(rows, shape, path), p)
    if rows.shape[1] != 4:
        raise Error(
            f"{path}: rows of {rows.shape[1]} numbers, expected 4: line and sample of object "
            "space, line and sample of the frame"
        )
    rows = np.unique(rows, axis=0)  # GEOMA files tell a tie once for each side
    size = np.array([objectspace.LINES, objectspace.SAMPLES, *shape])
    far = ((rows < -ON_FRAME) | (rows > size + ON_FRAME)).any(1)
    if far.any():
        found = ", ".join(f"{v:g}" for v in rows[far][0])
        raise Error(
            f"{path}: {found} lies far outside: expected line and sample of the object space of "
            f"{size[0]} x {size[1]}, then of the frame of {shape[0]} x {shape[1]}"
        )
    return rows[:, :2], rows[:, 2:], np.full(len(rows), objectspace.SURE)


def of_parameters(p, image):
    """Return ties, places and errors as the parameters ask for, and what they are from."""
    if p.GEOM is not None:
        return *of_file(p.GEOM, image, p), os.path.basename(p.GEOM)
    known = reseaus.of_cube(image, p, p.FIND)
    return *of_marks(image, known, p), known.status


def recorded(isis, warp, e, source, shape):
    """Put Group Geoma into a label in place of Reseaus; return it as words."""
    seen = e == objectspace.SURE
    error = float(np.median(np.hypot(*warp.error[seen if seen.any() else ...].T)))
    isis.delete("Reseaus")
    group = isis.group("Geoma")
    group.update(Space="Object", Source=source, Ties=len(e), Seen=int(seen.sum()))
    group.update(ImageLines=shape[0], ImageSamples=shape[1])
    words = f"{len(e)} ties ({source}), {seen.sum()} of them measured"
    if np.isnan(error):  # as many ties as unknowns
        return words
    group.set("LeftOutError", parm.Quantity(round(error, 3), "pixels"))
    return f"{words}; one that is left out is off by {error:.2f} px (median)"


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    reseaus.drawn(image, "this is no frame as the camera drew it")
    if image.blob("Table", "Geometry") is not None:
        raise Error(f"{image.source}: its geometry is the frame's: spiceinit comes after geoma")

    ties, places, e, source = of_parameters(p, image)
    warp = objectspace.fit(ties, places, e, p.GEOM or image.source)
    core = geoma(image.core, warp, p.INTERP, p.jobs)
    if np.isnan(core).all() and not np.isnan(image.core).all():
        raise Error(f"{p.GEOM or image.source}: by its ties the frame lies outside of object space")

    out = image.replace(core=core)
    words = recorded(out.isis, warp, e, source, image.core.shape[1:])
    p.say(f"{words}; {mapping.share(core):.1f} % seen")
    cube.write(p.TO, out, p)
