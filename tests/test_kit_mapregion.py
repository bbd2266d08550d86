"""Windows of maps without the Null around them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from perijove.kit import cube, mapregion, special


def sparse():
    """Two bands with two patches far apart, one of a single saturated sample, and a blank line."""
    v = np.full((2, 700, 400), special.NULL, np.float32)
    v[0, 100:600, 30:90] = np.random.default_rng(0).random((500, 60), np.float32)
    v[1, 300:310, 60:120] = special.LRS
    v[1, 699, 380] = special.HIS
    v[0, 300, :] = special.NULL
    return v


@pytest.mark.parametrize("name", ["map.cub", "map.tif", "map.cub+SignedWord+0:1"])
def test_what_is_seen_is_what_is_not_null(tmp_path, name):
    path = str(tmp_path / name)
    v = sparse()
    cube.write(path, cube.new(v))
    path = path.partition("+")[0]
    with mapregion.MapRegion(path) as region:
        v = region.floats(0, 700, 0, 400, [0, 1])
        for window, seen in (
            ((0, 700, 0, 400), [(30, 120), (380, 381)]),
            ((20, 300, 40, 350), [(0, 80)]),
            ((0, 90, 0, 400), []),
        ):
            line, lines, sample, samples = window
            out = np.full((2, lines, samples), special.NULL, np.float32)
            found = region.seen(*window, [0, 1])
            assert [(c.start, c.stop) for c, _ in found] == seen
            for columns, part in found:
                out[:, :, columns] = part
            expected = v[:, line : line + lines, sample : sample + samples]
            assert_array_equal(out.view(np.uint32), expected.view(np.uint32))
