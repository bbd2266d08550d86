"""Every kind of product, simulated, goes down the chain to the map that is the truth."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import perijove.decompand
import perijove.junocal
import perijove.junocam2cub
import perijove.junosim
import perijove.spiceinit
from perijove.kit import calfile, cube, geometry, label, mapping, pds3, product, projection

T = np.array(calfile.read("juno/compand.sav")["DN12"])


def made(folder, *words):
    """Simulate three frames without noise and take them down to I/F with geometry."""
    options = "FRAMES=3", "NOISE=NO", "SEED=3", "MAPRESOLUTION=4", "-quiet"
    perijove.junosim.main(f"TO={folder}", *options, *words)
    (source,) = [*folder.glob("*-ImageSet.zip"), *folder.glob("*.LBL"), *folder.glob("*-raw.png")]
    steps = [str(source), *(f"{folder}/{name}.cub" for name in ("raw", "dn", "if", "geo"))]
    tools = perijove.junocam2cub, perijove.decompand, perijove.junocal, perijove.spiceinit
    for tool, a, b in zip(tools, steps, steps[1:], strict=False):
        kernels = [f"KERNELS={folder}/kernels"] if tool is perijove.spiceinit else []
        tool.main(f"FROM={a}", f"TO={b}", "-quiet", *kernels)
    return cube.read(steps[-1])


def true_geometry(strip, folder):
    """The strip's geometry with the time, twist and line offsets that were put in."""
    truth = label.loads((folder / "truth.pvl").read_text()).group("Truth")
    summing = strip.group("Instrument")["SummingMode"]
    offsets = np.array(truth.numbers("LineOffset")) / summing
    g = geometry.from_cube(strip).shift(truth.number("TimeOffset", "s"))
    return geometry.with_constants(g, truth.number("Twist", "degrees"), offsets)


def misfit(strip, g, folder):
    """Mean and rms of map minus truth per band, relative to the truth's mean."""
    truth = cube.read(f"{folder}/truth.cub")
    grid = projection.of_cube(truth)
    found = mapping.resample(
        strip.core, g, grid.points, grid.shape, maxemission=70, maxincidence=80
    )
    difference = found - truth.core
    assert (np.isfinite(difference).sum((1, 2)) > 4000).all()
    scale = np.nanmean(np.where(np.isnan(difference), np.nan, truth.core), (1, 2))
    return np.nanmean(difference, (1, 2)) / scale, np.nanstd(difference, (1, 2)) / scale


def moved(g, x=0.0, y=0.0):
    """The geometry with its camera's axis x samples and y lines away."""
    return replace(g, camera=replace(g.camera, cx=g.camera.cx + x, cy=g.camera.cy + y))


def test_a_summed_strip_of_two_filters_in_a_linear_mode_and_a_zip(tmp_path):
    strip = made(tmp_path, "SUMMING=2", "FILTERS=(RED,BLUE)", "MODE=LIN16", "FORMAT=ZIP")
    assert strip.core.shape == (2, 3 * 64, 824) and strip.band_names() == ["RED", "BLUE"]
    seen = np.isfinite(strip.core)
    assert not seen[:, :, :12].any() and seen[:, :, 12:815].all() and not seen[:, :, 815:].any()
    g = true_geometry(strip, tmp_path)
    mean, rms = misfit(strip, g, tmp_path)
    assert_allclose(mean, 0, atol=0.003)
    assert (rms < [0.012, 0.03]).all()  # steps of 16 DN are 3 percent rms of BLUE
    for wrong in (moved(g, x=0.25), moved(g, x=-0.25), moved(g, y=0.25), moved(g, y=-0.25)):
        assert misfit(strip, wrong, tmp_path)[1][0] > rms[0]  # the half pixels are right


def test_a_reduced_product_is_i_over_f(tmp_path):
    strip = made(tmp_path, "FILTERS=GREEN", "FORMAT=RDR")
    mean, rms = misfit(strip, true_geometry(strip, tmp_path), tmp_path)
    assert 0 < mean[0] < 0.015 and rms[0] < 0.012  # its DN are the tops of the codes' bins


def test_a_methane_image_whose_window_was_shifted(tmp_path):
    words = "FILTERS=METHANE", "TDI=100", "METHANELINE=420.5", "FORMAT=EDR"
    strip = made(tmp_path, *words)
    assert strip.group("Instrument").number("ExposureDuration", "ms") == 320
    assert strip.group("Instrument").number("MethaneLine", "pixels") == 420.5
    offsets = geometry.from_cube(strip).camera.offsets
    assert_allclose(offsets, [420.5 - 315.48], rtol=1e-12)
    g = true_geometry(strip, tmp_path)
    mean, rms = misfit(strip, g, tmp_path)
    assert abs(mean[0]) < 0.02 and rms[0] < 0.02
    unmoved = misfit(strip, moved(g, y=-offsets[0]), tmp_path)[1]
    assert unmoved[0] > 2 * rms[0]


def test_all_forms_hold_the_same_samples(tmp_path):
    strips = {}
    for kind in ("PNG", "ZIP", "EDR", "RDR"):
        folder, words = tmp_path / kind, ("FILTERS=GREEN", "FRAMES=1", "TRUTH=NONE", "KERNELS=NO")
        perijove.junosim.main(f"TO={folder}", *words, f"FORMAT={kind}", "-quiet")
        (source,) = [f for f in folder.glob("JNC*") if f.suffix != ".LBL"] or folder.glob("*I*.zip")
        perijove.junocam2cub.main(f"FROM={source}", f"TO={folder}/raw.cub")
        strips[kind] = cube.read(f"{folder}/raw.cub").core
    assert np.array_equal(strips["PNG"], strips["ZIP"])
    assert np.array_equal(strips["PNG"], strips["EDR"])
    codes = strips["PNG"].astype(int)
    bright = codes > 100
    ratio = strips["RDR"][bright] / T[codes[bright]]
    assert bright.sum() > 10000 and np.ptp(ratio) < 0.01 * ratio.mean()
    names = zipfile.ZipFile(next((tmp_path / "ZIP").glob("*-ImageSet.zip"))).namelist()
    assert names == ["ImageSet/JNCE_2020154_27G90001_V01-raw.png"]
    assert json.loads(next((tmp_path / "PNG").glob("*.json")).read_text())["LINES"] == 128


def test_a_reduced_label_says_what_differs(tmp_path):
    words = "FILTERS=GREEN", "FRAMES=1", "TRUTH=NONE", "KERNELS=NO", "FORMAT=RDR", "-quiet"
    perijove.junosim.main(f"TO={tmp_path}", *words)
    _, source, _ = pds3.read(tmp_path / "JNCR_2020154_27G90001_V01.LBL")
    assert source["STANDARD_DATA_PRODUCT_ID"] == "JUNOCAM-RDR"
    assert (source["SAMPLE_BITS"], source["RECORD_BYTES"]) == (16, 3296)
    assert source["SAMPLE_BIT_MODE_ID"] == "SQROOT"
    assert source["SAMPLE_BIT_MASK"] == 65535  # 2#1111111111111111#


def test_linear_modes_drop_low_bits_and_start_again():
    dn = [0, 15, 16, 255, 256, 2400]
    assert product.companded(dn, "LIN16", T).tolist() == [0, 0, 1, 15, 16, 150]
    assert product.companded(dn, "LIN1", T).tolist() == [0, 15, 16, 255, 0, 2400 - 9 * 256]
    assert product.companded(dn, "SQROOT", T).tolist() == [0, 15, 16, 90, 91, 241]


def test_a_summed_pixel_is_the_mean_of_four():
    dn = np.array([[1.0, 2.0, 5.0, 5.0], [3.0, 6.0, 5.0, 9.0]])
    assert product.summed(dn, 2).tolist() == [[3.0, 6.0]]


def test_a_line_for_methane_alone(tmp_path, capsys):
    with pytest.raises(SystemExit):
        perijove.junosim.main(f"TO={tmp_path}/sim", "METHANELINE=420", "FILTERS=RED")
    assert "METHANELINE is for METHANE, FILTERS = RED" in capsys.readouterr().err
