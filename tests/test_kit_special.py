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


def scattered(size, every, foreign=()):
    """Numbers with the five, and others, at every so many samples; and where each of them is."""
    a = np.random.default_rng(size).normal(size=size).astype(np.float32)
    odd = [*FIVE, *np.array(foreign, np.float32)]
    at = [np.arange(k * every, size, every * len(odd)) for k in range(len(odd))]
    for value, places in zip(odd, at, strict=True):
        a[places] = value
    return a, at


@pytest.mark.parametrize("size", [3000, 200000])  # one block, and more with a rest
@pytest.mark.parametrize("every", [1, 3, 100])
def test_scattered_special_pixels_are_found_in_blocks_of_any_size(size, every):
    a, at = scattered(size, every, [np.nan, -np.nan, np.inf, -np.inf])
    valid = np.ones(size, bool)
    valid[np.concatenate(at)] = False
    five = [1, 2, 3, 4, 5]
    for places, kind in zip(at, [*five, 1, 1, 0, 0], strict=True):
        assert set(special.kinds(a)[places]) == {kind}
    assert not special.kinds(a)[valid].any()
    for name in ("Real", "Double"):
        raw = special.encode(a, name)
        assert_array_equal(raw[valid], a[valid])
        patterns = raw.view(special.TYPES[name][1].dtype)
        for places, kind in zip(at, [*five, 1, 1, 5, 2], strict=True):
            assert set(patterns[places]) == {special.TYPES[name][1][kind - 1]}
        back = special.decode(raw, name)
        assert (
            special.kinds(back)[np.concatenate(at[:5])].tolist()
            == np.repeat(five, [len(p) for p in at[:5]]).tolist()
        )
        assert_array_equal(back[valid], a[valid])
    whole = special.encode(np.round(100 * a), "SignedWord")
    for places, kind in zip(at, [*five, 1, 1, 5, 2], strict=True):
        assert set(whole[places]) == {-32769 + kind}
    assert_array_equal(special.decode(whole, "SignedWord")[valid], np.round(100 * a[valid]))


def test_nan_and_infinities_of_other_programs_on_disk_are_null_hrs_and_lrs():
    raw = np.random.default_rng(2).normal(size=100000).astype(">f4")
    raw[[5, 70000, 99999]] = np.nan, np.inf, -np.inf
    found = special.kinds(special.decode(raw, "Real"))
    assert found[[5, 70000, 99999]].tolist() == [1, 5, 2] and np.count_nonzero(found) == 3


@pytest.mark.parametrize("name", ["Real", "SignedWord", "UnsignedByte", "UnsignedInteger"])
def test_blocks_of_one_value_come_back(name):
    for value, kind in ((special.NULL, 1), (special.HRS, 5), (np.float32(7), 0)):
        raw = special.encode(np.full((3, 300, 100), value), name)
        back = special.decode(raw, name)
        assert raw.shape == back.shape == (3, 300, 100) and (raw == raw[0, 0, 0]).all()
        assert (special.kinds(back) == kind).all() and (kind or (back == 7).all())


def test_samples_are_decoded_in_place_where_that_is_asked_for():
    a, _ = scattered(200000, 7)
    raw = special.encode(a.reshape(2, 1000, 100), "Real").copy()
    back = special.decode(raw, "Real", out=raw)
    assert back is raw
    assert_array_equal(raw.view(np.uint32).ravel(), a.view(np.uint32))


def test_restore_of_many_samples_keeps_every_kind():
    like, _ = scattered(150000, 5)
    a = np.arange(150000, dtype=np.float64)
    back = special.restore(a, like)
    assert back.dtype == np.float64
    assert_array_equal(special.kinds(back), special.kinds(like))
    assert_array_equal(back[~np.isnan(like)], a[~np.isnan(like)])
    assert special.restore(a, np.zeros_like(a)) is a
