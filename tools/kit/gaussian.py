"""Low-pass filters that know about missing samples.

The mean of a plane v under a kernel g, with the mask m = 1 where v is valid and 0
where it is special, is the normalised convolution (Knutsson and Westin 1993)

    L(l, s) = (g * v m) / (g * m)                                       (1)

so nothing leaks in from Null samples, and a constant stays that constant up to the
edge of the data.  A wide Gaussian need not be computed on the fine grid: v m and m
are summed over blocks of q x q samples, blurred there, divided, and expanded by 2
with Catmull-Rom's cubic and by q/2 linearly.  Averaging and linear expansion widen
the kernel by the variances (q^2 - 1)/12 and (q/2)^2/6, which the blur leaves out:

    sigma_q = sqrt(sigma^2 - (q^2 - 1)/12 - q^2/24) / q                 (2)
"""

import math

import numpy as np

REACH = 4.5  # sigmas; a Gaussian holds 7e-6 of its weight beyond
DIRECT = 8.0  # px: a narrower Gaussian runs on the fine grid
SHARE = 16.0  # px of sigma to each 2 samples of a block
ROWS = 16  # lines summed at a time, at least: they stay in the cache
LINES = 64  # expanded at a time, about
HUGE = 1e30  # what is larger is not subtracted: the difference may not be a float32
MARGIN = 3  # blocks around the plane that the expansion asks for


def gaussian(plane, sigma, wrap=False):
    """Return the masked Gaussian mean of a plane, eq. (1).

    plane  (lines, samples) float32, NaN where special
    sigma  px, > 0
    wrap   the last sample's right neighbour is the first of the line

    The result is float32 and defined within REACH sigmas of valid samples; it equals
    exact float64 convolution to 2e-3 of its own standard deviation.
    """
    return LowPass(*plane.shape, sigma, wrap).of(plane)


def box(plane, width, wrap=False):
    """Return the masked mean over width x width samples, eq. (1); width is odd, px."""
    return Box(*plane.shape, width, wrap).of(plane)


def block(sigma):
    """Return the block size q for a Gaussian: sigma/16 to sigma/4 and even, or 1."""
    return 2 * max(1, int(sigma / SHARE)) if sigma >= DIRECT else 1


class LowPass:
    """`gaussian` of a plane that comes and goes by strips: only its block means are held.

    add(line, strip)    strips (n, samples) float32, NaN where special: any heights, from the top
    done()              after the last; from then on, from any thread:
    strip(line, lines)  (lines, samples) float32, the same however the plane was cut
    mean                all that is held, float32, for `restored`
    """

    def __init__(self, lines, samples, sigma, wrap=False):
        self.q = q = block(sigma)
        widening = 0.0 if q == 1 else (q * q - 1) / 12 + q * q / 24
        self.kernel = _kernel(math.sqrt(sigma**2 - widening) / q)
        self._lay_out(lines, samples, wrap, len(self.kernel) // 2)

    def _lay_out(self, lines, samples, wrap, reach):
        self.lines, self.samples, self.wrap = lines, samples, wrap
        self.margin = 0 if self.q == 1 else MARGIN
        self.reach = reach if wrap else 0  # blocks on each side that only the blur sees
        self.at, self.reference, self.mean, self.sums = 0, None, None, None

    @classmethod
    def restored(cls, lines, samples, sigma, wrap, mean):
        """Return the LowPass of a plane whose mean was kept."""
        low = cls(lines, samples, sigma, wrap)
        low.mean = np.asarray(mean, np.float32)
        return low

    def of(self, plane):
        """Return the low pass of a whole plane."""
        self.add(0, plane)
        self.done()
        return self.strip(0, self.lines)

    def add(self, line, strip):
        """Take the lines of the plane from this one on, which follow those it has."""
        if self.mean is not None or line != self.at or line + len(strip) > self.lines:
            raise ValueError(f"lines {line} to {line + len(strip)} after {self.at}")
        if self.sums is None:
            self._begin()
        high = len(self.part)
        while len(strip):
            top = self.at % high
            rows, strip = strip[: high - top], strip[high - top :]
            self.reference = _typical(rows) if self.reference is None else self.reference
            np.subtract(rows, self.reference or 0, out=self.part[top : top + len(rows)])
            self.at += len(rows)
            if self.at % high == 0 or self.at == self.lines:
                self._reduce(top + len(rows))

    def _begin(self):
        """Make room for the sums over blocks, and for lines that fill a row of them or a few."""
        q, count = self.q, max(1, ROWS // self.q)
        high, wide = -(-self.lines // q), -(-self.samples // q)
        shape = high + 2 * self.margin, wide + 2 * (self.margin + self.reach)
        self.sums = [np.zeros(shape, np.float32) for _ in "vm"]  # of v m and of m
        self.part = np.empty((count * q, self.samples), np.float32)
        self.row = np.zeros((count, shape[1] * q), np.float32)
        # the columns of a row left and right of the plane, and those of the plane they continue
        own = np.arange(self.row.shape[1]) - q * (self.margin + self.reach)
        self.beside = np.flatnonzero((own < 0) | (own >= self.samples))
        self.other = own[self.beside] % self.samples

    def _reduce(self, lines):
        """Sum the lines that have come, as many, over blocks."""
        import cv2

        if self.reference is None:
            return  # nothing but special samples yet
        q, first = self.q, self.margin + (self.at - lines) // self.q
        self.part[lines:] = np.nan
        missing = np.isnan(self.part).view(np.uint8).reshape(-1, q, self.samples)
        cv2.patchNaNs(self.part, 0.0)
        value = self.part.reshape(missing.shape).sum(1)
        mask = q - missing.sum(1, dtype=np.uint8 if q < 256 else np.uint32)
        before = q * (self.margin + self.reach)
        for sums, part in zip(self.sums, (value, mask), strict=True):
            self.row[:, before : before + self.samples] = part
            if self.wrap:
                self.row[:, self.beside] = part[:, self.other]
            size = sums.shape[1], len(self.row)
            means = cv2.resize(self.row, size, interpolation=cv2.INTER_AREA)
            rows = sums[first : first + len(means)]
            rows[...] = means[: len(rows)]

    def done(self):
        """Blur; the strips can be had now."""
        if self.at != self.lines:
            raise ValueError(f"{self.at} of {self.lines} lines")
        within = slice(self.reach, self.sums[0].shape[1] - self.reach)
        value, mask = (self._blurred(self.sums.pop(0))[:, within] for _ in range(2))
        some = mask > 0
        np.divide(value, mask, out=value, where=some)
        value[~some] = 0
        value += self.reference or 0
        self.mean = value
        self.sums = self.part = self.row = None

    def _blurred(self, a):
        import cv2

        return cv2.sepFilter2D(
            a, cv2.CV_32F, self.kernel, self.kernel, borderType=cv2.BORDER_CONSTANT
        )

    def strip(self, line, lines):
        """Return lines of the low pass."""
        import cv2

        if self.q == 1:
            return self.mean[line : line + lines].copy()
        half = self.q // 2
        # from the middle of half a block to that of the next is one interval
        first, last = ((y - half // 2) // half for y in (line, line + lines - 1))
        out = np.empty((last - first + 1, half, self.samples), np.float32)
        reference = self.mean[0, 0]  # as `_typical`: a constant stays one
        for top in range(0, len(out), max(1, LINES // half)):
            part = out[top : top + max(1, LINES // half)]
            i = first + top
            rows = self.mean[i // 2 - 2 + MARGIN : (i + len(part)) // 2 + 3 + MARGIN]
            fine = _doubled(rows - reference)[i % 2 + 4 :][: len(part) + 1]
            size = fine.shape[1] * half, len(fine)
            wide = cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR)
            wide = wide[:, self.q * MARGIN :][:, : self.samples]
            for k in range(half):
                w = (k + 0.5 * (half % 2 == 0)) / half
                cv2.addWeighted(wide[:-1], 1 - w, wide[1:], w, reference, dst=part[:, k])
        start = line - (first * half + half // 2)
        return out.reshape(-1, self.samples)[start : start + lines]


class Box(LowPass):
    """`box` of a plane in the same way; width px, odd."""

    def __init__(self, lines, samples, width, wrap=False):
        self.q, self.width = 1, width
        self._lay_out(lines, samples, wrap, width // 2)

    def _blurred(self, a):
        import cv2

        size = (self.width, self.width)
        return cv2.boxFilter(a, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)


def _kernel(sigma):
    """Return a normalised Gaussian of odd length, float32."""
    reach = math.ceil(REACH * sigma)
    x = np.arange(-reach, reach + 1)
    weight = np.exp(-0.5 * (x / sigma) ** 2)
    return (weight / weight.sum()).astype(np.float32)


def _typical(rows):
    """Return the middle sample of the first line that has a valid one, None where none has.

    Filtering v minus this value keeps float32 exact where it matters: a constant
    plane becomes zeros, and its mean exactly that constant.
    """
    valid = ~np.isnan(rows)
    line = valid.any(1).argmax()
    known = rows[line][valid[line]]
    if not known.size:
        return None
    middle = np.partition(known, known.size // 2)[known.size // 2]
    return middle if abs(middle) < HUGE else np.float32(0)


def _doubled(a):
    """Return a plane on half its step, by Catmull-Rom's cubic a quarter before and after each."""
    import cv2

    after = np.array([0, -9, 111, 29, -3], np.float32) / 128
    out = np.empty((2 * a.shape[0], 2 * a.shape[1]), np.float32)
    for i, down in enumerate((after[::-1], after)):
        for j, along in enumerate((after[::-1], after)):
            edge = {"borderType": cv2.BORDER_REPLICATE}
            out[i::2, j::2] = cv2.sepFilter2D(a, cv2.CV_32F, along.copy(), down.copy(), **edge)
    return out
