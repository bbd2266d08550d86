"""stream: cubes in constant memory."""

import types

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove.kit import cube, special, stream

CORE = np.random.default_rng(6).integers(1, 200, (2, 300, 500)).astype(np.float32)
CORE[:, ::7, 3] = special.HIS


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that streams CORE, stored as a type, and returns the result."""

    def runs(stored, to="", bands="", core=CORE, **how):
        cube.write(f"{tmp_path}/a.cub", cube.new(core), type=stored)
        p = types.SimpleNamespace(FROM=f"{tmp_path}/a.cub{bands}", TO=f"{tmp_path}/b.cub{to}")
        p.history = lambda: cube.Node("Object", "test")
        runs.counts = stream.run(p, lambda label: None, **how)
        return cube.read(f"{tmp_path}/b.cub").core

    return runs


@pytest.mark.parametrize("stored", ["SignedWord", "Real"])
@pytest.mark.parametrize(("to", "bands"), [("", ""), ("+Tile", ""), ("+Msb", ""), ("", "+2,1")])
def test_values_then_func(run, stored, to, bands):
    core = CORE[::-1] if bands else CORE
    same = run(stored, to, bands)
    assert_array_equal(same.view(np.uint32), core.view(np.uint32))
    found = run(stored, to, bands, type="Real", values=lambda v, band: v + band)
    assert_array_equal(special.kinds(found), special.kinds(core))
    assert_array_equal(found, core + np.arange(2)[:, None, None])

    def func(block, band, line):
        return block * (line + np.arange(len(block)))[:, None]

    both = run(stored, to, bands, type="Real", values=lambda v, band: v + band, func=func)
    assert_array_equal(both, found * np.arange(300, dtype=np.float32)[:, None])


def test_look_sees_the_valid_samples_before(run, monkeypatch):
    seen = []
    run("Real", values=lambda v, band: v + len(seen), look=seen.append)
    assert_array_equal(seen[0][1], CORE[1][~np.isnan(CORE[1])])
    monkeypatch.setattr(stream, "ENOUGH", 1000)
    run("Real", look=seen.append)
    assert 1000 / 2 < sum(map(len, seen[1])) < 2000
    assert_allclose([v.mean() for v in seen[1]], np.nanmean(CORE, axis=(1, 2)), rtol=0.1)
    sparse = np.full_like(CORE, special.NULL)
    sparse[1, 40, 60:75] = np.arange(15)
    run("Real", core=sparse, look=seen.append)
    assert [v.tolist() for v in seen[2]] == [[], list(range(15))]


@pytest.mark.parametrize("stored", ["SignedWord", "Real"])
@pytest.mark.parametrize(("to", "bands"), [("", ""), ("+Tile", ""), ("+Msb", ""), ("", "+2,1")])
def test_most_samples_by_value_and_spots_by_place(run, stored, to, bands):
    core = CORE[::-1] if bands else CORE

    def spots(band, line, lines):
        if line <= 100 < line + lines:
            yield (np.array([100 - line, 100 - line]), np.array([7, 9])), lambda v: v + [1, 2]
        yield np.s_[:, :2], None

    def late():
        return dict(values=lambda v, band: v + 1, most=lambda v, band: 2 * v, spots=spots)

    found = run(stored, to, bands, type="Real", late=late, count=special.HIS)
    expected = 2 * (core + 1)
    expected[:, 100, [7, 9]] = core[:, 100, [7, 9]] + [2, 3]
    expected[:, :, :2] = special.NULL
    assert_array_equal(found, expected)
    assert_array_equal(special.kinds(found), special.kinds(expected))
    assert run.counts == {0: 43, 1: 43}  # every 7th of 300 lines
