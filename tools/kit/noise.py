"""Periodic Gaussian noise with a chosen band of scales, and its look-up on a sphere."""

import cv2
import numpy as np

PPD = 8  # samples of the noise per degree
CAP = 45  # degrees of colatitude the square polar field holds


def field(rng, latitude, longitude, scales, stretch=3.0):
    """Noise of unit variance (lines, samples) float32 at latitude and longitude, degrees.

    Streaks `stretch` times longer along parallels up to the middle latitudes; towards the poles
    it goes over into isotropic noise in the azimuthal plane, so that nothing converges there.
    rng                  np.random.Generator, drawn from in a fixed order
    latitude, longitude  (lines, samples) float32; the first and last CAP degrees of lines hold
                         the polar regions
    scales               smallest and largest half wavelength in latitude, degrees
    """
    zonal = _at(periodic(rng, (180 * PPD, 360 * PPD), scales, stretch), latitude, longitude)
    polar = periodic(rng, (2 * CAP * PPD, 2 * CAP * PPD), scales)
    rows = len(zonal) * CAP // 180
    for pole, cap in ((1, np.s_[:rows]), (-1, np.s_[-rows:])):
        radius = np.float32(90.0) - pole * latitude[cap]
        angle = np.radians(longitude[cap])
        shift = np.float32(CAP * PPD - 0.5)
        x = radius * np.cos(angle) * np.float32(PPD) + shift
        y = radius * np.sin(angle) * np.float32(PPD * pole) + shift
        isotropic = cv2.remap(polar, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        weight = ramp(radius, 38.0, 24.0)
        mixed = zonal[cap] * (1 - weight) + isotropic * weight
        zonal[cap] = mixed / np.hypot(weight, 1 - weight)  # variances add
    return zonal


def periodic(rng, shape, scales, stretch=1.0):
    """Noise of unit variance that repeats in both directions, float32 of `shape`.

    Octaves from scales[1] down to scales[0] (half wavelengths in degrees, PPD samples each),
    every one 0.7 as strong as the one before.
    """
    total = np.zeros(shape, np.float32)
    scale, weight = scales[1], 1.0
    while scale >= scales[0]:
        step = max(1, int(scale * PPD / 3))  # no finer than needed: 3 samples per half wavelength
        while shape[0] % step or shape[1] % step:
            step -= 1
        small = rng.standard_normal((shape[0] // step, shape[1] // step), dtype=np.float32)
        sigma = scale * PPD / step / 2
        pad = int(4 * sigma * stretch) + 1
        wide = cv2.copyMakeBorder(small, pad, pad, pad, pad, cv2.BORDER_WRAP)
        wide = cv2.GaussianBlur(wide, (0, 0), sigmaX=sigma * stretch, sigmaY=sigma)
        octave = _enlarged(wide[pad:-pad, pad:-pad], step)
        total += np.float32(weight / octave.std()) * octave
        scale, weight = scale / 2, weight * 0.7
    return total / total.std()


def ramp(x, zero, one):
    """Smooth step: 0 at `zero`, 1 at `one`."""
    t = np.clip((x - zero) / (one - zero), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _enlarged(field, step):
    if step == 1:
        return field
    wide = cv2.copyMakeBorder(field, 2, 2, 2, 2, cv2.BORDER_WRAP)
    big = cv2.resize(wide, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    return big[2 * step : -2 * step, 2 * step : -2 * step]


def _at(noise, latitude, longitude):
    column = (longitude % np.float32(360.0)) * np.float32(PPD) - np.float32(0.5)
    row = (np.float32(90.0) - latitude) * np.float32(PPD) - np.float32(0.5)
    return cv2.remap(noise, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
