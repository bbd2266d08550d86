"""flatten: what is left of a picture without its low pass."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove.flatten import filled, flatten, main, pixels, smoother
from perijove.kit import cube, gaussian, special
from perijove.kit.label import Quantity
from refusal import refusal

refused = refusal(main)


def globe(core, scale, **bandbin):
    """A map of all longitudes, 10 km/pixel for the sake of numbers."""
    mapping = dict(
        ProjectionName="SimpleCylindrical",
        EquatorialRadius=Quantity(71492000.0, "meters"),
        Scale=Quantity(scale, "pixels/degree"),
        PixelResolution=Quantity(10000.0, "meters/pixel"),
    )
    return cube.new(np.asarray(core, np.float32), Mapping=mapping, BandBin=bandbin)


def flat(v, lowpass, *how, **more):
    """flatten of a copy."""
    v = v.copy()
    flatten(v, lowpass, *how, **more)
    return v


def box3():
    return gaussian.Box(1, 6, 3)


def test_a_box_by_hand():
    v = np.array([[[0, 0, 3, 0, 0, 6]]], np.float32)
    assert_allclose(flat(v, box3)[0, 0], [0, -1, 2, -1, -2, 3])
    assert_allclose(flat(v + 1, box3, "DIVIDE")[0, 0], [1, 0.5, 2, 0.5, 1 / 3, 7 / 4])


def test_special_samples_have_no_say_and_keep_their_kind():
    v = np.array([[[0, special.NULL, 3, special.LIS, special.HRS, special.HIS]]], np.float32)
    for mode in ("SUBTRACT", "DIVIDE"):
        found = flat(v, box3, mode)
        assert special.kinds(found).tolist() == [[[0, 1, 0, 3, 5, 4]]]
    assert flat(v, box3)[0, 0, [0, 2]].tolist() == [0, 0]


@pytest.mark.parametrize("width", [5.0, 40.0])
def test_a_constant_is_exactly_0_or_1(width):
    v = np.full((2, 80, 90), 0.7, np.float32)
    v[1] *= 3
    v[:, 30:60, :40] = special.NULL
    lowpass = smoother("GAUSSIAN", width, (80, 90), False)
    valid = ~np.isnan(v)
    assert_array_equal(flat(v, lowpass)[valid], 0)
    assert_array_equal(flat(v, lowpass, "DIVIDE")[valid], 1)


@pytest.mark.parametrize("mode", ["SUBTRACT", "DIVIDE"])
def test_any_number_of_threads_gives_the_same(mode, monkeypatch):
    v = np.random.default_rng(3).uniform(1, 2, (3, 200, 90)).astype(np.float32)
    v[0, 20:80, :30], v[1, 100:150], v[2, 3, 4] = special.HIS, special.LIS, special.HRS
    lowpass = smoother("GAUSSIAN", 20.0, (200, 90), True)
    one = flat(v, lowpass, mode, [0, 1])
    monkeypatch.setattr("perijove.flatten.STRIP", 90 * 7)  # many strips of few lines
    three = flat(v, lowpass, mode, [0, 1], threads=3)
    assert one.tobytes() == three.tobytes()
    assert_array_equal(special.kinds(one), special.kinds(v))
    assert_array_equal(one[2], v[2])


def test_gain_and_offset():
    v = np.random.default_rng(4).uniform(1, 2, (1, 60, 70)).astype(np.float32)
    lowpass = smoother("GAUSSIAN", 6.0, (60, 70), False)
    assert_allclose(flat(3 * v + 7, lowpass), 3 * flat(v, lowpass), atol=1e-5)
    assert_allclose(flat(3 * v, lowpass, "DIVIDE"), flat(v, lowpass, "DIVIDE"), rtol=1e-5)


def test_the_rim_of_a_saturated_region_gets_no_colour():
    """Bands in a fixed ratio stay in it after the high pass, saturated or not."""
    s = np.arange(200, dtype=np.float32)
    green = np.tile(1 + s / 100, (150, 1)) + 0.1 * np.sin(s / 5)
    red = 2 * green
    cut = np.where(red > 4, special.HIS, red)
    lowpass = smoother("GAUSSIAN", 20.0, green.shape, False)
    both = flat(np.stack([green, cut]), lowpass)
    valid = ~np.isnan(cut)
    assert 0.3 < valid.mean() < 0.7
    assert_allclose(both[1][valid], 2 * both[0][valid], atol=2e-3)
    left_out = cut - gaussian.gaussian(np.where(valid, cut, special.NULL), 20.0)
    assert np.abs(left_out - 2 * both[0])[valid].max() > 0.1  # what (3) is for
    same = [strip for _, strip in filled(np.stack([green, red]), 1, (0, 1), lowpass)]
    assert_array_equal(np.concatenate(same), red)


def test_the_night_does_not_explode():
    rng = np.random.default_rng(5)
    light = np.exp(-np.linspace(0, 30, 400, dtype=np.float32))[None, :] * np.ones((100, 1))
    v = (light + 1e-6 * rng.standard_normal(light.shape)).astype(np.float32)[None]
    lowpass = smoother("GAUSSIAN", 25.0, v.shape[1:], False)
    divided = flat(v, lowpass, "DIVIDE")
    assert np.isfinite(divided).all() and -0.5 < divided.min() and divided.max() < 10


def test_sigma_in_degrees_kilometres_and_pixels():
    group = globe(np.zeros((1, 2, 4)), scale=25.0).group("Mapping")
    assert pixels(group, 3.2, "DEGREES", "a") == 80
    assert pixels(group, 4000, "KM", "a") == 400
    assert pixels(None, 7, "PIXELS", "a") == 7


def test_a_map_is_continued_round_the_globe_and_backplanes_are_left_alone(tmp_path):
    rng = np.random.default_rng(6)
    core = rng.uniform(1, 2, (3, 40, 90)).astype(np.float32)
    names = ["RED", "Incidence Angle", "EMISSION"]
    for name, turn in (("a", 0), ("b", 33)):
        cube.write(f"{tmp_path}/{name}.cub", globe(np.roll(core, turn, 2), 0.25, Name=names))
        main(f"FROM={tmp_path}/{name}.cub", f"TO={tmp_path}/{name}f.cub", "SIGMA=20")
    a, b = (cube.read(f"{tmp_path}/{name}f.cub").core for name in "ab")
    assert_allclose(np.roll(a, 33, 2), b, atol=1e-6)
    assert_array_equal(a[1:], core[1:])
    assert abs(a[0].mean()) < 0.02 and a[0].std() > 0.2
    assert "SIGMA  = 20" in cube.read(f"{tmp_path}/af.cub").history


def test_a_regional_map_is_not(tmp_path):
    core = np.zeros((1, 4, 80), np.float32)
    core[..., -1] = 1
    cube.write(f"{tmp_path}/a.cub", globe(core, 0.25))
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", "SIGMA=2", "UNITS=PIXELS")
    found = cube.read(f"{tmp_path}/b.cub").core[0, 0]
    assert abs(found[0]) < 1e-6 < abs(found[-2])


def test_refusals(tmp_path, capsys):
    image = cube.new(np.zeros((1, 256, 8), np.float32))
    cube.write(f"{tmp_path}/a.cub", image)
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub"
    assert "no map (no Group = Mapping): give SIGMA in UNITS = PIXELS" in refused(
        capsys, 2, *words, "UNITS=DEG", "SIGMA=3"
    )
    assert "the low pass of a band is 0, expected more than 0" in refused(
        capsys, 2, *words, "MODE=DIVIDE"
    )
    assert "SIGMA is 1000 pixels, expected 0.1 to 256" in refused(capsys, 2, *words, "SIGMA=1000")
    strip = cube.new(image.core, Instrument=dict(NumberFramelets=2, FrameletLines=128))
    cube.write(f"{tmp_path}/a.cub", strip)
    assert "run mapproj or midplane first" in refused(capsys, 2, *words)
    assert not (tmp_path / "b.cub").exists()


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    core = np.random.default_rng(7).uniform(1, 2, (2, 50, 180))
    core[:, :10, :20] = np.nan
    cube.write(f"{tmp_path}/a.cub", globe(core, 0.5))
    shell("flatten < a.cub | flatten SIGMA=10 > b.cub")
    shell("flatten FROM=a.cub TO=c.cub && flatten FROM=c.cub SIGMA=10 TO=d.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "d.cub").read_bytes()
