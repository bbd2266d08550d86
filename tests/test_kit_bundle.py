"""Limb and ties as blocks of least squares."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import passage
from perijove.kit import bundle, limb, robust
from perijove.kit.fitimage import Image
from perijove.kit.geometry import with_constants
from perijove.kit.ties import Ties
from perijove.kit.unknowns import arranged

MOUNT = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
X, Y, Z = np.eye(3)
TWIST, OFFSETS = -0.2, {"BLUE": -0.05, "RED": 0.33}


def images(spin=False):
    """Two images of one pass, 20 s apart."""
    made = []
    for n in range(2):
        g = passage(100000.0, frames=9)
        g = replace(g.shift(20.0 * n) if not spin else g, et=g.et + 20.0 * n)
        if spin:
            g = replace(g, attitude="SPIN", mount=MOUNT, earth=X, sunward=Y)
        made.append(Image(f"{n}", lambda: None, g))
    return made


def exact(truth):
    """Ties of image 0 that hold for the true Geometry: GREEN against BLUE and RED."""
    rng, rows = np.random.default_rng(1), []
    for frame in range(2, 7):
        x, y = rng.uniform(400, 1200, 40), rng.uniform(5, 123, 40)
        p = truth.hit(frame, truth.look(frame, x, y, 1))
        for band in (0, 2):
            for other in range(len(truth)):
                u, v, z = truth.project(other, p)
                u, v = u + truth.camera.cx, v + truth.camera.cy[band]
                seen = (z > 0) & (v > 3) & (v < 125) & np.isfinite(u)
                one = np.ones(seen.sum(), int)
                rows.append([0 * one, frame * one, one, x[seen], y[seen]])
                rows[-1] += [0 * one, other * one, band * one, u[seen], v[seen], one, 0.1 * one]
    return Ties(*(np.concatenate(c) for c in zip(*rows, strict=True)))


def test_ties_tell_the_twist_and_the_line_offsets_of_the_camera():
    """Exact ties of a camera that is turned by -0.2 degree: found from zero, nothing else known."""
    one = images()[:1]
    bound = exact(with_constants(one[0].geometry, TWIST, OFFSETS))
    assert len(bound) > 200
    made = arranged(one, [one[0].held], [one[0].held], {"TWIST", "LINEOFFSET"})

    def model(x, slopes):
        return [bundle.tie_block(one, [made.local(x, 0)], made, bound, {}, slopes)]

    x, sigma, blocks = robust.solve(model, made.start, made.priors)
    found = dict(zip([key[:2] for key in made.keys], x, strict=True))
    assert_allclose(found["TWIST", None], TWIST, atol=1e-3)
    assert_allclose(found["OFFSET", "BLUE"], OFFSETS["BLUE"], atol=5e-3)
    assert_allclose(found["OFFSET", "RED"], OFFSETS["RED"], atol=5e-3)
    assert np.abs(blocks[0].r).max() < 8e-3 and (sigma < 0.1).all()


@pytest.mark.parametrize("spin", [False, True])
def test_slopes_are_those_of_the_residuals(spin):
    """Each column of a block against the residuals at x on either side."""
    both = images(spin)
    terms = {"AXIS", "RATE", "PHASE"} if spin else {"TIME"}
    terms |= {"HEIGHT", "TWIST", "LINEOFFSET"}
    held = [i.held for i in both]
    made = arranged(both, held, held, terms, {"AXIS", "HEIGHT"}, twist_sigma=0.05)
    scene = images()
    at = [limb.points(i.geometry, spacing=40.0) for i in scene]
    bound = exact(scene[0].geometry)
    bound = replace(bound[:60], image_b=np.ones(60, int))  # from image to image

    def model(x, slopes=False):
        each = [made.local(x, i) for i in range(2)]
        blocks = [
            bundle.limb_block(image, u, made.index[i], at[i], np.ones(3), slopes)
            for i, (image, u) in enumerate(zip(both, each, strict=True))
        ]
        return [*blocks, bundle.tie_block(both, each, made, bound, {}, slopes)]

    x, step = made.start, 1e-4
    if not spin:
        x = x + 0.1
    for k in range(len(x)):
        d = step * (np.arange(len(x)) == k)
        ends = zip(model(x + d), model(x - d), model(x, True), strict=True)
        for high, low, block in ends:
            column = np.zeros(len(block.r))
            if k in block.columns:
                column = block.slopes[:, list(block.columns).index(k)]
            change = (high.r - low.r) / (2 * step)
            near = (np.abs(high.r) < 900) & (np.abs(low.r) < 900)  # ties that miss are held
            assert_allclose(column[near], change[near], rtol=1e-3, atol=2e-3)


def test_widths_are_those_of_a_pair_of_bands():
    bound = exact(images()[0].geometry)
    rng = np.random.default_rng(2)
    size = np.where(bound.band_b == 2, 0.5, 0.2)
    r = rng.normal(0, 1, (2, len(bound))) * size
    found = bundle._widths(bound, r.ravel())
    assert_allclose(found[0, 1, 0, 2], 0.5, rtol=0.2)
    assert_allclose(found[0, 1, 0, 0], 0.2, rtol=0.2)
