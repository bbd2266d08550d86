"""Rotations: quaternions, small turns, a constant spin.  Arrays only.

A quaternion is SPICE's (scalar first): matrix(q) is what q2m gives, so a quaternion of the
matrix J2000 -> camera turns J2000 components into camera components.
"""

import numpy as np


def matrix(q):
    """Rotation matrices (..., 3, 3) of unit quaternions q (..., 4), scalar first."""
    w, x, y, z = np.moveaxis(np.asarray(q, float), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(r, -1) for r in rows], -2)


def quaternion(m):
    """Unit quaternions (..., 4), scalar first and >= 0, of rotation matrices m (..., 3, 3).

    Each row of the symmetric outer product 4 q q^T can be read off the matrix; the one with
    the largest diagonal is divided by its length (S. W. Shepperd, J. Guidance Control 1, 1978).
    """
    m = np.asarray(m, float)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    odd, even = m - np.swapaxes(m, -1, -2), m + np.swapaxes(m, -1, -2)
    wx, wy, wz = odd[..., 2, 1], odd[..., 0, 2], odd[..., 1, 0]
    xy, xz, yz = even[..., 0, 1], even[..., 0, 2], even[..., 1, 2]
    rows = [
        [1 + xx + yy + zz, wx, wy, wz],
        [wx, 1 + xx - yy - zz, xy, xz],
        [wy, xy, 1 - xx + yy - zz, yz],
        [wz, xz, yz, 1 - xx - yy + zz],
    ]
    outer = np.stack([np.stack(r, -1) for r in rows], -2)
    best = np.diagonal(outer, axis1=-2, axis2=-1).argmax(-1)
    q = np.take_along_axis(outer, best[..., None, None], -2)[..., 0, :]
    q = q / np.sqrt((q * q).sum(-1, keepdims=True))
    return np.where(q[..., :1] < 0, -q, q)


def turn(vector):
    """Matrices (..., 3, 3) turning vectors by |vector| rad about vector (..., 3), right-handed."""
    vector = np.asarray(vector, float)
    half = np.sqrt((vector * vector).sum(-1, keepdims=True)) / 2
    part = vector / 2 * np.sinc(half / np.pi)
    return matrix(np.concatenate([np.cos(half), part], -1))


def about_z(angle):
    """The matrix turning vectors by angle degrees about +z, right-handed."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def spin(axis, rate, phase, t, mount):
    """Attitude of a camera on a body that spins evenly about its +z axis.

    axis   (3,) J2000 direction of the spin axis
    rate   rad/s, right-handed about axis (negative: left-handed)
    phase  rad at t = 0, from the direction J2000 +z x axis to the body's +x
    t      (n,) s
    mount  (3, 3) camera -> spinning body

    Returns the matrices J2000 -> camera (n, 3, 3) and the angular velocity (n, 3) rad/s J2000.
    """
    t = np.atleast_1d(np.asarray(t, float))
    n = np.asarray(axis, float) / np.linalg.norm(axis)
    e1 = np.cross([0.0, 0.0, 1.0], n)
    e1 = e1 / np.linalg.norm(e1)
    e2 = np.cross(n, e1)
    angle = phase + rate * t
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    body = np.stack([c * e1 + s * e2, c * e2 - s * e1, np.broadcast_to(n, (len(t), 3))], -2)
    return np.asarray(mount).T @ body, np.broadcast_to(rate * n, (len(t), 3)).copy()


def turned(m, v):
    """Vectors v (..., 3) turned by matrices m (..., 3, 3)."""
    return (m @ v[..., None])[..., 0]


def times(v, m):
    """Row vectors v, components (3, *F, ...), times matrices m (*F, 3, 3)."""
    n = m.ndim - 2
    columns = np.moveaxis(v, 0, n)
    flat = columns.reshape(*m.shape[:-1], int(np.prod(columns.shape[n + 1 :])))  # -1: not of none
    return np.moveaxis((np.swapaxes(m, -1, -2) @ flat).reshape(columns.shape), n, 0)


def dot(a, b):
    """Scalar products (...) of vectors, components (3, ...)."""
    return np.einsum("i...,i...", a, b)


def length(v):
    """Lengths (...) of vectors, components (3, ...)."""
    return np.sqrt(dot(v, v))


def about_pole(p, a):
    """Components p (3, ...) turned about +z by the small angle a (...) rad: exact to a^3 / 6."""
    out = np.empty((3, *np.broadcast_shapes(p.shape[1:], a.shape)))
    c = 1 - a * a / 2
    out[0] = c * p[0] - a * p[1]
    out[1] = a * p[0] + c * p[1]
    out[2] = p[2]
    return out


def cosine(a, b):
    """Cosines between unit vectors a and vectors b, (..., 3)."""
    return (a * b).sum(-1) / np.sqrt((b * b).sum(-1))
