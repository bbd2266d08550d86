"""stretch: straight lines between pairs."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove.kit import cube, special
from perijove.stretch import main, pairs, stretch
from refusal import refusal

refused = refusal(main)


def run(tmp_path, core, *words, **groups):
    cube.write(f"{tmp_path}/a.cub", cube.new(np.asarray(core, np.float32), **groups))
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", "-quiet", *words)
    return cube.read(f"{tmp_path}/b.cub").core


def test_pairs_by_hand():
    x, o = pairs("0:0, 0.2:0.6 1:1")
    v = np.array([-1, 0, 0.1, 0.2, 0.6, 1, 5], np.float32)
    assert_allclose(stretch(v, x, o), [0, 0, 0.3, 0.6, 0.8, 1, 1], rtol=1e-6)


def test_the_way_back_gives_the_values_again():
    x, o = pairs("0:-3 0.4:0 1:12")
    v = np.linspace(0, 1, 50)
    assert_allclose(stretch(stretch(v, x, o), o, x), v, atol=1e-12)


def test_special_samples_stay_or_become_what_is_asked_for(tmp_path):
    v = [[[0.5, special.NULL, special.LRS, special.LIS, special.HIS, special.HRS]]]
    kept = run(tmp_path, v, "PAIRS=0:0 1:2")
    assert special.kinds(kept).tolist() == [[[0, 1, 2, 3, 4, 5]]]
    made = run(tmp_path, v, "PAIRS=0:0 1:2", "NULL=-1", "HIS=2", "HRS=3")
    assert made[0, 0, [0, 1, 4, 5]].tolist() == [1, -1, 2, 3]
    assert special.kinds(made).tolist() == [[[0, 0, 2, 3, 0, 0]]]


def test_kinds_pass_through_the_arithmetic_of_long_arrays():
    v = np.linspace(0, 1, 5001).astype(np.float32)
    v[::7] = np.resize(special.FIVE, len(v[::7]))
    found = stretch(v, (0.2, 0.4, 0.9), (3, -1, 5))
    assert_array_equal(special.kinds(found), special.kinds(v))
    assert_allclose([found[1], np.nanmin(found), found[-1]], [3, -1, 5], rtol=1e-3)


def test_percentages_by_hand(tmp_path):
    v = np.arange(101.0).reshape(1, 1, 101)
    found = run(tmp_path, v, "PAIRS=0:0 50:0.9 100:1", "USEPERCENTAGES=YES")
    assert_allclose(found[0, 0, [0, 25, 50, 75, 100]], [0, 0.45, 0.9, 0.95, 1], rtol=1e-6)
    found = run(tmp_path, v, "MINPERCENT=10", "MAXPERCENT=60", "OUTMAX=255")
    assert_allclose(found[0, 0, [0, 10, 35, 60, 100]], [0, 0, 127.5, 255, 255], rtol=1e-6)


def test_bands_are_stretched_together_or_each_by_itself_and_backplanes_never(tmp_path):
    ramp = np.linspace(0, 1, 11)
    core = np.stack([ramp, 2 * ramp, 90 * ramp])[:, None]
    names = dict(BandBin=dict(Name=["GREEN", "RED", "EMISSION"]))
    ends = "MINPERCENT=0", "MAXPERCENT=100"
    joint = run(tmp_path, core, *ends, **names)
    assert_allclose(joint[:2, 0, -1], [0.5, 1]), assert_allclose(joint[2], core[2])
    own = run(tmp_path, core, *ends, "PERBAND=YES", **names)
    assert_allclose(own[:2, 0, -1], [1, 1]), assert_allclose(own[2], core[2])
    fixed = run(tmp_path, core, "PAIRS=0:0 1:10", **names)
    assert_allclose(fixed[:, 0, 1], [1, 2, 9], rtol=1e-6)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["PAIRS=1:0 0:1"], "expected two or more pairs with rising inputs"),
        (["PAIRS=1:0"], "expected two or more pairs with rising inputs"),
        (["PAIRS=a:b 1:1"], "expected pairs in:out of numbers, as 0:0 0.5:1"),
        (["PAIRS=0:0 101:1", "USEPERCENTAGES=Y"], "percentages 0 to 101: expected 0 to 100"),
        ([], "the values at 0.5, 99.5 % do not rise"),
    ],
)
def test_refusals(tmp_path, capsys, words, found):
    cube.write(f"{tmp_path}/a.cub", cube.new(np.ones((1, 2, 2), np.float32)))
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", *words)
    assert line.startswith("**USER ERROR** stretch: ") and found in line
    assert not (tmp_path / "b.cub").exists()


def test_a_cube_without_a_valid_sample_has_no_percentages(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", cube.new(np.full((1, 2, 2), special.NULL)))
    assert "no valid sample" in refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")


def test_a_pipe_gives_the_bytes_of_a_file_and_an_integer_cube_becomes_real(tmp_path, shell):
    core = np.random.default_rng(8).integers(1, 250, (2, 300, 400))
    cube.write(f"{tmp_path}/a.cub", cube.new(core.astype(np.float32)), type="UnsignedByte")
    shell(
        "stretch PAIRS='0:0 250:1' < a.cub > b.cub; stretch FROM=a.cub PAIRS='0:0 250:1' TO=c.cub"
    )
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()
    assert_array_equal(cube.read(f"{tmp_path}/b.cub").core, (core / 250.0).astype(np.float32))
    shell("cat a.cub | stretch > b.cub; stretch FROM=a.cub TO=c.cub; stretch < a.cub > d.cub")
    b, c, d = ((tmp_path / f"{name}.cub").read_bytes() for name in "bcd")
    assert b == c == d
    assert shell(f"{sys.executable} -c 'pass' | stretch", check=False).returncode == 4
    cut = shell("head -c 150000 a.cub | stretch > e.cub", check=False)
    assert cut.returncode == 4 and not (tmp_path / "e.cub").stat().st_size


def test_percentages_of_many_samples_are_those_of_every_so_many(tmp_path):
    v = np.random.default_rng(4).random((1, 2000, 1400), np.float32)
    found = run(tmp_path, v, "MINPERCENT=10", "MAXPERCENT=90", "OUTMIN=0.1", "OUTMAX=0.9")
    inner = (found > 0.1) & (found < 0.9)
    assert_allclose(found[inner], v[inner], atol=2e-3)


@pytest.mark.parametrize("text", ["0:0 0.3:1", "0.1:3 0.3:-1", "-1:0.1 2:0.9", "0.2:255 0.25:0"])
def test_two_pairs_in_single_precision_are_within_a_millionth_of_the_range(text):
    x, o = pairs(text)
    v = np.random.default_rng(9).uniform(-1.5, 2.5, 200000).astype(np.float32)
    found = stretch(v, x, o)
    assert found.dtype == np.float32 and min(o) <= found.min() and found.max() <= max(o)
    assert_allclose(found, np.interp(v.astype(float), x, o), rtol=0, atol=1e-6 * np.ptp(o))
