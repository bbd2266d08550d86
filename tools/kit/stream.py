"""Tools that work sample by sample: any cube, in constant memory, piped or filed."""

from . import files
from .sink import Sink
from .source import STRIPE, opened


def run(p, edit, func, type=None):
    """Pass the cube at p.FROM to p.TO through a function of blocks.

    edit(label)               changes the label's Node in place, or refuses it with an Error
    func(block, band, line)   samples in memory, (lines, samples), of one band from a line on
    type                      pixel type of the output; None keeps the input's.  What edit
                              returns, if anything, goes before it: a type, or (type, Base,
                              Multiplier) where func gives samples as they are to be stored
    """
    with opened(p.FROM) as source:
        root = source.band_label().copy()
        type, scale = edit(root) or type, None
        if isinstance(type, tuple):
            type, *scale = type
        shape, parts = blocks(source)
        unscaled = (source.base, source.multiplier) == (0.0, 1.0)
        pixel_type = type or (source.type if unscaled else "Real")
        heads = [(h, h.integer("Bytes")) for h in source.heads if h.name != "History"]
        # the old history stands after the samples: room is kept for it until it comes
        past = sum(h.integer("Bytes") for h in source.heads if h.name == "History")
        sink = Sink(p.TO, root, shape, pixel_type, heads, "\n" * past, p, scale)

        def tail():
            blobs, history = source.read_blobs()
            sink.history = history.encode("latin-1").ljust(past, b"\n") + sink.history[past:]
            yield from (b.data for b in blobs)

        with files.output(sink.to.path) as out:
            sink.write(out, (func(block, band, line) for band, line, block in parts), tail)


def blocks(source):
    """Return the shape and (band, line, samples) of a cube; one that does not stream is held."""
    if source.streams:
        raw = source.blocks()
        return source.shape, ((band, line, source.decode(block)) for band, line, block in raw)
    core = source.read_core()
    step = max(1, STRIPE // (4 * core.shape[2]))
    starts = ((b, n) for b in range(len(core)) for n in range(0, core.shape[1], step))
    return core.shape, ((b, n, core[b, n : n + step]) for b, n in starts)
