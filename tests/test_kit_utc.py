"""UTC without a kernel, against CSPICE and against a year that had a leap second."""

import pytest
import spiceypy as sp

from perijove.kit import kernels, simkernels
from perijove.kit.utc import utc


@pytest.fixture(scope="module")
def passage(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("kernels"))


def test_it_is_what_cspice_says(passage):
    with kernels.loaded(passage.kernels):
        for text in ("1979-03-05T12:04:46.5", "2016-12-31T23:59:58", "2017-01-01T00:00:01", "2031"):
            et = sp.str2et(text if "T" in text else "2031-07-05T01:02:03.25")
            assert utc(et)[:23] == sp.et2utc(et + 1e-7, "ISOC", 3)[:23]


def test_a_leap_second_by_hand():
    # 12 h after 2000-01-01T00:00:00 TDB, when TAI - UTC was 32 s; of K sin E -0.09 ms are left
    assert utc(0.0) == "2000-01-01T11:58:55.816073"


def test_what_no_calendar_holds_is_none():
    assert utc(-1e9) is None and utc(1e12) is None
