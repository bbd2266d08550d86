"""byvalue: functions of values, asked once of what comes often."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from perijove.kit import byvalue, special
from perijove.kit.error import Error


def asked(func):
    """Return func and the list of the numbers of samples that it was asked for."""
    counts = []

    def heard(v):
        counts.append(v.size)
        return func(v)

    return heard, counts


def stored(func, name, to=None):
    decode = functools.partial(special.decode, name=name)
    encode = functools.partial(special.encode, name=to) if to else None
    return byvalue.stored(func, decode, special.dtype(name), encode)


@pytest.mark.parametrize("order", ["<", ">"])
def test_samples_of_16_bits_are_looked_up_and_asked_for_once(order):
    func, counts = asked(lambda v: 2 * v + 0.5)
    double = stored(func, "SignedWord")
    raw = np.array([[3, 500], [3, 7]], f"{order}i2")
    assert double(raw).tolist() == [[6.5, 1000.5], [6.5, 14.5]]
    assert double(raw[:, :1]).tolist() == [[6.5], [6.5]] and counts == [498]
    assert double(raw + 1)[0].tolist() == [8.5, 1002.5] and counts == [498, 499]


def test_special_pixels_of_16_bits_are_looked_up_too():
    raw = np.array([-32768, -32765, -32764, 9], np.int16)
    assert special.kinds(stored(lambda v: v - 1, "SignedWord")(raw)).tolist() == [1, 4, 5, 0]
    assert stored(lambda v: v - 1, "SignedWord", "UnsignedWord")(raw).tolist() == [
        0,
        65534,
        65535,
        8,
    ]


def test_values_that_are_refused_harm_only_where_they_are():
    def even(v):
        if (v % 2).any():
            raise Error("an odd sample")
        return v

    half = stored(even, "SignedWord")
    assert half(np.array([2, 6], np.int16)).tolist() == [2, 6]  # 3 and 5 are not there
    with pytest.raises(Error, match="an odd sample"):
        half(np.array([2, 5], np.int16))


@pytest.mark.parametrize("every", [2, 50])
def test_special_pixels_of_real_samples_are_what_func_makes_of_them(every):
    v = np.arange(4000, dtype=np.float32)
    v[::every] = np.resize(special.FIVE, len(v[::every]))

    def func(v):
        return np.where(special.kinds(v) == 1, np.float32(-1), v + 1)

    raw = special.encode(v, "Real").reshape(40, 100)
    found = stored(func, "Real", "Real")(raw.copy())
    assert_array_equal(found, special.encode(func(v), "Real").reshape(40, 100))
    assert (found.ravel()[:: 5 * every] == -1).all()


def test_what_a_function_makes_of_numbers_is_encoded():
    func = stored(lambda v: v * np.where(v > 2, np.float32(np.nan), 1), "Real", "Real")
    raw = special.encode(np.array([1, 2, 3, special.HIS, *range(20)], np.float32), "Real")
    found = special.kinds(special.decode(func(raw.copy()), "Real"))
    assert found[:4].tolist() == [0, 0, 1, 4] and found[4:].tolist() == [0] * 3 + [1] * 17
