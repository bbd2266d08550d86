"""Tools that work sample by sample: any cube, in constant memory, piped or filed."""

import functools
import math

import numpy as np

from . import byvalue, files, special
from .sink import Sink
from .source import STRIPE, opened

ENOUGH = 1 << 20  # samples: a percentile's rank is then uncertain by less than 1e-3


def run(p, edit, func=None, type=None, values=None, look=None, count=None, late=None):
    """Pass the cube at p.FROM to p.TO through a function of blocks.

    edit(label)               changes the label's Node in place, or refuses it with an Error
    func(block, band, line)   samples in memory, (lines, samples), of one band from a line on; it
                              may change the block; None leaves all as it is
    type                      pixel type of the output; None keeps the input's.  What edit
                              returns, if anything, goes before it: a type, or (type, Base,
                              Multiplier) where func gives samples as they are to be stored
    values(v, band)           what becomes of samples in memory, wherever in a band they stand,
                              before func sees them (kit/byvalue)
    look(samples)             is called before all that with valid samples of each band: every k-th
                              where more than ENOUGH are valid.  What comes through a pipe then
                              waits in a temporary file
    count                     special pixel; returned is {band: how many of them are stored}
    late()                    is called after edit and gives func and values by name, or in place of
                              func, where that goes mostly by value too:
    most(v, band)             what becomes of samples, after values, but at spots
    spots(band, line, lines)  spots within lines, pairs of an index of (lines, samples) and what
                              becomes there of samples, after values: a function, None for Null
    """
    with opened(p.FROM) as source:
        root = source.band_label().copy()
        type, scale = edit(root) or type, None
        if isinstance(type, tuple):
            type, *scale = type
        unscaled = (source.base, source.multiplier) == (0.0, 1.0)
        pixel_type = type or (source.type if unscaled else "Real")
        heads = [(h, h.integer("Bytes")) for h in source.heads if h.name != "History"]
        # the old history stands after the samples: room is kept for it until it comes
        past = sum(h.integer("Bytes") for h in source.heads if h.name == "History")
        shape = (len(source.chosen), *source.shape[1:])
        sink = Sink(p.TO, root, shape, pixel_type, heads, "\n" * past, p, scale)
        if look:
            look(_valid(source))
        work = late() if late else dict(func=func, values=values)
        counts = dict.fromkeys(range(shape[0]), 0)
        raws = _counted(_passed(source, sink, **work), counts, sink, count)

        def tail():
            blobs, history = source.read_blobs()
            sink.history = history.encode("latin-1").ljust(past, b"\n") + sink.history[past:]
            yield from (b.data for b in blobs)

        with files.output(sink.to.path) as out:
            # tiles are made of all samples: those must not share the buffer they were read to
            sink.pour(out, (raw.copy() for raw in raws) if sink.tile or sink.tiff else raws, tail)
    return counts


def blocks(source):
    """Return the shape and (band, line, samples) of a cube; one that does not stream is held."""
    raws, decode = _read(source)
    shape = (len(source.chosen), *source.shape[1:])
    return shape, ((band, line, decode(raw)) for band, line, raw in raws)


def _read(source):
    """Return (band, line, stored samples) of a cube and how to decode them."""
    if source.streams:
        return source.blocks(), source.decode
    core = source.read_core()
    step = max(1, STRIPE // (4 * core.shape[2]))
    starts = ((b, n) for b in range(len(core)) for n in range(0, core.shape[1], step))
    return ((b, n, core[b, n : n + step]) for b, n in starts), np.asarray


def _valid(source):
    """Return the valid samples of each band, thinned to every k-th of about ENOUGH or less."""
    if source.reader.size is None:
        source.reader.spool()
    bands, lines, samples = len(source.chosen), *source.shape[1:]
    step = max(1, bands * lines * samples // ENOUGH)
    while True:
        while math.gcd(step, samples) > 1:  # else some columns would be missed
            step += 1
        raws, decode = _read(source)
        found = [[] for _ in range(bands)]
        for band, line, raw in raws:
            v = decode(raw.reshape(-1)[-line * samples % step :: step])
            found[band].append(v[~np.isnan(v)])
        source.reader.seek(0, "the label")
        count = sum(len(v) for of in found for v in of)
        if step == 1 or count > ENOUGH // 8:
            return [np.concatenate(of) for of in found]
        step = max(1, step * count // ENOUGH)


def _passed(source, sink, func=None, values=None, most=None, spots=None):
    """Yield the band and the samples of a cube, changed, as they are to be stored."""
    raws, decode = _read(source)
    null = sink.encode(special.FIVE[:1])
    known = {}  # of bands: functions of stored samples, byvalue
    for band, line, raw in raws:
        if band not in known:
            known[band] = _of_value(band, decode, raw.dtype, sink, func, values, most)
        first, last = known[band]
        block = last(raw)
        for at, other in spots(band, line, len(raw)) if spots else ():
            block[at] = sink.encode(other(first(raw[at]))) if other else null
        if func:
            block = sink.encode(func(block, band, line))
        yield band, block


def _of_value(band, decode, dtype, sink, func, values, most):
    """Return what stored samples of a band become after values, and what before func or spots."""
    first = functools.partial(values, band=band) if values else None
    before = byvalue.stored(first, decode, dtype) if first else decode
    if func:
        return before, before
    if most:
        return before, byvalue.stored(lambda v: most(first(v), band), decode, dtype, sink.encode)
    if first:
        return before, byvalue.stored(first, decode, dtype, sink.encode)
    return before, lambda raw: sink.encode(decode(raw))


def _counted(blocks, counts, sink, kind):
    """Yield the samples of (band, samples) and count, by band, those of a kind of special pixel."""
    stored = None if kind is None else sink.encode(np.array([kind]))
    for band, raw in blocks:
        if kind is not None:
            counts[band] += np.count_nonzero(raw == stored)
        yield raw
