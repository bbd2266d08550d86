"""kit/radiometry: what joins codes, DN and I/F."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import calfile, radiometry
from perijove.kit.error import Error
from perijove.kit.label import Node
from perijove.kit.strip import Layout

BANDS = calfile.read("juno/bands.sav")
SQROOT = np.array(calfile.read("juno/compand.sav")["DN12"])
BLUE, GREEN, RED, METHANE = radiometry.bands(BANDS, ["BLUE", "GREEN", "RED", "METHANE"])


def test_dn_of_white_computed_by_hand():
    # BLUE, 3.2 ms, orbit 10: a = 1.07 - 0.108 = 0.962; sun 1.9785 * 45.5 / 5**2 = 3.60087 W/m2
    # 0.0032 s * 0.962 * 262186 * 3.60087 / pi = 925.11 DN
    assert_allclose(radiometry.dn_per_if(BLUE, 0.0032, 5.0, 10), 925.11, rtol=1e-5)


def test_a_white_screen_obeys_exposure_and_inverse_square():
    k = radiometry.dn_per_if(RED, 0.0032, 5.0, 1)
    assert_allclose(radiometry.dn_per_if(RED, 0.0064, 5.0, 1), 2 * k, rtol=1e-12)
    assert_allclose(radiometry.dn_per_if(RED, 0.0032, 10.0, 1), k / 4, rtol=1e-12)


def test_white_at_the_sun_distance_of_1_au_has_radiance_e_over_pi():
    radiance = GREEN["SOLAR"] * GREEN["WIDTH"] / math.pi
    dn = radiance * GREEN["RESPONSE"] * radiometry.ageing(GREEN, 0)
    assert_allclose(radiometry.dn_per_if(GREEN, 1.0, 1.0, 0), dn, rtol=1e-12)


def test_throughput_of_orbit_43_and_the_end_of_its_fit():
    found = [radiometry.ageing(band, 43) for band in (BLUE, GREEN, RED, METHANE)]
    assert_allclose(found, [0.6056, 0.71159, 0.84187, 1.0], atol=1e-9)
    with pytest.raises(Error, match="orbit 100: the ageing fit of BLUE"):
        radiometry.ageing(BLUE, 100)


def test_the_sun_is_a_bit_brighter_than_a_black_body_in_the_blue():
    def black_body(nm):  # 5772 K at 1 AU, W/m2/nm
        x = 1.438776877e-2 / (nm * 1e-9 * 5772)
        radiance = 1.191042972e-16 / (nm * 1e-9) ** 5 / (math.exp(x) - 1)
        return math.pi * radiance * (6.957e8 / 1.495978707e11) ** 2 * 1e-9

    ratio = [band["SOLAR"] / black_body(band["CENTER"]) for band in (BLUE, GREEN, RED, METHANE)]
    assert_allclose(ratio, [1.12, 1.06, 1.01, 0.99], atol=0.02)


def test_an_unknown_filter_is_an_error_that_lists_the_known_ones():
    with pytest.raises(Error, match="no filter CLEAR: JunoCam bands are BLUE, GREEN, RED, METHANE"):
        radiometry.bands(BANDS, ["RED", "CLEAR"])


@pytest.mark.parametrize(("summing", "columns"), [(1, (23, 1631)), (2, (12, 815))])
def test_photoactive_columns(summing, columns):
    assert radiometry.photoactive(summing) == columns


def test_bins_of_the_square_root_table_fill_the_range_without_gap():
    middle = radiometry.centres("SQROOT", SQROOT)
    width = np.diff(SQROOT, prepend=-1)
    assert_allclose(middle + (width - 1) / 2, SQROOT)  # top
    assert_allclose((middle - (width - 1) / 2)[1:], SQROOT[:-1] + 1)  # bottom: one above the last
    assert_allclose(middle[[23, 24, 43, 44, 255]], [23, 24.5, 62.5, 65.5, 2863.5])


def test_every_dn_goes_to_the_code_of_its_bin_and_the_middles_have_no_bias():
    dn = np.arange(2880)
    code = radiometry.compand(dn, SQROOT)
    assert code[[0, 23, 24, 25, 64, 67, 68, 2848, 2879]].tolist() == [
        0,
        23,
        24,
        24,
        44,
        44,
        45,
        255,
        255,
    ]
    assert np.array_equal(radiometry.compand(SQROOT, SQROOT), np.arange(256))
    assert radiometry.compand(4095, SQROOT) == 255
    error = radiometry.centres("SQROOT", SQROOT)[code] - dn
    assert_allclose(error.mean(), 0, atol=1e-12)
    assert np.abs(error).max() == 15.5
    assert (SQROOT[code] - dn).mean() > 8  # the table itself is one-sided


@pytest.mark.parametrize("n", radiometry.LINEAR)
def test_linear_modes_drop_the_low_bits(n):
    dn12 = radiometry.decompanding(f"LIN{n}", SQROOT)
    dn = np.arange(256 * n)
    assert_allclose((radiometry.centres(f"LIN{n}", dn12)[dn // n] - dn).mean(), 0, atol=1e-12)
    assert dn12[255] == 255 * n


def test_an_unknown_mode_is_an_error_that_lists_the_known_ones():
    words = "SampleBitMode = LIN3: the known modes are SQROOT, LIN1, LIN2, LIN4, LIN8, LIN16"
    with pytest.raises(Error, match=words):
        radiometry.decompanding("LIN3", SQROOT)


FULL = Layout(["GREEN", "RED"], 128, 1648, 23, 1631)


def hot_list(*rows, until=56):
    columns = ["FILTER", "FIRST", "LAST", "SAMPLE", "DN", "ORBIT"]
    label = Node(items=[("Columns", columns), ("UntilOrbit", until)])
    return calfile.CalFile(label, [dict(zip(columns, row, strict=True)) for row in rows], "hot.sav")


def test_a_hot_pixel_is_a_streak_of_as_many_lines_as_stages_and_a_column_is_there_once():
    table = hot_list(("RED", 10, 10, 5, 40.0, 18), ("GREEN", 120, 128, 7, 3.0, 18))
    found = radiometry.excess(table, FULL, 3, 43)
    assert found[1, 8:14, 4].tolist() == [0, 40, 40, 40, 0, 0]
    assert found[0, 118:, 6].tolist() == [0, *[3] * 9]
    assert np.count_nonzero(found) == 12
    assert radiometry.excess(table, FULL, 128, 43)[1, 9:, 4].tolist() == [40] * 119  # off the end


def test_rows_of_a_hot_pixel_add_up_from_their_orbits_on_until_the_annealing():
    table = hot_list(("RED", 10, 10, 5, 40.0, 18), ("RED", 10, 10, 5, -15.0, 44))
    found = [
        radiometry.excess(table, FULL, 1, orbit)[1, 9, 4] for orbit in (17, 18, 43, 44, 56, 57)
    ]
    assert found == [0, 40, 40, 25, 25, 0]


def test_a_summed_framelet_has_no_hot_list_and_a_place_off_the_detector_is_an_error():
    half = Layout(["GREEN", "RED"], 64, 824, 12, 815)
    assert not radiometry.excess(hot_list(("RED", 10, 10, 5, 40.0, 18)), half, 1, 43).any()
    with pytest.raises(Error, match="FIRST, LAST, SAMPLE = 10, 9, 5: expected 1 to 128, rising"):
        radiometry.excess(hot_list(("RED", 10, 9, 5, 40.0, 18)), FULL, 1, 43)


def test_the_hot_list_of_the_package_lies_where_light_falls():
    table = calfile.read("juno/hotpixels.sav")
    names = Layout(["BLUE", "GREEN", "RED", "METHANE"], 128, 1648, 23, 1631)
    for orbit, brightest in ((17, 0), (18, 58.6), (43, 140.4), (44, 183.6)):
        found = radiometry.excess(table, names, 1, orbit)
        assert not found[..., :23].any() and not found[..., 1631:].any()
        assert_allclose(found.max(), brightest, atol=0.01)
        assert found.min() >= 0  # changes never fall below nothing


def test_noise_of_dark_and_of_full_pixels_computed_by_hand():
    # 1.02 DN of read-out; 1630 DN are 26,569 electrons: 163 of noise, 10 DN; together 10.052
    assert_allclose(
        radiometry.noise(np.array([-3.0, 0.0, 1630.0])), [1.02, 1.02, 10.052], rtol=1e-4
    )


def test_the_quality_of_an_orbit_is_that_of_the_last_epoch_before_it():
    table = calfile.read("juno/epochs.sav")
    found = [radiometry.quality(table, orbit) for orbit in (0, 46, 47, 55, 56, 57, 90, -1)]
    assert found[0] == found[1] == "nominal" and found[2] == found[3] != found[4]
    assert found[5] == found[6] == "annealed" and found[7] == "unknown"


def table(columns, *rows):
    rows = [dict(zip(columns, row, strict=True)) for row in rows]
    return calfile.CalFile(Node(items=[("Columns", list(columns)), ("UntilOrbit", 60)]), rows, "t")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("RED", 10, 5, 0.4)] * 2, "is one given twice"),
        ([("PINK", 10, 5, 0.4)], "FILTER = PINK, expected one of BLUE, GREEN, RED, METHANE"),
        ([("*", 10, 5, 0.4)], "FILTER = *"),
        ([("RED", 10.5, 5, 0.4)], "LINE, LINE, SAMPLE = 10.5, 10.5, 5"),
        ([("RED", 129, 5, 0.4)], "expected 1 to 128"),
    ],
)
def test_blemishes_that_cannot_be(rows, words):
    found = table(("FILTER", "LINE", "SAMPLE", "RESPONSE"), *rows)
    with pytest.raises(Error) as error:
        radiometry.responses(found, Layout(["RED"], 128, 1648, 23, 1631), 1)
    assert words in str(error.value)


def test_a_companding_table_out_of_order():
    rows = [(n, 10 * n) for n in range(256)]
    assert radiometry.companding(table(("DN8", "DN12"), *rows))[255] == 2550
    rows[7], rows[8] = (8, 70), (7, 80)
    with pytest.raises(Error, match="DN8 does not count from 0 to 255"):
        radiometry.companding(table(("DN8", "DN12"), *rows))
