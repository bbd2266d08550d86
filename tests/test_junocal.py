"""junocal: 12-bit DN to I/F."""

import re
import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove import junocal
from perijove.junocal import main
from perijove.kit import calfile, cube, sink, special
from perijove.kit.calibrate import Strip
from perijove.kit.label import Node, Quantity
from perijove.kit.radiometry import responses
from perijove.kit.strip import Layout
from refusal import refusal

refused = refusal(main)

FRAMES, BANDS = 2, ("BLUE", "GREEN", "RED")
K_BLUE = 925.11  # DN of I/F = 1: 3.2 ms, orbit 10, 5 AU (computed by hand in test_kit_radiometry)
KM = 149597870.7  # per AU
PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def groups(**instrument):
    values = dict(
        ExposureDuration=Quantity(3.2, "ms"),
        TDICount=1,
        SummingMode=1,
        NumberFramelets=FRAMES,
        FrameletLines=128,
        SampleBits=12,
        SampleBitMode="SQROOT",
        SolarDistance=Quantity(5 * KM, "km"),
    )
    return dict(
        Instrument={k: v for k, v in (values | instrument).items() if v is not None},
        Archive=dict(OrbitNumber=10),
        BandBin=dict(FilterName=list(BANDS)),
    )


def dn12(tmp_path, core=1023.0, name="dn.cub", **instrument):
    """Write a decompanded strip of one DN, or of an array (bands, lines, samples)."""
    full = np.full((3, 128 * FRAMES, 1648), core, np.float32)
    kind = "Real" if np.isnan(full).any() or full.max() > 32767 else "SignedWord"
    cube.write(tmp_path / name, cube.new(full, **groups(**instrument)), type=kind)
    return f"FROM={tmp_path / name}"


def calibrated(tmp_path, source, *words, to="if.cub"):
    main(source, f"TO={tmp_path / to}", *(str(w) for w in words))
    return cube.read(str(tmp_path / to))


def test_a_sample_computed_by_hand(tmp_path):
    # code 185 is DN 1023, the top of a bin of 16: its middle is 1015.5; less 0.64 of bias
    found = calibrated(tmp_path, dn12(tmp_path))
    assert_allclose(found.core[0, 0, 100], (1015.5 - 0.64) / K_BLUE, rtol=2e-5)
    plain = calibrated(tmp_path, dn12(tmp_path), "BINCENTER=NO", "BIAS=0")
    assert_allclose(plain.core[0, 0, 100], 1023 / K_BLUE, rtol=2e-5)
    assert_allclose(plain.group("Radiometry").numbers("DnPerUnit")[0], K_BLUE, rtol=1e-5)


def test_white_is_one_and_four_at_twice_the_distance(tmp_path):
    source = dn12(tmp_path, core=K_BLUE)
    words = "BINCENTER=NO", "BIAS=(0,0,0)"
    white = calibrated(tmp_path, source, *words).core[0, 5, 500]
    assert_allclose(white, 1, rtol=1e-3)  # SignedWord rounds the DN
    far = calibrated(tmp_path, source, *words, "SOLARDISTANCE=10AU").core[0, 5, 500]
    assert_allclose(far, 4 * white, rtol=1e-6)
    long = calibrated(tmp_path, source, *words, "EXPOSURE=6.4ms").core[0, 5, 500]
    assert_allclose(long, white / 2, rtol=1e-6)


def test_two_exposures_of_one_scene_give_one_calibration(tmp_path):
    plain = "BINCENTER=NO", "BIAS=0", "BLEMISHES=NONE"
    a = calibrated(tmp_path, dn12(tmp_path, 400), *plain).core
    twice = dict(ExposureDuration=Quantity(0.0064, "s"), TDICount=2)
    b = calibrated(tmp_path, dn12(tmp_path, 800, **twice), *plain).core
    assert_allclose(a, b, rtol=1e-6)


def test_dark_columns_are_null_and_nothing_else(tmp_path):
    kinds = special.kinds(calibrated(tmp_path, dn12(tmp_path)).core)
    assert (kinds[..., :23] == 1).all() and (kinds[..., 1631:] == 1).all()
    assert not kinds[..., 23:1631].any()


def test_saturation_is_his_by_the_dn_as_it_came(tmp_path, capsys):
    core = np.zeros((3, 128 * FRAMES, 1648), np.float32)
    core[1, 3, 100:104] = 2335, 2359, 2360, 2367
    core[1, 4, 5] = 2879  # in the dark columns
    found = calibrated(tmp_path, dn12(tmp_path, core), "BIAS=100")
    assert special.kinds(found.core[1, 3, 100:104]).tolist() == [0, 0, 4, 4]
    assert (special.kinds(found.core) == 4).sum() == 2
    assert "saturated: BLUE 0, GREEN 2, RED 0" in capsys.readouterr().err
    found = calibrated(tmp_path, dn12(tmp_path, core), "SATURATION=2336")
    assert special.kinds(found.core[1, 3, 100:104]).tolist() == [0, 4, 4, 4]


def test_special_pixels_keep_their_kind(tmp_path):
    core = np.full((3, 128 * FRAMES, 1648), 100, np.float32)
    core[2, 7, 30:35] = special.NULL, special.LRS, special.LIS, special.HIS, special.HRS
    found = calibrated(tmp_path, dn12(tmp_path, core))
    assert special.kinds(found.core[2, 7, 29:36]).tolist() == [0, 1, 2, 3, 4, 5, 0]


def test_the_linear_modes_shift_up(tmp_path):
    found = calibrated(tmp_path, dn12(tmp_path, 160, SampleBitMode="LIN16"), "BIAS=0")
    assert_allclose(found.core[0, 0, 100], 167.5 / K_BLUE, rtol=2e-5)  # 160 .. 175


def plane(path, values):
    """Write (3, 128, 1648) as the stack of strips that flats come in, 384 x 1648."""
    cv2.imwrite(str(path), np.concatenate(values))
    return path


def test_a_flat_is_normalised_and_belongs_to_row_column_and_band(tmp_path):
    flat = np.ones((3, 128, 1648), np.float32)
    flat *= np.array([0.1, 0.3, 0.5], np.float32)[:, None, None]  # colour: must not come through
    flat[:, :, :23] = flat[:, :, 1631:] = 0
    flat[1, 100, 700] *= 2  # twice the response
    flat[2, 5, 800] = 0  # none
    source = dn12(tmp_path)
    plain = calibrated(tmp_path, source, "BLEMISHES=NONE").core
    for path in (plane(tmp_path / "flat.tiff", flat), tmp_path / "flat.cub"):
        if path.suffix == ".cub":  # bands by name, in another order
            named = cube.new(flat[::-1], BandBin=dict(FilterName=list(BANDS[::-1])))
            cube.write(path, named)
        found = calibrated(tmp_path, source, f"FLAT={path}")
        ratio = found.core / plain
        special_flat = special.kinds(ratio[2, [5, 133], 800])
        assert special_flat.tolist() == [1, 1]
        assert_allclose(ratio[1, [100, 228], 700], 0.5, rtol=1e-6)
        ratio[1, [100, 228], 700] = 1
        assert_allclose(ratio[np.isfinite(ratio)], 1, rtol=1e-6)
        assert found.group("Radiometry")["Flat"] == path.name
        assert f" {path.name} " in found.history  # its SHA-256


def test_a_mask_makes_null_and_a_dark_frame_replaces_the_bias(tmp_path):
    mask = np.zeros((3, 128, 1648), np.uint8)
    mask[0, 2, 50], mask[2, 127, 60] = 255, 1
    dark = np.full((3, 128, 1648), 2, np.float32)
    dark[1, 7, 70] = 12
    plane(tmp_path / "mask.png", mask)
    plane(tmp_path / "dark.tif", dark)
    words = f"MASK={tmp_path}/mask.png", f"DARK={tmp_path}/dark.tif"
    found = calibrated(tmp_path, dn12(tmp_path), *words)
    plain = calibrated(tmp_path, dn12(tmp_path), "BIAS=2")
    kinds = special.kinds(found.core[..., 23:1631])
    assert np.argwhere(kinds).tolist() == [[0, 2, 27], [0, 130, 27], [2, 127, 37], [2, 255, 37]]
    lower = plain.core - found.core
    k = found.group("Radiometry").numbers("DnPerUnit")[1]
    assert_allclose(lower[1, [7, 135], 70], 10 / k, rtol=1e-4)
    lower[1, [7, 135], 70] = 0
    assert_allclose(lower[np.isfinite(lower)], 0, atol=1e-7)


def test_a_methane_strip_takes_one_plane(tmp_path):
    made = groups() | dict(BandBin=dict(FilterName=["METHANE"]))
    cube.write(
        tmp_path / "m.cub", cube.new(np.full((1, 256, 1648), 22.0), **made), type="SignedWord"
    )
    cv2.imwrite(str(tmp_path / "flat.tif"), np.full((128, 1648), 7, np.float32))
    found = calibrated(tmp_path, f"FROM={tmp_path}/m.cub", f"FLAT={tmp_path}/flat.tif")
    # 0.0032 s * 57761 * 0.9323 * 20 / 25 / pi = 43.88 DN
    assert_allclose(found.core[0, 0, 100], 22 / 43.88, rtol=1e-4)


def test_a_reduced_product_is_dn_over_10000(tmp_path, capsys):
    core = np.full((3, 128 * FRAMES, 1648), 5000, np.float32)
    core[0, 0, 100] = 40000  # no saturation level, no bins, no bias
    found = calibrated(tmp_path, dn12(tmp_path, core, SampleBits=16, ExposureDuration=None))
    assert "I/F = DN/10000" in capsys.readouterr().err
    assert_allclose(found.core[0, 0, 100:102], [4, 0.5], rtol=1e-6)
    assert found.group("Radiometry")["Units"] == "I/F"


def test_summed_strips_have_half_the_columns(tmp_path):
    made = groups(SummingMode=2, FrameletLines=64)
    core = np.full((3, 64 * FRAMES, 824), 100.0)
    cube.write(tmp_path / "s.cub", cube.new(core, **made), type="SignedWord")
    found = calibrated(tmp_path, f"FROM={tmp_path}/s.cub").core
    assert np.flatnonzero(np.isfinite(found[0, 0]))[[0, -1]].tolist() == [12, 814]


def test_constants_and_their_sources_are_recorded(tmp_path):
    found = calibrated(tmp_path, dn12(tmp_path), "ORBIT=43", "BIAS=1")
    made = found.group("Radiometry")
    assert_allclose(made.numbers("Throughput"), [0.6056, 0.71159, 0.84187])
    assert made["SolarDistance"] == Quantity(5.0, "AU")
    assert made["Bias"] == Quantity([1.0, 1.0, 1.0], "DN")
    assert made["AbsoluteUncertainty"] == Quantity([25, 25, 25], "percent")
    for line in ("ORBIT         = CommandLine", "EXPOSURE      = Label", "BINCENTER     = Default"):
        assert line in found.history
    assert re.search("bands.sav +=", found.history)
    bias = calibrated(tmp_path, dn12(tmp_path)).history
    assert "BIAS          = Table" in bias


def test_the_sun_vector_of_spiceinit_goes_before_the_label_and_a_word_before_both(tmp_path):
    far = dict(SC_SUN_POSITION_VECTOR=Quantity([0.0, 6 * KM, 0.0], "km"))
    source = dn12(tmp_path, **far)
    used = calibrated(tmp_path, source).group("Radiometry")["SolarDistance"]
    assert used == Quantity(6.0, "AU")
    used = calibrated(tmp_path, source, "SOLARDISTANCE=4AU").group("Radiometry")["SolarDistance"]
    assert used == Quantity(4.0, "AU")


def test_an_exposure_that_is_not_its_stages_is_told(tmp_path, capsys):
    calibrated(tmp_path, dn12(tmp_path, TDICount=6))
    assert "ExposureDuration = 3.2 ms is not TDICount = 6 x 3.2 ms" in capsys.readouterr().err
    calibrated(tmp_path, dn12(tmp_path, TDICount=6), "EXPOSURE=3.2")
    assert "TDICount" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("instrument", "words", "expected"),
    [
        (dict(SampleBits=8), (), "SampleBits = 8: run decompand first"),
        (dict(SampleBits=10), (), "SampleBits = 10, expected 12 (decompanded) or 16 (reduced)"),
        (
            dict(NumberFramelets=3),
            (),
            "expected the whole strip, 3 of 384 x 1648: crop afterwards",
        ),
        (dict(ExposureDuration=None), (), "EXPOSURE is not in the label: give EXPOSURE"),
        (dict(ExposureDuration=Quantity(0.0, "ms")), (), "EXPOSURE = 0.0: give EXPOSURE"),
        (dict(SolarDistance=None), (), "SOLARDISTANCE is not in the label: give SOLARDISTANCE"),
        (dict(SampleBitMode="LIN5"), (), "the known modes are SQROOT, LIN1"),
        (dict(SampleBits=16), ("BIAS=1",), "BIAS does not apply to a reduced product"),
        ({}, ("BIAS=(1,2)",), "BIAS has 2 values, expected one or 3 (BLUE, GREEN, RED)"),
        ({}, ("ORBIT=120",), "the ageing fit of BLUE (through orbit 60) has run out"),
        ({}, ("SATURATION=0",), "SATURATION = 0: expected at least 1"),
        ({}, ("FLAT=small.tif",), "64 x 1648 samples, expected strips of 128 x 1648"),
        ({}, ("FLAT=two.tif",), "2 strips, expected one for each of BLUE, GREEN, RED"),
        ({}, ("FLAT=zero.tif",), "a band of the flat has no positive sample"),
        ({}, ("MASK=inverse.tif",), "100.00 % of the pixels are bad: is the mask inverted?"),
        ({}, ("DARK=zero.tif", "BIAS=1"), "DARK and BIAS exclude each other"),
        ({}, ("MASK=inverse.tif", "MASKBAD=ZERO", "FLAT=small.tif"), "64 x 1648 samples"),
        ({}, ("FLAT=inverse.tif", "GAIN=inverse.tif"), "FLAT and GAIN exclude each other"),
        (
            {},
            ("FLAT=gain.tif",),
            "the edges respond 1.50 times as much as the middle: is it a gain",
        ),
        (
            {},
            ("GAIN=flat.tif",),
            "the edges respond 1.50 times as much as the middle: is it a flat",
        ),
        ({}, ("DARK=faint.tif",), "its largest sample is 0.02 DN: give DARKSCALE"),
        ({}, ("DARKSCALE=2879",), "DARKSCALE is given without DARK"),
        ({}, ("MASKBAD=ZERO",), "MASKBAD is given without MASK"),
        (
            {},
            ("MASK=(small.tif,two.tif)",),
            "2 files (small.tif, two.tif), expected one, or one for",
        ),
        ({}, ("STRAY=0.2",), "STRAY is for METHANE, the strip has BLUE, GREEN, RED"),
        ({}, ("BACKGROUND=SKY",), "BLUE: BACKGROUND = SKY: no sky is seen"),
        (dict(SampleBits=16), ("HOTPIXELS=NULL",), "HOTPIXELS does not apply to a reduced product"),
    ],
)
def test_refusals(tmp_path, capsys, monkeypatch, instrument, words, expected):
    monkeypatch.chdir(tmp_path)
    core = np.broadcast_to(np.linspace(100, 1500, 1648), (3, 128 * FRAMES, 1648))
    source = dn12(tmp_path, core, **instrument)
    vignetting = np.broadcast_to(np.where(np.abs(np.arange(1648) - 824) < 600, 1.5, 1), (384, 1648))
    inverse = np.ones((384, 1648), np.float32)
    inverse[100, 100:120] = 0
    for name, image in (
        ("small", np.ones((64, 1648), np.float32)),
        ("two", np.ones((256, 1648), np.float32)),
        ("zero", np.zeros((384, 1648), np.float32)),
        ("inverse", inverse),
        ("flat", vignetting.astype(np.float32)),
        ("gain", (1 / vignetting).astype(np.float32)),
        ("faint", np.full((384, 1648), 0.02, np.float32)),
    ):
        cv2.imwrite(f"{name}.tif", image)
    line = refused(capsys, 2, source, "TO=if.cub", *words)
    assert line.startswith("**USER ERROR** junocal: ") and expected in line
    assert not (tmp_path / "if.cub").exists()


def test_calibrating_twice_is_refused(tmp_path, capsys):
    calibrated(tmp_path, dn12(tmp_path))
    capsys.readouterr()
    line = refused(capsys, 2, f"FROM={tmp_path}/if.cub", f"TO={tmp_path}/again.cub")
    assert "already calibrated (the label has a Group = Radiometry)" in line


def test_a_damaged_flat_is_an_io_error(tmp_path, capsys):
    path = plane(tmp_path / "flat.tif", np.ones((3, 128, 1648), np.float32))
    path.write_bytes(path.read_bytes()[:2000])
    line = refused(capsys, 4, dn12(tmp_path), f"TO={tmp_path}/if.cub", f"FLAT={path}")
    assert line.startswith("**I/O ERROR** junocal: flat.tif: cannot be read as an image")
    line = refused(capsys, 4, dn12(tmp_path), f"TO={tmp_path}/if.cub", f"FLAT={tmp_path}/none.tif")
    assert "none.tif: cannot be read" in line


def test_blocks_give_what_the_whole_gives(tmp_path):
    rng = np.random.default_rng(43)
    core = rng.integers(0, 2500, (3, 128 * FRAMES, 1648)).astype(np.float32)
    flat = rng.uniform(0.5, 1.5, (3, 128, 1648)).astype(np.float32)
    flat /= np.median(flat[..., 23:1631], axis=(1, 2))[:, None, None]
    found = calibrated(tmp_path, dn12(tmp_path, core), f"FLAT={plane(tmp_path / 'f.tif', flat)}",
                       "BINCENTER=NO", "BIAS=(1,2,3)")  # fmt: skip
    strip = Strip(
        k=np.array(found.group("Radiometry").numbers("DnPerUnit"), np.float32),
        bias=np.broadcast_to(np.float32([[[1]], [[2]], [[3]]]), core.shape),
        layout=Layout(BANDS, 128, 1648, 23, 1631),
        saturation=2360,
        flat=flat,
    )
    for band in range(3):
        whole = strip.calibrate(core[band], band)
        assert_allclose(found.core[band], whole, rtol=1e-5)
        assert np.array_equal(special.kinds(found.core[band]), special.kinds(whole))


def test_pixels_looked_after_one_by_one_give_what_planes_give(tmp_path, monkeypatch):
    core = np.random.default_rng(44).integers(0, 2500, (3, 128 * FRAMES, 1648)).astype(np.float32)
    mask = np.zeros((3, 128, 1648), np.uint8)
    mask[:, ::40, 300::200] = 1
    source = dn12(tmp_path, core, TDICount=2, ExposureDuration=Quantity(6.4, "ms"))
    words = source, f"MASK={plane(tmp_path / 'm.tif', mask)}", "ORBIT=43"
    found = []
    for few in (0, 1):
        monkeypatch.setattr(junocal, "FEW", few)
        found.append(calibrated(tmp_path, *words).core)
    assert_array_equal(found[0].view(np.uint32), found[1].view(np.uint32))
    assert np.count_nonzero(special.kinds(found[0][:, 40, 300::200]) == 1) == 3 * 7


def test_a_chain_of_pipes_gives_the_bytes_of_files(tmp_path, shell):
    core = np.random.default_rng(1).integers(0, 256, (3, 256, 1648))
    cube.write(tmp_path / "raw.cub", cube.new(core, **groups(SampleBits=8)), type="SignedWord")
    shell("decompand < raw.cub | junocal > a.cub")
    shell("decompand FROM=raw.cub TO=dn.cub && junocal FROM=dn.cub TO=b.cub")
    assert (tmp_path / "a.cub").read_bytes() == (tmp_path / "b.cub").read_bytes()
    done = shell("junocal < raw.cub > c.cub", check=False)
    assert done.returncode == 2
    assert done.stderr == b"**USER ERROR** junocal: -: SampleBits = 8: run decompand first\n"


def test_memory_does_not_grow_with_the_cube(tmp_path, shell):
    frames = 90
    root = Node()
    for name, values in groups(NumberFramelets=frames).items():
        root.object("IsisCube").append(Node("Group", name, values.items()))
    shape = 3, 128 * frames, 1648
    with open(tmp_path / "a.cub", "wb") as file:
        file.write(sink.compose(root, shape, ("SignedWord", "Lsb", 0.0, 1.0), (), ""))
        file.truncate(65536 + 2 * int(np.prod(shape)))  # DN 0 everywhere
    assert (tmp_path / "a.cub").stat().st_size > 100e6
    (tmp_path / "peak.py").write_text(PEAK)
    done = shell(f"{sys.executable} peak.py junocal FROM=a.cub")
    assert int(done.stdout) < 64 * 1024  # kB


@pytest.fixture(scope="module")
def poles(testdata, tmp_path_factory):
    """DN and I/F of two products of perijove 43, four minutes apart: 6 and 3 TDI stages."""
    folder, found = tmp_path_factory.mktemp("poles"), []
    flat = testdata / "junocam/calibration/flatFieldsSmooth12to16.tiff"
    for number in (13537, 13539):
        (source,) = (testdata / f"junocam/pj43/{number}-ImageSet").glob("*-raw.png")
        words = f"junocam2cub FROM={source} | decompand TO=dn.cub"
        words += f" && junocal FROM=dn.cub TO=if.cub FLAT={flat}"
        subprocess.run(["bash", "-o", "pipefail", "-c", words], cwd=folder, check=True)
        found.append((cube.read(f"{folder}/dn.cub").core, cube.read(f"{folder}/if.cub").core))
    return found


def test_the_saturated_share_of_the_real_south_pole(poles):
    dn, radiance_factor = poles[1]
    full = (special.kinds(radiance_factor) == 4).sum(axis=(1, 2))
    lit = (dn > 50).sum(axis=(1, 2))
    assert full[:2].tolist() == [0, 0]
    assert_allclose(full[2] / lit[2], 0.16, atol=0.01)  # of the lit part in red


def test_the_real_bands_have_one_scale(poles):
    for band in poles[1][1]:  # no white balance is needed: within the stated uncertainty
        assert_allclose(np.nanpercentile(band[band > 0.03], 90), 0.36, atol=0.06)


def test_the_labels_exposure_is_the_total_of_all_stages(poles):
    long, short = (np.nanpercentile(made[0][made[0] > 0.03], [50, 75, 90]) for _, made in poles)
    assert_allclose(long / short, 1, atol=0.03)  # blue, 19.2 ms and 9.6 ms


def test_a_blemish_is_divided_by_its_response(tmp_path):
    """The deepest pixel of the table, RED line 109 and sample 361 from 1, responds with 0.18."""
    source = dn12(tmp_path)
    plain = calibrated(tmp_path, source, "BLEMISHES=NONE").core
    ratio = calibrated(tmp_path, source).core / plain
    assert_allclose(ratio[2, [108, 108 + 128], 360], 1 / 0.18, rtol=1e-5)
    assert_allclose(np.nanmax(ratio), 1 / 0.18, rtol=1e-5)
    rows = len(calfile.read("juno/blemishes.sav").rows)
    assert np.nanmin(ratio) == 1.0 and (ratio > 1).sum() == FRAMES * rows


def test_tdi_spreads_a_blemish_over_its_stages():
    table = calfile.CalFile(
        Node(items=[("Columns", ["FILTER", "LINE", "SAMPLE", "RESPONSE"])]),
        [dict(FILTER="RED", LINE=10, SAMPLE=5, RESPONSE=0.4)],
        "-",
    )
    layout = Layout(["BLUE", "RED"], 128, 1648, 23, 1631)
    three = responses(table, layout, 3)
    assert_allclose(three[1, 8:14, 4], [1, 0.8, 0.8, 0.8, 1, 1], rtol=1e-6)
    assert (three == 1).sum() == three.size - 3
    half = Layout(["BLUE", "RED"], 64, 824, 12, 815)
    assert (responses(table, half, 1) == 1).all()


@pytest.mark.parametrize("image", ["pj44/13541", "pj43/13539"])
def test_the_deepest_spot_is_gone_from_real_images_of_2_and_of_3_stages(
    testdata, tmp_path, shell, image
):
    source = testdata / f"junocam/{image}-ImageSet"
    shell(f"junocam2cub FROM=$(echo {source}/*-raw.png) | decompand | junocal TO=a.cub")
    frames = cube.read(str(tmp_path / "a.cub")).core[2].reshape(-1, 128, 1648)[:, 98:124, 345:375]
    frames = frames[np.isfinite(frames).all((1, 2))]
    around = np.median(frames, axis=(1, 2), keepdims=True)
    lit = (around > 0.1).ravel()
    spot = np.median((frames / around)[lit, 8:14, 12:17], axis=0)
    assert lit.any()
    assert_allclose(spot, 1, atol=0.16)  # 0.2 to 0.7 before
    assert_allclose(spot.mean(), 1, atol=0.05)


def test_a_known_hot_pixel_is_subtracted_with_its_streak(tmp_path):
    """GREEN line 107, sample 473 adds 58.6 DN in each stage, from perijove 18 on."""
    source = dn12(tmp_path, TDICount=3, ExposureDuration=Quantity(9.6, "ms"))
    plain = calibrated(tmp_path, source, "ORBIT=20", "HOTLIST=NONE")
    k = plain.group("Radiometry").numbers("DnPerUnit")[1]
    lower = (plain.core - calibrated(tmp_path, source, "ORBIT=20").core) * k
    assert_allclose(lower[1, [105, 106, 107, 108, 109], 472], [0, 58.6, 58.6, 58.6, 0], atol=0.01)
    assert_allclose(lower[1, 128 + 107, 472], 58.6, atol=0.01)
    assert_allclose(lower[1, 50, 1440], 4.8, atol=0.01)  # a column
    early = calibrated(tmp_path, source, "ORBIT=17").core
    assert_allclose(early, calibrated(tmp_path, source, "ORBIT=17", "HOTLIST=NONE").core)


def test_a_dark_frame_holds_the_hot_pixels_itself(tmp_path):
    cv2.imwrite(str(tmp_path / "dark.tif"), np.full((384, 1648), 2, np.float32))
    source, dark = dn12(tmp_path), f"DARK={tmp_path}/dark.tif"
    plain = calibrated(tmp_path, source, "ORBIT=44", "BIAS=2", "HOTLIST=NONE").core
    assert_allclose(calibrated(tmp_path, source, "ORBIT=44", dark).core, plain, rtol=1e-5)
    typed = calibrated(tmp_path, source, "ORBIT=44", dark, "HOTLIST=juno/hotpixels.sav").core
    assert (typed < plain).sum() > 1000


def raised(tmp_path, **instrument):
    """A strip of sky and of 400 DN, read out with a background that wanders, and its levels."""
    rng = np.random.default_rng(7)
    level = np.array([60.0, 67.0])
    core = np.zeros((3, FRAMES, 128, 1648))
    core[..., 700:1500] = 400
    core += level[:, None, None] + rng.normal(0, 4, core.shape)
    return dn12(tmp_path, np.rint(core).reshape(3, -1, 1648), **instrument), level


@pytest.mark.parametrize("words", [("BACKGROUND=COLUMNS",), ("BACKGROUND=SKY", "BIAS=3")])
def test_a_raised_background_is_found_and_taken_off(tmp_path, capsys, words):
    source, level = raised(tmp_path)
    found = calibrated(tmp_path, source, "BINCENTER=NO", "BIAS=0", *words[:1], "BLEMISHES=NONE")
    k = found.group("Radiometry").numbers("DnPerUnit")
    for f in range(FRAMES):
        for b in range(3):
            band = found.core[b, 128 * f : 128 * (f + 1)]
            assert_allclose(np.nanmedian(band[:, 800:1400]) * k[b], 400, atol=0.5)
            assert_allclose(np.nanmedian(band[:, 100:600]) * k[b], 0, atol=0.5)
    made = found.group("Radiometry")
    assert_allclose(made.numbers("Background", unit="DN"), [level.mean()] * 3, atol=0.5)
    assert_allclose(made.numbers("BackgroundRange", unit="DN"), [7] * 3, atol=0.5)
    assert "Background: BLUE 6" in capsys.readouterr().err


def spotted(tmp_path):
    """Eight frames of a slanted gradient, a hot pixel's streak of 6 lines, and one hit; in all
    bands."""
    rng = np.random.default_rng(8)
    line, sample = np.mgrid[: 8 * 128, :1648]
    scene = 300 + 0.3 * line + 0.2 * sample + rng.normal(0, 5, (3, 1024, 1648))
    frames = scene.reshape(3, 8, 128, 1648)
    frames[:, :, 20:26, 500] += 90
    frames[:, 3, 100, 900] += 200
    frames[..., :23] = frames[..., 1631:] = 0
    made = groups(NumberFramelets=8, TDICount=6, ExposureDuration=Quantity(19.2, "ms"))
    cube.write(tmp_path / "s.cub", cube.new(np.rint(scene), **made), type="SignedWord")
    truth = 300 + 0.3 * line + 0.2 * sample
    return f"FROM={tmp_path}/s.cub", truth


def test_hot_pixels_and_hits_become_null_or_their_neighbours(tmp_path, capsys):
    source, truth = spotted(tmp_path)
    plain = "BINCENTER=NO", "BIAS=0", "BLEMISHES=NONE"
    found = calibrated(tmp_path, source, "HOTPIXELS=NULL", *plain)
    said = capsys.readouterr().err
    assert "HotPixels: BLUE 6, GREEN 6, RED 6" in said and "Hits: BLUE 1, GREEN 1, RED 1" in said
    group = found.group("Radiometry")
    assert group["HotPixels"] == [6, 6, 6] and group["Hits"] == [1, 1, 1]
    null = special.kinds(found.core[..., 23:1631])
    assert null.sum() == 3 * (8 * 6 + 1) and null.max() == 1
    assert null[:, 20:26, 477].all() and null[:, 3 * 128 + 100, 877].all()
    filled = calibrated(tmp_path, source, "HOTPIXELS=REPLACE", *plain)
    assert np.isfinite(filled.core[..., 23:1631]).all()
    k = filled.group("Radiometry").numbers("DnPerUnit")[0]
    assert_allclose(filled.core[0, 20:26, 500] * k, truth[20:26, 500], atol=15)
    assert_allclose(filled.core[0, 484, 900] * k, truth[484, 900], atol=15)


def test_too_few_frames_for_hot_pixels_are_told(tmp_path, capsys):
    calibrated(tmp_path, dn12(tmp_path), "HOTPIXELS=NULL")
    said = capsys.readouterr().err
    assert "2 frames, hot pixels need 5: hits alone are looked for" in said
    assert "HotPixels: BLUE 0, GREEN 0, RED 0" in said


def test_stray_light_of_methane_becomes_null(tmp_path, capsys):
    line, sample = np.mgrid[: 12 * 128, :1648]
    inside = np.hypot(sample - 430, line - 900) < 330
    scene = inside * 25 * np.clip((500 - sample + 0.3 * (line - 900)) / 250, 0, 1)
    frames = scene.reshape(12, 128, 1648)
    sums = np.pad(frames.mean(axis=1), ((0, 3), (0, 0)))
    light = 0.08 * (sums[2:14] + sums[3:15])
    noise = np.random.default_rng(9).normal(1, 1.2, frames.shape)
    dn = np.maximum(np.rint(frames + light[:, None] + noise), 0).reshape(1, -1, 1648)
    made = groups(NumberFramelets=12, TDICount=32, ExposureDuration=Quantity(102.4, "ms"))
    made["BandBin"] = dict(FilterName=["METHANE"])
    cube.write(tmp_path / "m.cub", cube.new(dn, **made), type="SignedWord")
    found = calibrated(tmp_path, f"FROM={tmp_path}/m.cub", "STRAY=0.2")
    said = capsys.readouterr().err
    assert re.search(r"StrayLight: METHANE (3\.\d+|4\.[0-3]\d*) DN", said)
    lost = special.kinds(found.core[0].reshape(12, 128, 1648)) == 1
    sky = (light > 1)[:, None] & (frames == 0)
    bright = (frames > 10) & (light[:, None] < 0.1 * frames)
    assert lost[sky].mean() > 0.98 and not lost[bright].any()
    assert found.group("Radiometry")["StrayPixels"] == [int(lost[..., 23:1631].sum())]


def test_the_quality_of_the_epoch_is_recorded_and_told_where_it_is_not_nominal(tmp_path, capsys):
    source = dn12(tmp_path)
    assert calibrated(tmp_path, source).group("Radiometry")["Quality"] == "nominal"
    assert "nominal" not in capsys.readouterr().err
    damaged = calibrated(tmp_path, source, "ORBIT=56").group("Radiometry")["Quality"]
    assert damaged == "CCD damaged by radiation"
    assert "orbit 56: CCD damaged by radiation" in capsys.readouterr().err


def test_planes_come_as_a_file_for_each_band(tmp_path):
    rng = np.random.default_rng(3)
    flat = (1000 * rng.uniform(0.9, 1.1, (3, 128, 1648))).astype(np.uint16)
    flat[:, 5, 100] = 2000
    mask = np.full((3, 128, 1648), 255, np.uint8)
    for b in range(3):
        mask[b, b, 200] = 0
        cv2.imwrite(f"{tmp_path}/f{b}.png", flat[b])
        cv2.imwrite(f"{tmp_path}/m{b}.png", mask[b])
    cv2.imwrite(f"{tmp_path}/f.png", flat.reshape(384, 1648))
    lists = {k: "({},{},{})".format(*(f"{tmp_path}/{k}{b}.png" for b in range(3))) for k in "fm"}
    source = dn12(tmp_path)
    found = calibrated(tmp_path, source, f"FLAT={lists['f']}", f"MASK={lists['m']}", "MASKBAD=ZERO")
    stacked = calibrated(tmp_path, source, f"FLAT={tmp_path}/f.png").core
    null = np.argwhere(special.kinds(found.core[..., 23:1631]))
    assert null.tolist() == [[b, 128 * f + b, 177] for b in range(3) for f in range(FRAMES)]
    valid = np.isfinite(found.core)
    assert np.array_equal(found.core[valid], stacked[valid])
    assert found.group("Radiometry").texts("Flat") == ["f0.png", "f1.png", "f2.png"]


def test_a_gain_is_the_inverse_of_a_flat_and_a_scaled_dark_frame_is_in_dn(tmp_path):
    flat = np.random.default_rng(5).uniform(0.9, 1.1, (3, 128, 1648)).astype(np.float32)
    plane(tmp_path / "flat.tif", flat)
    plane(tmp_path / "gain.tif", 0.3 / flat)
    source = dn12(tmp_path)
    a = calibrated(tmp_path, source, f"FLAT={tmp_path}/flat.tif").core
    b = calibrated(tmp_path, source, f"GAIN={tmp_path}/gain.tif").core
    assert_allclose(a, b, rtol=1e-5)
    plane(tmp_path / "dark.tif", np.full((3, 128, 1648), 3 / 2879, np.float32))
    words = f"DARK={tmp_path}/dark.tif", "DARKSCALE=2879"
    c = calibrated(tmp_path, source, *words).core
    assert_allclose(c, calibrated(tmp_path, source, "BIAS=3").core, rtol=1e-5)


CALIBRATION = {  # words, and what is said of them
    "FLAT=flatFieldsSmooth12to16.tiff": "saturated",
    "GAIN=gainSmooth12to16.tiff": "saturated",
    "FLAT=gainSmooth12to16.tiff": "give GAIN",
    "DARK=debias18.tiff DARKSCALE=2879": "dark frame: BLUE 0.64, GREEN 0.70, RED 0.71 DN",
    "DARK=debias18.tiff": "give DARKSCALE",
    "DARK=(junocam_dark_pj28_v1_{}.tif) DARKSCALE=0.04393": "BLUE 0.35, GREEN 0.40, RED 0.48 DN",
    "MASK=(junocam_inpaint_mask_pj32_v1_{}.png)": "saturated",
    "MASK=BAD_PIXEL_MASK.png MASKBAD=ZERO": "saturated",
    "MASK=BAD_PIXEL_MASK.png": "then give MASKBAD=ZERO",
    "FLAT=junocam_rgb_flatfield_v3_0.png": "1 strip, expected one for each of BLUE, GREEN, RED",
}


@pytest.mark.parametrize("words", CALIBRATION)
def test_the_public_calibration_files_work_or_say_what_they_need(
    testdata, tmp_path, capsys, monkeypatch, words
):
    monkeypatch.chdir(testdata / "junocam/calibration")
    given = []
    for word in words.split():
        key, value = word.split("=")
        if "{" in value:
            value = ",".join(value.strip("()").format(c) for c in ("blue", "green", "red"))
            value = f"({value})"
        given.append(f"{key}={value}")
    source = dn12(tmp_path)
    try:
        main(source, f"TO={tmp_path}/if.cub", *given)
    except SystemExit:
        pass
    assert CALIBRATION[words] in capsys.readouterr().err


def test_the_real_south_pole_shows_its_hot_pixels_and_no_hit(testdata, tmp_path, shell):
    source = testdata / "junocam/pj43/13539-ImageSet"
    shell(f"junocam2cub FROM=$(echo {source}/*-raw.png) | decompand TO=dn.cub")
    listed = shell("junocal FROM=dn.cub TO=a.cub HOTPIXELS=NULL BACKGROUND=COLUMNS").stderr.decode()
    bare = shell("junocal FROM=dn.cub TO=b.cub HOTPIXELS=NULL HOTLIST=NONE").stderr.decode()
    count = {
        name: [int(n) for n in re.search(r"HotPixels: \D+(\d+)\D+(\d+)\D+(\d+)", said).groups()]
        for name, said in (("listed", listed), ("bare", bare))
    }
    assert all(a > 200 and a > 4 * b for a, b in zip(count["bare"], count["listed"], strict=True))
    hits = [int(n) for n in re.search(r"Hits: \D+(\d+)\D+(\d+)\D+(\d+)", listed).groups()]
    assert max(hits) < 20  # of 150,000 lit samples in each band
    assert "Background: BLUE 0.0, GREEN 0.0, RED 0.0 DN" in listed


def test_the_real_methane_image_shows_its_stray_light(testdata, tmp_path, shell):
    source = testdata / "junocam/pj43/13540-ImageSet"
    chain = f"junocam2cub FROM=$(echo {source}/*-raw.png) | decompand | junocal TO=a.cub"
    said = shell(f"{chain} HOTPIXELS=NULL STRAY=0.2").stderr.decode()
    light = float(re.search(r"StrayLight: METHANE ([\d.]+) DN", said)[1])
    assert 2 < light < 3.5
    frames = special.kinds(cube.read(f"{tmp_path}/a.cub").core[0].reshape(12, 128, 1648)) == 1
    assert frames[4, :, 250:350].mean() > 0.95  # before the planet comes
    assert frames[8, :, 300:450].mean() < 0.1  # on it
    assert frames[0, :, 23:1631].mean() < 0.02
