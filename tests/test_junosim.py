import json
import math

import cv2
import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose, assert_array_equal

from perijove.junosim import expose, main
from perijove.kit import (
    calfile,
    cube,
    damage,
    geometry,
    kernels,
    label,
    mapping,
    projection,
    scene,
    special,
)

T = np.array(calfile.read("juno/compand.sav")["DN12"])
ORDER = "BLUE", "GREEN", "RED"
PRODUCT = "JNCE_2020154_27C90003_V01"


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    """Five frames without noise, with the jitter of SEED = 3."""
    folder = tmp_path_factory.mktemp("sim")
    main(f"TO={folder}", "FRAMES=5", "NOISE=NO", "SEED=3", "MAPRESOLUTION=4", "-quiet")
    return folder


def truth_of(folder):
    return label.loads((folder / "truth.pvl").read_text()).group("Truth")


def strip_of(folder, name=PRODUCT, bands=3):
    raw = cv2.imread(str(folder / f"{name}-raw.png"), cv2.IMREAD_UNCHANGED)
    return raw.reshape(-1, bands, 128, 1648)


def test_a_radiance_becomes_the_code_of_its_bin():
    # 0.5 x 1000 + 0.7 = 500.7 is read as 501, in the bin 496 to 503; 0.7 as 1; the brightest
    # piles up at 2400, in the bin 2400 to 2431.
    codes = expose([0.5, 0.0, 10.0, -1.0], 1000.0, 0.7, T)
    assert codes.dtype == np.uint8
    assert T[codes].tolist() == [503, 1, 2431, 0]


def test_every_dn_of_the_table_comes_back():
    dn = T[T <= 2400]
    assert np.array_equal(T[expose(dn / 1000.0, 1000.0, 0.0, T)], dn)


def test_noise_is_shot_and_read_noise():
    rng = np.random.default_rng(5)
    dn = T[expose(np.full(40000, 0.2), 1000.0, 0.0, T, rng)] - 1.5  # bins of 4 DN: tops to middles
    # 200 DN / 16.3 = 12.27, read 1.02^2 = 1.04, bins of four integers (16 - 1) / 12 = 1.25,
    # rounding 1 / 12
    assert_allclose(dn.mean(), 200.0, atol=0.1)
    assert_allclose(dn.var(), 14.64, rtol=0.05)


def test_the_product_is_named_and_told_as_the_site_does(sim):
    meta = json.loads((sim / "90003-Metadata.json").read_text())
    assert meta["FILE_NAME"] == f"{PRODUCT}-raw.png" and meta["PRODUCT_ID"] == PRODUCT
    assert meta["LINES"] == 5 * 384 and meta["FILTER_NAME"] == list(ORDER)
    assert meta["EXPOSURE_DURATION"] == "3.200000 <ms>" and meta["INTERFRAME_DELAY"] == "0.371 <s>"
    assert strip_of(sim).shape == (5, 3, 128, 1648)
    dark = np.r_[0:23, 1631:1648]
    assert not strip_of(sim)[..., dark].any() and (strip_of(sim)[2, 1, :, 800] > 20).all()


def test_the_label_agrees_with_the_kernels(sim):
    meta = json.loads((sim / "90003-Metadata.json").read_text())
    with kernels.loaded(kernels.files([str(sim / "kernels")])[0]):
        et = sp.str2et(meta["START_TIME"])
        assert_allclose(sp.str2et(meta["STOP_TIME"]) - et, 5 * 0.371, atol=2e-3)
        assert_allclose(sp.scs2e(-61, meta["SPACECRAFT_CLOCK_START_COUNT"]), et, atol=1 / 256)
        position = sp.spkpos("JUNO", et, "IAU_JUPITER", "NONE", "JUPITER")[0]
        point, height = sp.nearpt(position, 71492.0, 71492.0, 66854.0)
        normal = sp.surfnm(71492.0, 71492.0, 66854.0, point)
        sun = np.linalg.norm(sp.spkpos("SUN", et, "J2000", "NONE", "JUPITER")[0])
    assert_allclose(float(meta["SPACECRAFT_ALTITUDE"].split()[0]), height, atol=0.06)
    assert_allclose(
        float(meta["SUB_SPACECRAFT_LATITUDE"]), np.degrees(np.arcsin(normal[2])), atol=6e-5
    )
    west = np.degrees(-np.arctan2(position[1], position[0])) % 360
    assert_allclose(float(meta["SUB_SPACECRAFT_LONGITUDE"]), west, atol=6e-5)
    assert_allclose(float(meta["SOLAR_DISTANCE"].split()[0]), sun, rtol=1e-4)


def test_truth_is_what_the_label_does_not_tell(sim, tmp_path):
    meta = json.loads((sim / "90003-Metadata.json").read_text())
    drawn = 20.0 * np.random.default_rng(3).standard_normal()
    assert_allclose(truth_of(sim).number("TimeOffset", "ms"), drawn, atol=0.51)
    with kernels.loaded(kernels.files([str(sim / "kernels")])[0]):
        start = sp.str2et(meta["START_TIME"])
    middle = start + truth_of(sim).number("TimeOffset", "s") + 0.06188 + 2 * 0.372
    assert_allclose(truth_of(sim).number("MidEt", "s"), middle, atol=1e-6)
    main(f"TO={tmp_path}", "FRAMES=1", "JITTER=-13.37", "TRUTH=NONE", "SEED=3", "-quiet")
    assert_allclose(truth_of(tmp_path).number("TimeOffset", "ms"), -13.37, atol=0.51)
    assert not (tmp_path / "truth.cub").exists()
    table = calfile.read("juno/camera.sav")
    assert truth_of(sim).number("Twist", "degrees") == table.label.number("Twist", "degrees")


def undistorted(x, y):
    """Ideal offsets by fixed-point steps, as NAIF's instrument kernel tells to."""
    ux, uy = x, y
    for _ in range(12):
        r2 = ux * ux + uy * uy
        scale = 1 - 5.9624209455667325e-08 * r2 + 2.7381910042256151e-14 * r2 * r2
        ux, uy = x / scale, y / scale
    return ux, uy


def test_pixels_are_what_spice_and_the_scene_say(sim):
    """DN of single pixels from sincpt, ilumin, the albedo array and the calibration report."""
    meta = json.loads((sim / "90003-Metadata.json").read_text())
    offset = truth_of(sim).number("TimeOffset", "s")
    cy = {"BLUE": 158.48 - 0.06, "GREEN": 3.48, "RED": -151.52 + 0.38}
    bands = {  # response, throughput, W/m2/nm, nm, bias
        "BLUE": (262186, 1.07 - 0.0108 * 27, 1.9785, 45.5, 0.64),
        "GREEN": (332944, 1.05 - 0.00787 * 27, 1.8399, 79.3, 0.70),
        "RED": (217239, 1.01 - 0.00391 * 27, 1.4323, 175.4, 0.71),
    }
    c, s = math.cos(math.radians(-0.215)), math.sin(math.radians(-0.215))
    strip, errors = strip_of(sim), []
    with kernels.loaded(kernels.files([str(sim / "kernels")])[0]):
        start = sp.str2et(meta["START_TIME"]) + offset + 0.06188
        for frame, line, sample in [
            (0, 3, 900),
            (1, 64, 500),
            (2, 100, 800),
            (3, 20, 1000),
            (4, 127, 700),
        ]:
            for b, name in enumerate(ORDER):
                et = start + frame * (0.371 + 0.001)
                ux, uy = undistorted(sample + 0.5 - 814.21, line + 0.5 - cy[name])
                ray = [c * ux - s * uy, s * ux + c * uy, 10.95637 / 0.0074]
                method = "ELLIPSOID", "JUPITER", et, "IAU_JUPITER", "CN+S", "JUNO"
                point = sp.sincpt(*method, "JUNO_JUNOCAM", ray)[0]
                incidence = sp.ilumin(*method, point)[3]
                lon, lat, _ = sp.recpgr("JUPITER", point, 71492.0, 1 - 66854.0 / 71492.0)
                row, column = (90 - np.degrees(lat)) * 12 - 0.5, np.degrees(lon) * 12 - 0.5
                i, j = int(row), int(column)
                v, u = row - i, column - j
                a = scene.albedo()[b, i : i + 2, j : j + 2]
                albedo = np.array([1 - v, v]) @ a @ np.array([1 - u, u])
                response, age, sun, width, bias = bands[name]
                k = 0.0032 * age * response * sun * width / (math.pi * (7.65e8 / 149597870.7) ** 2)
                dn = k * albedo * math.cos(incidence) + bias
                code = strip[frame, b, line, sample]
                assert dn > 50  # in the light
                slack = 0.006 * dn + 1  # the blur of the camera, cubic for linear interpolation
                assert T[code - 1] - slack < dn < T[code] + slack
                errors.append((T[code] - (T[code] - T[code - 1] - 1) / 2) / dn - 1)
    assert abs(np.mean(errors)) < 0.003


def true_geometry(made, folder):
    truth = truth_of(folder)
    shifted = geometry.from_cube(made).shift(truth.number("TimeOffset", "s"))
    offsets = dict(zip(ORDER, truth.numbers("LineOffset", 3), strict=True))
    return geometry.with_constants(shifted, truth.number("Twist", "degrees"), offsets)


def test_the_chain_gives_the_truth_back(sim, shell, tmp_path):
    chain = f"junocam2cub FROM={sim}/{PRODUCT}-raw.png | decompand | junocal | "
    shell(chain + f"spiceinit KERNELS={sim}/kernels TO=strip.cub")
    strip, truth = cube.read(str(tmp_path / "strip.cub")), cube.read(str(sim / "truth.cub"))
    grid = projection.of_cube(truth)
    rms = []
    for g in (true_geometry(strip, sim), geometry.from_cube(strip)):
        made = mapping.resample(
            strip.core, g, grid.points, grid.shape, maxemission=70, maxincidence=80
        )
        difference = (made - truth.core)[~np.isnan(made) & ~np.isnan(truth.core)]
        assert difference.size > 5000
        rms.append(difference.std())
    assert rms[0] < 0.003 and abs(difference.mean()) < 0.001  # of 0.2 to 0.3
    assert rms[1] > 2 * rms[0]  # jitter and twist not taken out


def test_the_truth_map_is_lit_and_seen_or_null(sim, tmp_path):
    truth = cube.read(str(sim / "truth.cub"))
    assert truth.core.shape == (3, 720, 1440) and truth.band_names() == list(ORDER)
    grid = projection.of_cube(truth)
    line, sample = (int(round(float(v))) for v in grid.pixel(-23.0, 291.0))
    blue, green, red = truth.core[:, line, sample]
    assert 0.05 < blue < green < red < 0.7  # the Red Spot
    assert (special.kinds(truth.core[:, :200]) == 1).all()  # the north is out of sight
    assert len(geometry.from_cube(truth)) == 1
    options = "FRAMES=1", "FILTERS=GREEN", "TRUTH=ALBEDO", "MAPRESOLUTION=1", "-quiet"
    main(f"TO={tmp_path}", *options)
    albedo = cube.read(str(tmp_path / "truth.cub")).core
    assert albedo.shape == (1, 180, 360) and (special.kinds(albedo) == 0).all()
    assert_allclose(albedo.mean(), scene.albedo()[1].mean(), rtol=1e-3)


def test_the_same_seed_is_the_same_bytes_and_another_is_not(tmp_path):
    options = "FRAMES=1", "TRUTH=NONE", "KERNELS=NO", "-quiet"
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        main(f"TO={tmp_path / name}", f"SEED={seed}", *options)
    files = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert files == ["90007-Metadata.json", "JNCE_2020154_27C90007_V01-raw.png", "truth.pvl"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    strips = [
        strip_of(tmp_path / k, f"JNCE_2020154_27C9000{n}_V01") for k, n in (("a", 7), ("c", 8))
    ]
    differ = (strips[0] != strips[1])[0, 0, :, 100:1500].mean()
    assert 0.3 < differ < 1.0
    assert truth_of(tmp_path / "a")["TimeOffset"] != truth_of(tmp_path / "c")["TimeOffset"]


def test_methane_is_exposed_longer_and_shows_the_polar_hood(tmp_path):
    main(
        f"TO={tmp_path}", "FRAMES=3", "FILTERS=methane", "TRUTH=NONE", "ALTITUDE=90000km", "-quiet"
    )
    meta = json.loads((tmp_path / "95001-Metadata.json").read_text())
    assert meta["JNO:TDI_STAGES_COUNT"] == 32 and meta["EXPOSURE_DURATION"] == "102.400000 <ms>"
    assert meta["PRODUCT_ID"] == "JNCE_2020154_27M95001_V01"
    dn = T[strip_of(tmp_path, "JNCE_2020154_27M95001_V01", 1)]
    assert 20 < np.percentile(dn, 99) < 400


def test_a_height_lifts_the_limb(tmp_path):
    """3000 km at the limb, seen from 200,000 km: the planet grows by its share of the radius."""
    lit = []
    for height in (0, 2000):
        folder = tmp_path / str(height)
        options = "FRAMES=7", "FILTERS=RED", "NOISE=NO", "ALTITUDE=300000", f"HEIGHT={height}"
        main(f"TO={folder}", "TRUTH=NONE", *options, "-quiet")
        strip = strip_of(folder, "JNCE_2020154_27R90001_V01", 1)
        lit.append((strip > 20).sum())
        assert truth_of(folder).numbers("LimbHeight", 1, "km") == [height]
    assert_allclose(lit[1] / lit[0], (1 + 2000 / 70000) ** 2, rtol=0.01)


def test_what_damage_adds_belongs_to_the_detector_or_to_the_image():
    shape = 1, 128, 1648
    one, other = (damage.dark(12, shape, 1, seed) for seed in (2, 3))
    assert_array_equal(one, damage.dark(12, shape, 1, 2))
    fixed = [np.median(d, axis=0) - np.median(d) for d in (one, other)]
    assert np.corrcoef(fixed[0].ravel(), fixed[1].ravel())[0, 1] > 0.95
    rows = [np.median(d, axis=3) for d in (one, other)]
    assert abs(np.corrcoef(rows[0].ravel(), rows[1].ravel())[0, 1]) < 0.3
    # 60 DN of background, 0.15 of columns and 0.3 of hot pixels: 1 % of 15 DN, 0.5 % of 60 DN;
    # tracks: 20 of 1 to 8 pixels of 150 DN
    assert_allclose(one.mean(), 60.45 + 20 * 4.5 * 150 / (128 * 1648), atol=4)
    assert_allclose(np.diff(rows[0], axis=2).std(), 3 * np.sqrt(2), rtol=0.06)
    assert_allclose(
        (fixed[0] - np.median(fixed[0], axis=1) > 20).mean(), 0.005 / np.exp(1 / 3), rtol=0.1
    )


def test_a_hot_pixel_leaves_a_streak_of_as_many_lines_as_there_are_stages():
    one, six = (damage.dark(9, (1, 64, 300), n, 1) for n in (1, 6))
    once, often = (
        np.median(d - np.median(d, axis=(2, 3), keepdims=True), axis=0)[0] for d in (one, six)
    )
    line, sample = np.argwhere(once[:50] > 80)[0]
    assert (often[line : line + 6, sample] > 60).all()
    assert_allclose((often > 30).mean() / (once > 30).mean(), 6, rtol=0.25)


def test_a_damaged_image_is_noisier_darkest_at_the_background_and_full_sooner(tmp_path):
    options = "FRAMES=3", "FILTERS=RED", "TRUTH=NONE", "KERNELS=NO", "SEED=3", "TDI=2", "-quiet"
    for name, words in (("a", []), ("none", ["DAMAGE=NONE"]), ("pj56", ["DAMAGE=PJ56"])):
        main(f"TO={tmp_path / name}", *options, *words)
    names = ["JNCE_2020154_27R90003_V01-raw.png", "90003-Metadata.json", "truth.pvl"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "none" / name).read_bytes()
    good, bad = (T[strip_of(tmp_path / k, names[0][:-8], 1)] for k in ("a", "pj56"))
    dark = bad[..., 4:16]
    assert not good[..., :23].any() and 54 < np.median(dark) < 68 and 7 < dark.std() < 60
    assert good.max() > 1631 >= bad.max() and (bad == 1631).any()
    assert truth_of(tmp_path / "pj56")["Damage"] == "PJ56"
    assert "Damage" not in truth_of(tmp_path / "a")


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["FRAMES=0"], 2, "FRAMES = 0: expected at least 1"),
        (["FILTERS=(BLUE,BLUE)"], 2, "FILTERS = BLUE, BLUE: a filter is named twice"),
        (["FILTERS=ULTRAVIOLET"], 2, "no filter ULTRAVIOLET: JunoCam bands are BLUE"),
        (["ALTITUDE=10"], 2, "ALTITUDE = 10, expected 5550 to 346815 km"),
        (["ALTITUDE=9000", "MINUTES=5"], 2, "MINUTES and ALTITUDE exclude each other"),
        (["TDI=2.5"], 2, "TDI = 2.5: expected an integer"),
    ],
)
def test_what_cannot_be_photographed_is_refused(words, code, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(f"TO={tmp_path / 'sim'}", *words)
    said = capsys.readouterr().err
    assert (
        stop.value.code == code and said.startswith("**USER ERROR** junosim: ") and message in said
    )
    assert said.count("\n") == 1 and not (tmp_path / "sim").exists()


def test_a_folder_that_cannot_be_made_is_an_io_error(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stop:
        main(f"TO={tmp_path / 'file' / 'sim'}", "FRAMES=1")
    said = capsys.readouterr().err
    assert stop.value.code == 4 and said.startswith("**I/O ERROR** junosim: ")
    assert "cannot be made" in said and said.count("\n") == 1


def test_the_executable_feeds_the_pipe(shell, tmp_path):
    shell("junosim TO=sim FRAMES=1 TRUTH=NONE SEED=2")
    shell("junocam2cub FROM=sim/JNCE_2020154_27C90002_V01-raw.png | decompand TO=dn.cub")
    made = cube.read(str(tmp_path / "dn.cub"))
    assert made.core.shape == (3, 128, 1648) and made.group("Instrument")["SampleBits"] == 12
    raw = strip_of(tmp_path / "sim", "JNCE_2020154_27C90002_V01")
    assert np.array_equal(made.core, T[raw[0]])
