"""From ephemeris time to UTC, without a kernel.

    TDB = TAI + 32.184 s + K sin E,  E = M + EB sin M,  M = M0 + M1 TDB        (1)

with the constants of NAIF's leap seconds kernels, which hold (1) to 30 microseconds; TAI - UTC
is a whole number of seconds.  Until another leap second is announced the list is complete.
"""

import datetime
import math

# TAI - UTC becomes 10 s at the first and 1 s more at each other: IERS Bulletin C
LEAPS = """1972-JAN-1 1972-JUL-1 1973-JAN-1 1974-JAN-1 1975-JAN-1 1976-JAN-1 1977-JAN-1 1978-JAN-1
1979-JAN-1 1980-JAN-1 1981-JUL-1 1982-JUL-1 1983-JUL-1 1985-JUL-1 1988-JAN-1 1990-JAN-1 1991-JAN-1
1992-JUL-1 1993-JUL-1 1994-JUL-1 1996-JAN-1 1997-JUL-1 1999-JAN-1 2006-JAN-1 2009-JAN-1 2012-JUL-1
2015-JUL-1 2017-JAN-1""".split()
K, EB, M0, M1 = 1.657e-3, 1.671e-2, 6.239996, 1.99096871e-7  # s, 1, rad, rad/s
J2000 = datetime.datetime(2000, 1, 1, 12)


def utc(et):
    """Return the UTC, ISO to the microsecond, of a time in seconds TDB past J2000; None before
    1972 and beyond the calendar.

    Of a leap second itself the result is that of the second after it.
    """
    mean = M0 + M1 * et
    seconds = et - 32.184 - K * math.sin(mean + EB * math.sin(mean))
    try:
        tai = J2000 + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return None
    days = (datetime.datetime.strptime(day, "%Y-%b-%d") for day in LEAPS)
    passed = [n for n, day in enumerate(days, 10) if tai >= day + datetime.timedelta(seconds=n)]
    if not passed:
        return None
    return (tai - datetime.timedelta(seconds=passed[-1])).isoformat(timespec="microseconds")
