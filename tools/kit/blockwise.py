"""Arrays in blocks that stay in the cache, and their bits as integers.

Masked assignment goes branch by branch and is ten times slower than integer arithmetic where what
it takes lies scattered.
"""

import numpy as np

BLOCK = 1 << 16  # samples

# Freed at once: malloc (glibc) then keeps freed blocks of up to twice the size, rather than give
# their pages back and be given them anew for every block.
np.empty(1 << 22, np.uint8)


def blockwise(func, a, type, *more, out=None):
    """Return func of a and of more arrays like it, block by block; type is that of the result.

    func takes and returns arrays (n,); of a block of n equal samples it sees one.
    """
    shape = np.shape(a)
    flat, *more = (np.ascontiguousarray(b).reshape(-1) for b in (a, *more))
    fresh = out is None
    for i in range(0, flat.size, BLOCK):
        part = flat[i : i + BLOCK]
        part = part.astype(part.dtype.newbyteorder("="), copy=False)
        code = bits(part)
        if not more and code[0] == code[len(code) // 2] and code.min() == code.max():
            part = part[:1]
        made = func(part, *(b[i : i + BLOCK] for b in more))
        if fresh and len(made) == flat.size:
            return made.reshape(shape)
        out = np.empty(shape, type) if out is None else out
        out.reshape(-1)[i : i + BLOCK] = made
    return np.empty(shape, type) if out is None else out


def bits(a):
    """Return the bits of an array as unsigned integers of its shape."""
    return a.view(f"u{a.dtype.itemsize}")


def choose(where, a, b):
    """Return a where True and b elsewhere, by their bits."""
    count = np.count_nonzero(where)
    if count in (0, where.size):
        return a if count else b
    a, b = bits(a), bits(b)
    out = where.astype(b.dtype)
    np.negative(out, out=out)  # all bits where True
    out &= a ^ b
    out ^= b
    return out


def sparsely(func, a, odd):
    """Return func of the samples that are odd, the others of a as they are."""
    count = np.count_nonzero(odd)
    if not count:
        return a
    if 16 * count > len(a):
        return func(a)
    out, at = a.copy(), odd.nonzero()[0]
    out[at] = func(a[at])
    return out
