"""Windows of cubes in files: what a tool reads that never holds a whole cube, from any thread."""

import itertools
import os

import numpy as np

from . import attributes, cube, special
from .error import Error, IoError
from .files import reason
from .source import STRIPE, Source


class Region:
    """A cube of which windows are read; `name+2,1` selects bands, as elsewhere.

    shape  (bands, lines, samples);  label  with the bands chosen;  blobs, history  as of a Cube
    block  (lines, samples) of the pieces of the file: windows that keep to their edges cost least
    """

    def __init__(self, path):
        self.name, _ = attributes.split(path)
        other = os.path.exists(self.name) and not os.path.isfile(self.name)
        if self.name == "-" or (other and not os.path.isdir(self.name)):
            raise Error(f"{self.name}: windows are read in any order: give a file, not a pipe")
        self.source = Source(path)
        self.reader = self.source.reader
        try:
            self._open()
        except Exception:
            self.close()
            raise

    def _open(self):
        source = self.source
        self.reader, self.start = source.pass_core()  # another file where the label is detached
        self.tiff = source.tiff
        bands, lines, samples = source.shape
        self.tile = source.tile or (lines, samples)
        self.block = self.tiff.block if self.tiff else source.tile or (1, samples)
        self.label = source.band_label()
        self.chosen = source.chosen
        self.shape = len(self.chosen), lines, samples
        self.blobs, self.history = source.read_blobs()  # refuses what follows them, too

    @property
    def isis(self):
        return self.label.object("IsisCube")

    def group(self, name):
        """Return a group of the label; a missing one is an Error that names it."""
        return cube.group(self.label, name, self.name)

    def blob(self, kind, name):
        """Return a blob, None where there is none."""
        return next((b for b in self.blobs if (b.kind, b.name) == (kind, name)), None)

    def band_names(self):
        """Return the names of the bands, "1", "2" … where the label has none."""
        return cube.band_names(self.label, self.shape[0])

    def read(self, line, lines, sample=0, samples=None, bands=None):
        """Return a window (bands, lines, samples), special pixels as NaN by kind.

        bands  indices from 0 of those chosen, in any order; None is all of them
        """
        samples = self.shape[2] - sample if samples is None else samples
        inside = 0 <= line <= line + lines <= self.shape[1]
        if not (inside and 0 <= sample <= sample + samples <= self.shape[2]):
            raise IndexError(f"{self.name}: no window {line, lines, sample, samples}")
        chosen = [self.chosen[b] for b in (range(self.shape[0]) if bands is None else bands)]
        source = self.source
        raw = np.empty((len(chosen), lines, samples), source.dtype)
        quick = source.dtype == np.dtype("<f4") == np.float32
        held = raw if quick else np.empty(raw.shape, special.memory(source.type))
        step = max(1, STRIPE // max(1, 4 * samples)) if self.block[0] == 1 else max(1, lines)
        for i, at in itertools.product(range(len(chosen)), range(0, lines, step)):
            part = raw[i, at : at + step]
            self._fill(part, chosen[i], line + at, sample)
            if not quick:
                held[i, at : at + step] = source.decode(part)
            elif _marked(part):
                source.decode(part, part)
        return held

    def _fill(self, part, band, line, sample):
        """Read raw samples (lines, samples) of a band."""
        if self.tiff:
            return self.tiff.read(part, band, line, sample)
        for row, at in pieces(self.source.shape, self.tile, band, line, sample, part):
            self._take(row, at)

    def _take(self, row, at):
        """Read contiguous raw samples, the first of which is the at-th of the file's."""
        view, at = memoryview(row).cast("B"), self.start + at * row.itemsize
        while len(view):
            try:
                got = os.preadv(self.reader.stream.fileno(), [view], at)
            except OSError as error:
                raise IoError(f"{self.name}: cannot be read: {reason(error)}") from None
            if not got:
                raise IoError(f"{self.name}: truncated: {len(view)} bytes are gone since it opened")
            view, at = view[got:], at + got

    def close(self):
        """Give the file back; reading ends."""
        self.source.close()
        self.reader.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def pieces(shape, tile, band, line, sample, part):
    """Yield the contiguous pieces of an array of a band's samples, and where a file has them.

    shape  of the cube;  tile  (lines, samples) of its tiles: those of the cube where it has none
    part   (lines, samples), its first sample at line, sample;  where: samples since the first
    """
    (tl, ts), (lines, samples) = tile, part.shape
    down, across = (-(-n // t) for n, t in zip(shape[1:], tile, strict=True))
    for y in range(line // tl, -(-(line + lines) // tl)):
        for x in range(sample // ts, -(-(sample + samples) // ts)):
            top, left = max(line, y * tl), max(sample, x * ts)
            low, right = min(line + lines, y * tl + tl), min(sample + samples, x * ts + ts)
            piece = part[top - line : low - line, left - sample : right - sample]
            at = ((band * down + y) * across + x) * tl * ts
            at += (top - y * tl) * ts + left - x * ts
            for row in (piece,) if samples == ts else piece:
                yield row, at
                at += ts


def _marked(part):
    """Return True where raw float32 samples hold a special pixel, an infinity or a NaN."""
    return part.view(np.uint32).max() >= special.REAL[0] or not part.max() < np.inf
