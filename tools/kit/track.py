"""The time by which a predicted SPK is late: from where the label says the spacecraft was.

The error of a prediction lies along the track, so one number makes most of it good.
"""

import numpy as np

from .error import Error

NEAR = 60.0  # s: a predicted SPK is not farther off
TRUST = 0.1  # of a label's latitude against its altitude: 0.002 degree, 5 km, against 0.5 km
MISFIT = 20.0  # km between the label's altitude and the kernels' that deserve a word


def offset(instrument, place, asked):
    """Seconds after which to read the spacecraft's position, and words on it ("" for none).

    instrument  Group Instrument with SpacecraftAltitude and SubSpacecraftLatitude
    place       of kernels.place, at the label's start plus seconds
    asked       seconds, or "LABEL": what fits the label best; an Error where nothing near does
    """
    altitude = instrument.number("SpacecraftAltitude", unit="km", default=None)
    latitude = instrument.number("SubSpacecraftLatitude", default=None)
    solve, first = asked == "LABEL", 0.0 if asked == "LABEL" else asked
    if altitude is None:
        if solve:
            raise Error("TIMEOFFSET = LABEL: the label has no SpacecraftAltitude")
        return first, ""

    def off(dt):  # km along the radius, and along the meridian
        height, graphic, distance = place(first + dt)
        north = np.radians(graphic - latitude) * distance * TRUST if latitude is not None else 0.0
        return np.array([height - altitude, north])

    try:
        misfit, dt = -off(0.0)[0], nearest(off)
    except ValueError as error:  # there is nothing to tell where the SPK ends
        if solve:
            raise Error(f"TIMEOFFSET = LABEL: {error}") from None
        return first, ""
    words = f"the label's altitude is {misfit:+.0f} km off the kernels'"
    if solve and dt is None:
        raise Error(f"TIMEOFFSET = LABEL: {words}, which no offset within {NEAR:g} s makes good")
    if solve:
        return dt, f"TIMEOFFSET = {dt:.2f} s fits the place that the label states"
    fit = "" if dt is None else f"; TIMEOFFSET = {first + dt:.2f} would fit it"
    return first, words + fit if abs(misfit) > MISFIT else ""


def nearest(off, step=1.0):
    """Seconds after which off(dt), (m,) km, is least; None where that is more than a minute.

    Gauss's and Newton's steps for the least sum of squares: the track is smooth over minutes.
    """
    dt = 0.0
    for _ in range(6):
        here = off(dt)
        rate = (off(dt + step) - here) / step
        move = -(rate @ here)
        if abs(dt) > NEAR or abs(move) >= NEAR * (rate @ rate):
            return None
        dt += move / (rate @ rate)
    return dt
