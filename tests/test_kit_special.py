import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove.kit import special

FIVE = np.array([special.NULL, special.LRS, special.LIS, special.HIS, special.HRS])


def test_the_disk_values_are_those_of_isis():
    # ISIS3 SpecialPixel.h, printed there as bit patterns and as integers
    assert special.encode(FIVE, "Real").view("<u4").tolist() == list(range(0xFF7FFFFB, 0xFF800000))
    assert special.encode(FIVE, "SignedWord").tolist() == list(range(-32768, -32763))
    assert special.encode(FIVE, "UnsignedWord").tolist() == [0, 1, 2, 65534, 65535]
    assert special.encode(FIVE, "UnsignedByte").tolist() == [0, 0, 0, 255, 255]


@pytest.mark.parametrize("kind", ["SignedWord", "UnsignedWord", "Real", "Double", "SignedInteger"])
@pytest.mark.parametrize("order", ["Lsb", "Msb"])
def test_a_kind_survives_the_disk(kind, order):
    a = np.array([*FIVE, 17.0, 4000.0], np.float32)
    raw = special.encode(a, kind, order=order)
    assert raw.dtype == special.dtype(kind, order)
    back = special.decode(raw, kind)
    assert special.kinds(back).tolist() == [1, 2, 3, 4, 5, 0, 0]
    assert back[5:].tolist() == [17.0, 4000.0]


def test_a_kind_survives_arithmetic_and_a_change_of_precision():
    a = np.array([*FIVE, 2.0], np.float32)
    for b in (a * 3 + 1, a.astype(np.float64).astype(np.float32), np.sqrt(a), a - 0.5):
        assert special.kinds(b).tolist() == [1, 2, 3, 4, 5, 0]
    assert special.kinds(a.astype(np.float64)).tolist() == [1, 2, 3, 4, 5, 0]
    lost = np.where(np.isnan(a), np.nan, a * 2)
    assert special.kinds(lost).tolist() == [1, 1, 1, 1, 1, 0]
    assert special.kinds(special.restore(lost, a)).tolist() == [1, 2, 3, 4, 5, 0]


def test_what_does_not_fit_saturates_and_is_never_a_number():
    a = np.array([-40000.0, 40000.0, np.inf, -np.inf, -32753.0, 32767.4])
    assert special.encode(a, "SignedWord").tolist() == [
        -32767,
        -32764,
        -32764,
        -32767,
        -32767,
        32767,
    ]
    assert special.kinds(special.decode(special.encode(a[2:4], "Real"), "Real")).tolist() == [5, 2]


def test_base_and_multiplier_scale_integers_and_half_rounds_away_from_zero():
    raw = np.array([1, 254, 0, 255], np.uint8)
    assert_allclose(special.decode(raw, "UnsignedByte", 10.0, 0.5)[:2], [10.5, 137.0], atol=1e-6)
    assert special.kinds(special.decode(raw, "UnsignedByte")).tolist() == [0, 0, 1, 5]
    assert special.encode(np.array([2.5, -2.5, 0.4]), "SignedWord").tolist() == [3, -3, 0]


def test_values_between_the_five_and_the_valid_range_read_as_lrs_as_in_isis():
    assert special.kinds(
        special.decode(np.array([-32760, -32752], np.int16), "SignedWord")
    ).tolist() == [2, 0]


def test_valid_samples_are_untouched_bit_for_bit():
    a = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    assert_array_equal(special.decode(special.encode(a, "Real"), "Real"), a)
