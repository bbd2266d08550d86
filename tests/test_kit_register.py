import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import register, special

SIZE = 192


def scene(seed, cut=0.15):
    """Spectrum of a random picture with detail down to 1 / cut px, periodic in SIZE."""
    ky, kx = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)
    k = np.hypot(ky, kx)
    noise = np.random.default_rng(seed).normal(size=(SIZE, SIZE))
    return np.fft.rfft2(noise) * np.exp(-0.5 * (k / cut) ** 2) / (k + 0.02)


def moved(spectrum, dy, dx):
    """The picture with its features dy, dx px farther, standard deviation about 50."""
    ky, kx = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)
    turned = spectrum * np.exp(-2j * np.pi * (ky * dy + kx * dx))
    return (1000 + 20 * np.fft.irfft2(turned, s=(SIZE, SIZE))).astype(np.float32)


def noisy(picture, level, seed):
    noise = np.random.default_rng(seed).normal(size=picture.shape)
    return (picture + level * noise).astype(np.float32)


@pytest.fixture(scope="module")
def trials():
    """Shifts put in and errors found, (m, 2) px each, and sigmas (m,): 25 pictures with noise."""
    rng = np.random.default_rng(5)
    put, errors, sigmas = [], [], []
    for seed in range(25):
        s, (dy, dx) = scene(seed), rng.uniform(-2, 2, 2)
        a, b = noisy(moved(s, 0, 0), 20, 100 + seed), noisy(moved(s, dy, dx), 20, 200 + seed)
        found = register.register(a, b)
        assert len(found) == 25
        errors.append(np.stack([found.dy - dy, found.dx - dx], -1))
        put.append(np.broadcast_to([dy, dx], errors[-1].shape))
        sigmas.append(found.sigma)
    return np.concatenate(put), np.concatenate(errors), np.concatenate(sigmas)


def test_known_shifts_are_found(trials):
    _, errors, _ = trials
    assert_allclose(errors.mean(0), 0, atol=0.01)
    assert np.sqrt((errors**2).mean()) < 0.05
    assert abs(errors).max() < 0.3


def test_shifts_are_not_drawn_to_whole_pixels(trials):
    put, errors, _ = trials
    fraction = put - np.rint(put)
    assert abs(np.polyfit(fraction.ravel(), errors.ravel(), 1)[0]) < 0.02


def test_sigma_is_the_error(trials):
    _, errors, sigmas = trials
    ratio = np.sqrt((errors**2).mean() / (sigmas**2).mean())
    assert 0.5 < ratio < 1.1  # sigma is that of the worse direction


def test_without_noise_the_shift_is_exact():
    s = scene(1)
    for dy, dx in ((0.5, -0.25), (0.1, 1.4), (-2.75, 0.5)):
        found = register.register(moved(s, 0, 0), moved(s, dy, dx))
        assert_allclose(np.median(found.dy), dy, atol=0.004)
        assert_allclose(np.median(found.dx), dx, atol=0.004)


def test_a_picture_lies_on_itself():
    a = moved(scene(2), 0, 0)
    found = register.register(a, a, tile=48, step=24)
    assert_allclose(found.dy, 0, atol=3e-3)
    assert_allclose(found.dx, 0, atol=3e-3)
    assert_allclose(found.corr, 1, atol=1e-5)
    assert found.line[0] == found.sample[0] == 23.5  # centre of the first 48 px


def test_gain_and_offset_do_not_matter_and_the_order_turns_the_sign():
    s = scene(3)
    a, b = moved(s, 0, 0), moved(s, 0.4, -0.7)
    there, scaled = register.register(a, b), register.register(a, 3 * b + 500)
    assert_allclose(scaled.dy, there.dy, atol=1e-3)
    assert_allclose(scaled.corr, there.corr, atol=1e-5)
    back = register.register(b, a)
    assert_allclose([np.median(back.dy), np.median(back.dx)], [-0.4, 0.7], atol=0.01)


def test_special_pixels_count_for_nothing():
    s = scene(4)
    a, b = moved(s, 0, 0), moved(s, 0.3, 0.6)
    a[20:26, :] = special.NULL
    b[:, 100:105] = special.HIS
    b[130:, 130:] = special.NULL  # a corner that holds tiles of its own
    found = register.register(a, b)
    assert_allclose(found.dy, 0.3, atol=0.1)
    assert_allclose([np.median(found.dy), np.median(found.dx)], [0.3, 0.6], atol=0.02)
    assert ((found.line < 120) | (found.sample < 120)).all()
    assert 10 < len(found) < 25
    assert len(register.register(a, np.full_like(b, special.NULL))) == 0


def test_what_is_no_match_is_refused():
    s = scene(6)
    a = moved(s, 0, 0)
    rng = np.random.default_rng(7)
    assert len(register.register(a, 2000 - a)) == 0  # a negative
    assert len(register.register(a, moved(scene(8), 0, 0))) == 0  # another scene
    noise = rng.normal(1000, 10, (2, SIZE, SIZE)).astype(np.float32)
    assert len(register.register(*noise)) == 0
    assert len(register.register(a, np.full_like(a, 1000))) == 0  # nothing to see
    assert len(register.register(a, moved(s, 0, 14))) == 0  # farther than reach
    assert len(register.register(a, moved(s, 0, 14), reach=16)) == 25


def test_peak_and_sigma_of_a_known_surface():
    y, x = np.mgrid[-5:6, -5:6] - np.array([0.3, -0.2])[:, None, None]
    c = 0.8 - 0.01 * y**2 - 0.04 * x**2
    planes = np.stack([c, np.roll(c, 4, 1), c - 1])  # a peak at the rim, and none above 0
    i, j, peak, sigma = np.stack(register.summits(planes, np.full(planes.shape, 4096.0)))[:, 0]
    assert_allclose([i, j, peak], [5.3, 4.8, 0.8], atol=1e-6)
    # (1 - 0.64) / (0.8 4096 / (4 pi)) / 0.02: the flat direction is y
    assert_allclose(sigma, np.sqrt(0.36 / (0.8 * 4096 / 12.566371) / 0.02), rtol=1e-6)
    assert np.isfinite(register.summits(planes, np.ones(planes.shape))[2]).tolist() == [1, 0, 0]


def test_tiles_without_a_hole_correlate_as_all():
    """Boxes' sums against the slid masks, in a picture part of which is constant."""
    a, b = (register.detail(moved(scene(9), *d), 12.0) for d in ((0, 0), (1.2, 0.4)))
    b[:, 100:] = 0
    known, margin = np.ones_like(a), 5
    boxes = register.Boxes(b, known, 64, 2 * margin + 1)
    for i, j in ((0, 0), (50, 30), (100, 110)):
        here, there = np.s_[i + 5 : i + 69, j + 5 : j + 69], np.s_[i : i + 74, j : j + 74]
        full = register.correlation(a[here], known[here], b[there], known[there])
        assert boxes.whole(i, j)
        assert_allclose(boxes.correlation(a[here], b[there], i, j), full, atol=1e-5)
