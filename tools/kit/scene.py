"""A Jupiter to photograph: normal albedo in four filters on a planetographic grid.

Zones and belts by latitude, waves and folded filaments from noise that is carried along by
vortices, the Great Red Spot at 291 W, 23 S, white ovals, barges, polar cyclones, and in the
methane band the bright polar hoods.  Latitudes of zones and belts follow the usual names (SEB
21 S to 7 S, NEB 7 N to 21 N, ...); albedos are those of a plausible Jupiter, not measurements.

The scene is fixed: one seed, the same array on every call.  Nothing in it is finer than two
cells of its grid, so a picture that resolves 1 / PPD degrees can be compared with it point by
point.
"""

from functools import lru_cache

import cv2
import numpy as np

from perijove.kit.noise import field, ramp

PPD = 12  # grid cells per degree
SEED = 27
BANDS = ("BLUE", "GREEN", "RED", "METHANE")

# Planetographic latitude (deg), normal albedo in BANDS; linear between, then softened.
PROFILE = np.array(
    [
        (-90.0, 0.35, 0.37, 0.40, 0.170),
        (-70.0, 0.38, 0.41, 0.44, 0.170),
        (-62.0, 0.42, 0.47, 0.52, 0.120),
        (-53.0, 0.41, 0.49, 0.57, 0.070),
        (-48.0, 0.50, 0.59, 0.66, 0.070),
        (-44.0, 0.42, 0.52, 0.64, 0.060),
        (-40.0, 0.41, 0.51, 0.65, 0.060),
        (-37.0, 0.55, 0.65, 0.73, 0.075),
        (-33.5, 0.57, 0.66, 0.74, 0.080),
        (-31.0, 0.44, 0.54, 0.69, 0.065),
        (-28.0, 0.41, 0.51, 0.68, 0.065),
        (-26.0, 0.66, 0.74, 0.80, 0.090),
        (-21.5, 0.70, 0.78, 0.83, 0.095),
        (-19.5, 0.36, 0.48, 0.63, 0.070),
        (-15.0, 0.41, 0.52, 0.66, 0.075),
        (-12.0, 0.49, 0.59, 0.71, 0.080),
        (-8.5, 0.32, 0.44, 0.61, 0.070),
        (-6.5, 0.60, 0.71, 0.80, 0.120),
        (-2.0, 0.66, 0.76, 0.83, 0.150),
        (0.0, 0.60, 0.70, 0.80, 0.150),
        (3.0, 0.68, 0.77, 0.83, 0.145),
        (6.5, 0.61, 0.70, 0.78, 0.110),
        (8.5, 0.30, 0.41, 0.57, 0.055),
        (13.0, 0.33, 0.44, 0.61, 0.055),
        (18.0, 0.36, 0.47, 0.63, 0.065),
        (20.5, 0.64, 0.73, 0.80, 0.085),
        (23.0, 0.66, 0.75, 0.81, 0.090),
        (25.0, 0.40, 0.49, 0.66, 0.065),
        (29.0, 0.43, 0.52, 0.67, 0.065),
        (32.0, 0.56, 0.65, 0.73, 0.075),
        (36.0, 0.46, 0.55, 0.66, 0.065),
        (42.0, 0.50, 0.58, 0.66, 0.065),
        (48.0, 0.42, 0.50, 0.59, 0.060),
        (55.0, 0.43, 0.49, 0.56, 0.080),
        (65.0, 0.37, 0.41, 0.46, 0.140),
        (90.0, 0.33, 0.36, 0.40, 0.150),
    ]
)

# latitude, west longitude, half width, half height (deg), spin (rad at the centre, + is
# anticlockwise on the map), core weight, core albedo in BANDS
RED_SPOT = (0.29, 0.46, 0.72, 0.180)
WHITE = (0.74, 0.81, 0.85, 0.130)
PINK = (0.50, 0.60, 0.76, 0.120)
BROWN = (0.22, 0.33, 0.52, 0.045)
GREY = (0.36, 0.42, 0.52, 0.170)
VORTICES = [
    (-23.0, 291.0, 7.2, 4.9, 5.0, 0.95, RED_SPOT),
    (-33.6, 318.0, 3.4, 2.4, 4.0, 0.75, PINK),
    *[(-40.7, lon, 2.0, 1.6, 3.5, 0.85, WHITE) for lon in (232, 250, 263, 284, 301, 309, 341, 12)],
    *[(-33.2, lon, 1.5, 1.1, 3.0, 0.55, WHITE) for lon in (221, 246, 272, 350, 40)],
    *[(15.5, lon, 2.6, 1.0, -2.0, 0.80, BROWN) for lon in (255, 276, 301, 325, 8, 60, 120, 170)],
    *[(19.0, lon, 2.0, 1.5, 3.0, 0.70, WHITE) for lon in (240, 313, 80, 200)],
    *[(-50.5, lon, 1.7, 1.4, 3.0, 0.45, WHITE) for lon in (215, 258, 295, 333, 25, 90)],
    *[(-57.0, lon, 2.6, 1.8, -4.0, 0.35, GREY) for lon in (238, 277, 312, 352)],
    *[(-66.0, lon, 4.2, 1.8, 3.5, 0.35, PINK) for lon in (262, 318, 30, 140)],
    *[(41.0, lon, 1.8, 1.4, -3.0, 0.70, WHITE) for lon in (228, 262, 297, 345, 70, 150)],
]
REACH = 2.2  # radii of a vortex that it stirs
STREAK = (1.35, 1.0, 0.65, 0.9)  # contrast: a dark streak is redder than a bright one
HOT_SPOT = (0.12, 0.22, 0.34, 0.40)  # depth: clear air, dark in red
CYCLONES = [(0.0, 0.0)] + [(6.6, 40.0 + 72.0 * n) for n in range(5)]  # colatitude, longitude (deg)


def sample(texture, latitude, longitude):
    """Albedo (...,) float32 of one band of `albedo` at planetographic latitude and west longitude.

    texture    (180 PPD + 2, 360 PPD + 4) float32, as `padded` gives
    latitude, longitude  degrees, (lines, samples) float32
    """
    row = (90.0 - latitude) * np.float32(PPD) + np.float32(0.5)
    column = (longitude % np.float32(360.0)) * np.float32(PPD) + np.float32(1.5)
    return cv2.remap(texture, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def padded(texture):
    """One band of `albedo` with a rim, so that interpolation runs over 360 W and the poles."""
    around = np.pad(texture, ((0, 0), (2, 2)), mode="wrap")
    return np.pad(around, ((1, 1), (0, 0)), mode="edge")


@lru_cache(maxsize=1)
def albedo():
    """Normal albedo in BANDS, (4, 180 PPD, 360 PPD) float32; read only.

    Row 0 is north, column 0 at 0 W, longitude grows to the west; cell centres at half steps.
    """
    rng = np.random.default_rng(SEED)
    latitude = (90.0 - (np.arange(180 * PPD) + 0.5) / PPD).astype(np.float32)[:, None]
    longitude = ((np.arange(360 * PPD) + 0.5) / PPD).astype(np.float32)[None]
    lat = np.repeat(latitude, longitude.shape[1], 1)
    lon = np.repeat(longitude, latitude.shape[0], 0)
    cores = [_vortex(lat, lon, latitude, longitude, *vortex) for vortex in VORTICES]
    for pole in (1, -1):
        _cyclones(lat, lon, pole)

    # Each field is carried by the one before: that folds the streaks into filaments.
    waves = field(rng, lat, lon, (0.6, 3.0))
    filaments = field(rng, lat + 0.8 * waves, lon + 2.5 * waves, (0.25, 1.0))
    fine = field(rng, lat + 0.25 * filaments, lon + 0.9 * filaments, (0.13, 0.35))
    displaced = lat + (0.55 + 0.25 * ramp(np.abs(latitude), 62.0, 50.0)) * waves
    spots = _hot_spots(latitude, longitude, filaments)
    return _painted(displaced, filaments, fine, spots, cores)


def _painted(latitude, filaments, fine, spots, cores):
    """Colour by (displaced) latitude, streaks, hot spots and the cores of vortices."""
    zone = _profile(PROFILE[:, 2], latitude)
    contrast = np.clip(1.25 - zone, 0.35, 0.8)  # streaks are strongest in the belts
    streak = contrast * (0.075 * filaments + 0.045 * fine)
    out = np.empty((4, *latitude.shape), np.float32)
    for band in range(4):
        value = _profile(PROFILE[:, 1 + band], latitude)
        value *= 1.0 + STREAK[band] * streak
        value *= 1.0 - HOT_SPOT[band] * spots
        for window, weight, colour in cores:
            tone = colour[band] * (1.0 + 0.6 * STREAK[band] * streak[window])
            value[window] += weight * (tone - value[window])
        out[band] = np.clip(value, 0.02, 0.95)
    out.setflags(write=False)
    return out


def _profile(values, latitude):
    """A column of PROFILE at latitudes (lines, samples), softened by 0.4 deg."""
    grid = np.linspace(-92.0, 92.0, 184 * 20 + 1)
    line = np.interp(grid, PROFILE[:, 0], values).astype(np.float32)
    soft = cv2.GaussianBlur(line[None], (0, 0), 0.4 * 20)
    column = (latitude + np.float32(92.0)) * np.float32(20.0)
    edge = cv2.BORDER_REPLICATE
    return cv2.remap(soft, column, np.zeros_like(column), cv2.INTER_LINEAR, borderMode=edge)


def _hot_spots(latitude, longitude, filaments):
    """Weight 0..1 of the blue-grey spots along the NEB's edge and the festoons south of them."""
    phase = (longitude - 262.0 + 2.2 * (latitude - 7.0)) / 30.0  # twelve around the planet
    across = np.abs((phase + 0.5) % 1.0 - 0.5) * 30.0
    hook = np.exp(-((across / 2.6) ** 2)) * np.exp(-(((latitude - 4.5) / 2.4) ** 2))
    spot = np.exp(-((across / 5.0) ** 2)) * np.exp(-(((latitude - 7.2) / 1.1) ** 2))
    return np.clip(0.55 * hook + spot, 0.0, 1.0) * np.clip(1.0 + 0.35 * filaments, 0.0, 1.3)


def _vortex(lat, lon, latitude, longitude, centre, west, width, height, spin, weight, colour):
    """Carry the coordinates round a vortex, in place; return the window and weight of its core.

    lat, lon  where each cell's cloud came from, degrees; the turn is one of the ellipse, spin
    rad at its centre and fading to none at its REACH
    """
    y = latitude - centre
    x = (longitude - west + 180.0) % 360.0 - 180.0
    window = np.ix_(np.abs(y[:, 0]) < REACH * height, np.abs(x[0]) < REACH * width)
    x, y = x[:, window[1][0]] / width, y[window[0][:, 0]] / height
    radius = np.hypot(x, y)
    angle = spin * np.exp(-(radius**2) / 1.2) * ramp(radius, REACH, 1.0)
    c, s = np.cos(angle), np.sin(angle)
    lat[window] += height * (c * y + s * x - y)
    lon[window] += width * (c * x - s * y - x)
    return window, weight * ramp(radius, 1.1, 0.85), colour


def _cyclones(lat, lon, pole):
    """Carry the coordinates round the polar cyclones of a pole (+1 north, -1 south), in place."""
    rows = np.s_[: 15 * PPD] if pole > 0 else np.s_[-15 * PPD :]
    radius, angle = 90.0 - pole * lat[rows], np.radians(lon[rows])
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    for colatitude, longitude in CYCLONES:
        cx = colatitude * np.cos(np.radians(longitude))
        cy = colatitude * np.sin(np.radians(longitude))
        turn = 4.5 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2.3**2)
        c, s = np.cos(turn), np.sin(turn)
        x, y = cx + c * (x - cx) - s * (y - cy), cy + s * (x - cx) + c * (y - cy)
    lat[rows] = pole * (90.0 - np.hypot(x, y))
    lon[rows] = np.degrees(np.arctan2(y, x))
