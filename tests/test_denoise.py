"""denoise: noise, stripes and impulses put into pictures, and what comes out."""

import glob

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter

from perijove.denoise import denoise, main
from perijove.kit import cube, defects, shrink, special
from refusal import refusal

refused = refusal(main)

RNG = np.random.default_rng


def clouds(seed=1, shape=(3, 128, 200), blur=2.0):
    """Pictures with structure that an optics of some width has drawn, about 100 +- 10."""
    noise = RNG(seed).standard_normal(shape)
    drawn = np.stack([gaussian_filter(plane, blur, mode="wrap") for plane in noise])
    return (100 + 10 * drawn / drawn.std()).astype(np.float32)


def noisy(stack, sigma=5.0, seed=2):
    return (stack + sigma * RNG(seed).standard_normal(stack.shape)).astype(np.float32)


def rms(a):
    return np.sqrt(np.mean(np.square(a, dtype=float)))


def made(core, **groups):
    return cube.new(np.asarray(core, np.float32), **groups)


def test_the_cosines_are_scipys():
    plane = RNG(3).standard_normal((8, 8)).astype(np.float32)
    there = (plane.ravel() @ shrink._cosines().T).reshape(8, 8)
    assert_allclose(there, dctn(plane, norm="ortho"), atol=1e-5)
    assert_allclose(idctn(there, norm="ortho"), plane, atol=1e-5)


def test_a_gain_by_hand():
    """Power 3 + 1 of one frequency in all blocks, of which the mean over its neighbours keeps
    1/4: (1 + 2/2 + 2/2 + 4/4) the sum of weights; scale 1 where all blocks are alike."""
    power = np.ones((20, 30, 64), np.float32)
    power[..., 27] = 4.0
    gain = shrink.gains(power, np.ones((20, 30, 1), np.float32), 0.5)
    s = np.zeros(64)
    for row in (2, 3, 4):
        for column in (2, 3, 4):
            s[8 * row + column] = 0.5 ** (abs(row - 3) + abs(column - 3))
    s = np.where(s > 0, 3 * s / 4 - np.sqrt(2 / 17**2), 0)
    weight = 1 / (1 + s) ** 2
    a = 3 * s[27] * weight[27] / np.sum(s * s * weight)
    expected = a * s / (a * s + 0.5)
    expected[0] = 1
    assert_allclose(gain[10, 15], expected, atol=1e-5)


def test_noise_is_measured_by_level():
    """sigma^2 = 4 + v / 4 in two halves, v 0 and 400: 2 and 10.2."""
    v = np.zeros((1, 300, 400), np.float32)
    v[:, :, 200:] = 400
    v += np.sqrt(4 + v / 4) * RNG(4).standard_normal(v.shape, dtype=np.float32)
    levels, sigmas, _ = shrink.noise(v, shrink.mean(v), np.ones(v.shape, bool))
    assert_allclose(np.interp([0, 400], levels, sigmas), [2, 10.198], rtol=0.03)


def test_structure_that_an_optics_draws_is_no_noise():
    v = clouds(blur=1.0)
    _, sigmas, _ = shrink.noise(v, shrink.mean(v), np.ones(v.shape, bool))
    assert sigmas.max() < 0.12 * v.std()


@pytest.mark.parametrize("strength", [0.01, 1.0])
def test_noise_goes_and_the_scene_stays(strength):
    truth = clouds()
    clean, found = denoise(noisy(truth), strength)
    assert_allclose(found["Noise"], 5.0, rtol=0.03)
    assert rms(clean - truth) < (2.0 if strength == 1 else 2.8)  # of 5
    slope = np.mean((clean - 100) * (truth - 100)) / truth.var()
    assert 0.97 < slope < 1.01


def test_what_has_no_noise_is_not_touched():
    truth, flat = clouds(), np.full((1, 40, 150), 7.5, np.float32)
    options = dict(impulse="REPLACE", pattern="BOTH")
    assert_allclose(denoise(flat, 0.01, **options)[0], flat, rtol=1e-6)
    assert rms(denoise(truth, 0.01, impulse="REPLACE")[0] - truth) < 0.1  # of 10
    assert rms(denoise(truth, 0.01, **options)[0] - truth) < 0.6  # lines of 200 samples are few
    assert_array_equal(denoise(truth, 0)[0], truth)
    assert_allclose(denoise(noisy(truth), 0.01, sigma=0.0)[0], noisy(truth), atol=1e-3)


def test_gain_and_offset():
    v = noisy(clouds())
    options = dict(impulse="REPLACE", pattern="BOTH")
    clean = denoise(v, 0.05, **options)[0]
    assert_allclose(denoise(2 * v + 50, 0.05, **options)[0], 2 * clean + 50, atol=0.02)


def test_special_samples_keep_their_kind_and_do_not_leak():
    v = np.full((1, 64, 80), 3.0, np.float32)
    kinds = [special.NULL, special.LRS, special.LIS, special.HIS, special.HRS]
    v[0, 20:30, 10:60] = np.repeat(kinds, 10)
    clean, _ = denoise(v, 0.5, sigma=1.0, impulse="REPLACE", pattern="BOTH")
    assert_array_equal(special.kinds(clean), special.kinds(v))
    assert_allclose(clean[~np.isnan(v)], 3.0, atol=1e-5)
    nothing, found = denoise(np.full((1, 9, 9), special.HIS, np.float32), 0.5)
    assert (special.kinds(nothing) == 4).all() and found["Noise"] == 0


def test_a_framelet_is_a_picture_of_its_own():
    v = noisy(clouds())
    other = v.copy()
    other[1] = 5 * v[1] - 400
    one, two = (denoise(a, 0.05, sigma=5.0)[0] for a in (v, other))
    assert_array_equal(one[[0, 2]], two[[0, 2]])
    assert_array_equal(one[2], denoise(v[2:], 0.05, sigma=5.0)[0][0])


def test_a_tall_picture_is_filtered_as_one():
    v = noisy(clouds(shape=(1, 1200, 64)))
    whole = shrink._shrunk(v[0], np.full(v[0].shape, 25, np.float32), v[0] > -np.inf, 0.05)
    parts = shrink.shrunk(v[0], np.full(v[0].shape, 25, np.float32), v[0] > -np.inf, 0.05)
    assert_allclose(parts, whole, atol=1e-3)


@pytest.mark.parametrize(("axis", "shape"), [(1, (3, 128, 1)), (2, (1, 1, 200))])
def test_offsets_of_lines_and_columns(axis, shape):
    truth = noisy(clouds())
    put = (2 * RNG(6).standard_normal(shape)).astype(np.float32)
    found = defects.offsets(truth + put, axis)
    assert found.shape == shape
    assert rms(found - put + put.mean()) < 1.3  # slow waves among them are the scene's
    assert np.abs(np.diff(found - put, axis=axis)).mean() < 0.75  # of 2.3
    assert rms(defects.offsets(truth, axis)) < 0.5  # none put in: chance makes 0.4


def test_an_impulse_is_sharper_than_a_point_that_the_optics_draws():
    y, x = np.mgrid[:60, :60]
    v = np.zeros((1, 60, 60), np.float32)
    v[0] += 300 * np.exp(-((x - 15) ** 2 + (y - 15) ** 2) / (2 * 0.7**2))  # a point
    v[0] += 300 * np.exp(-((x + y - 95) ** 2 / 2) / (2 * 0.7**2))  # a line
    v[0] += 1000 * (np.hypot(x - 60, y) < 25)  # a limb, sharp
    v[0, 40, 10] += 100
    v[0, 50:58, 20] += 100  # the streak of a pixel that flickers
    v[0, 30, 30] -= 100
    found = defects.impulses(v, np.full(v.shape, 5, np.float32))
    line, sample = np.nonzero(found[0, :, :34])
    expected = {(40, 10), (30, 30), *((n, 20) for n in range(50, 58))}
    assert set(zip(line.tolist(), sample.tolist(), strict=True)) == expected
    assert not found.any(axis=0)[:30, 30:].any()
    assert not defects.impulses(np.where(found, np.nan, v), np.full(v.shape, 5.0)).any()


def test_a_hot_pixel_is_what_all_framelets_share():
    truth = np.concatenate([clouds(seed, (1, 64, 96)) for seed in range(8)])
    v = noisy(truth)
    v[:, 20, 30] += 25
    v[:, 40:46, 50] += 25  # six stages
    v[3, 50, 70] += 60  # a hit
    excess = defects.hot(v, np.full(v.shape, 5, np.float32))
    assert set(map(tuple, np.argwhere(excess))) == {(20, 30), *((n, 50) for n in range(40, 46))}
    assert_allclose(excess[excess > 0], 25, atol=8)
    assert not defects.hot(v[:4], np.full(v[:4].shape, 5, np.float32)).any()  # too few

    clean, found = denoise(v, 0.05, impulse="REPLACE")
    assert found["HotPixels"] == 7 and found["Impulses"] >= 1
    assert rms((clean - truth)[:, 40:46, 50]) < 5 and abs((clean - truth)[3, 50, 70]) < 10
    null, _ = denoise(v, 0.05, impulse="NULL")
    assert np.isnan(null[:, 20, 30]).all() and np.isnan(null[3, 50, 70])
    assert np.isnan(null).mean() < 0.003


def test_a_damaged_image_gains_and_an_undamaged_one_does_not_lose(tmp_path, shell):
    gains, names = {}, {}
    options = "SEED=2 FRAMES=6 ALTITUDE=150000 FILTERS=GREEN TRUTH=NONE KERNELS=NO -quiet"
    for kind, words in (("truth", "NOISE=NO"), ("damaged", "DAMAGE=PJ56"), ("good", "")):
        shell(f"junosim TO={kind} {options} {words}")
        (names[kind],) = glob.glob(f"{tmp_path}/{kind}/*-raw.png")
    chain = "junocam2cub FROM={} -quiet | decompand -quiet | junocal -quiet SATURATION=1600 {}"
    for kind, words in (("truth", ""), ("damaged", "BACKGROUND=COLUMNS"), ("good", "")):
        shell(chain.format(names[kind], f"{words} TO={kind}.cub"))
    truth = cube.read(f"{tmp_path}/truth.cub").core
    for kind in ("damaged", "good"):
        shell(f"denoise FROM={kind}.cub TO={kind}.clean.cub -quiet")
        both = [cube.read(f"{tmp_path}/{kind}{end}.cub").core for end in ("", ".clean")]
        lit = (truth > 0.05) & ~np.isnan(both[0])
        gains[kind] = 20 * np.log10(rms((both[0] - truth)[lit]) / rms((both[1] - truth)[lit]))
    assert gains["damaged"] > 5 and gains["good"] > 0.5
    group = cube.read(f"{tmp_path}/damaged.clean.cub").group("Denoise")
    assert group.numbers("HotPixels", 1)[0] > 300 and group.numbers("RowOffset", 1)[0] > 0.001


def test_a_map_is_one_picture_and_backplanes_are_left_alone(tmp_path):
    core = np.concatenate([noisy(clouds(shape=(1, 128, 200))), clouds(5, (1, 128, 200))])
    core[0, 60, 60] += 500
    instrument = dict(NumberFramelets=2, FrameletLines=64)
    for name, groups in (("map", {"Mapping": {}}), ("strip", {"Instrument": instrument})):
        path = f"{tmp_path}/{name}.cub"
        cube.write(path, made(core, BandBin=dict(FilterName=["RED", "EMISSION"]), **groups))
        main(f"FROM={path}", f"TO={tmp_path}/{name}2.cub", "-quiet")
    a, b = (cube.read(f"{tmp_path}/{name}2.cub") for name in ("map", "strip"))
    assert_array_equal(a.core[1], core[1])
    assert a.core[0, 60, 60] > 400 and b.core[0, 60, 60] < 160
    assert "Impulses" not in a.group("Denoise") and "Impulses" in b.group("Denoise")
    assert a.group("Denoise").texts("Bands") == ["RED"]
    assert "IMPULSE  = KEEP" in a.history and "IMPULSE  = REPLACE" in b.history


def test_refusals(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", made(np.zeros((2, 8, 8))))
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub"
    assert "SIGMA has 3 values, expected one or 2" in refused(capsys, 2, *words, "SIGMA=(1,2,3)")
    assert "STRENGTH = -1: expected at least 0" in refused(capsys, 2, *words, "STRENGTH=-1")
    assert "SIGMA" in refused(capsys, 2, *words, "SIGMA=-1")
    assert not (tmp_path / "b.cub").exists()


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    core = noisy(clouds(shape=(2, 64, 90)))
    core[0, :10, :20] = special.HIS
    cube.write(f"{tmp_path}/a.cub", made(core))
    shell("denoise < a.cub | denoise STRENGTH=1 SIGMA=2 > b.cub")
    shell("denoise FROM=a.cub TO=c.cub && denoise FROM=c.cub STRENGTH=1 SIGMA=2 TO=d.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "d.cub").read_bytes()
    assert (special.kinds(cube.read(f"{tmp_path}/b.cub").core[0, :10, :20]) == 4).all()
