"""remrx - take the reseau marks out of a vidicon frame.

A mark hides the scene within RADIUS of its place.  There each sample is drawn from the valid ones
v_n of the ring between RADIUS and RADIUS + RING, d_n away from it,

    v = sum_n v_n / d_n^2  /  sum_n 1 / d_n^2                                  (1)

Of a circle this is Poisson's integral: the function without any extreme inside (of Laplace's
equation) that goes on from the samples around it, a plane where they are of one, an edge where an
edge goes through.
"""

import numpy as np

from perijove.kit import cube, parm, reseaus, sink, special
from perijove.kit.error import Error

RING = 1.5  # px, width
FEWEST = 8  # valid samples of a ring that are enough; a whole one has some 55


def remrx(frame, place, radius, action="BILINEAR"):
    """Return a frame without the marks at places (n, 2), eq. (1), and what was done to each.

    frame   (lines, samples) float, special samples NaN by kind: they stay
    place   (n, 2) line and sample, 1.0 at the centre of the first
    radius  px
    action  BILINEAR draws (1), NULL leaves Null

    Done (n,) is 1 where a mark was taken out, 0 where it lies outside of the frame and -1 where its
    ring holds too few valid samples: it is Null there.
    """
    out, done = frame.copy(), np.zeros(len(place), int)
    size = int(np.ceil(radius + RING))
    for n, at in enumerate(place - 1):
        low = np.maximum(np.rint(at).astype(int) - size, 0)
        high = np.clip(np.rint(at).astype(int) + size + 1, 0, frame.shape)
        part = tuple(slice(*ends) for ends in zip(low, high, strict=True))
        y, x = np.ogrid[part]
        r = np.hypot(y - at[0], x - at[1])
        inner = r < radius
        if not inner.any():
            continue
        ring = (r >= radius) & (r <= radius + RING) & ~np.isnan(frame[part])
        enough = ring.sum() >= FEWEST
        if enough and action == "BILINEAR":
            out[part][inner] = _within(frame[part], inner, ring)
        else:
            out[part][inner] = special.NULL
        done[n] = 1 if enough or action == "NULL" else -1
    return special.restore(out, frame), done


def _within(v, inner, ring):
    """Return (1) at the inner samples of a part of a frame, from those of its ring."""
    (y, x), (to_y, to_x) = np.nonzero(ring), np.nonzero(inner)
    weight = 1.0 / (np.subtract.outer(to_y, y) ** 2 + np.subtract.outer(to_x, x) ** 2)
    return weight @ v[ring] / weight.sum(1)


def marks(p, image):
    """Return the Reseaus that the parameters ask for."""
    shape = image.core.shape[1:]
    if p.RESEAUS is None:
        return reseaus.of_cube(image, p, p.FIND)
    known = reseaus.given(p.use(p.RESEAUS), shape)
    return reseaus.refined(image.core[0], known) if p.given("FIND") and p.FIND else known


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    reseaus.drawn(image, "marks are taken out of a frame as it was")
    if reseaus.out(image.isis):
        raise Error(f"{image.source}: its reseau marks are out already (Group Reseaus)")

    found = marks(p, image)
    bands = [remrx(band, found.place, p.RADIUS, p.ACTION) for band in image.core]
    core, done = np.stack([out for out, _ in bands]), np.array([did for _, did in bands])

    out = image.replace(core=core)
    group = found.group(core.shape[1:])
    group.update(Removed=p.ACTION, Radius=p.RADIUS)
    out.isis.delete("Reseaus")
    out.isis.append(group)
    inside = done[0] != 0
    p.say(
        f"{len(inside)} marks ({found.status}), {np.sum(inside)} in the frame, "
        f"{np.sum(found.valid & inside)} of them measured; {np.sum(done == 1)} taken out"
        + (f", {np.sum(done < 0)} left Null: nothing valid around them" if (done < 0).any() else "")
    )
    cube.write(p.TO, out, p, sink.pixel_type(image))
