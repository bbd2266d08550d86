"""Compressed Voyager and Viking images (.imq): Huffman codes of differences along a line.

The file consists of VAX records of variable length: 2 bytes n, least significant first, n bytes,
and one more where n is odd.  First come the lines of a PDS label; its pointers count the records.
A line of the image is one record: its first byte is sample 1, the rest a string of bits, the most
significant first, in which the codes of the symbols d follow each other.  Of bytes modulo 256

    DN(s) = DN(s - 1) - d(s) + 256,    d = 1 … 511                             (1)

The code follows from the ENCODING_HISTOGRAM, how often each d occurs: the symbols that occur, in
the order of their frequency, equal ones by d; the two rarest become the branches 0 (the rarest)
and 1 of a node, which goes back into the list before those that are as frequent; and so on.
Source: the archive's own decoder (decomp.c, K. Becker, USGS 1989, in vdcomp.c, M. Martin, JPL).
"""

from bisect import bisect_left

import numpy as np

from . import pds3, translate
from .error import Error, IoError

SYMBOLS, SHORT, LONGEST = 511, 16, 56  # symbols; bits of a code: looked up, at most
LARGEST = 1 << 26  # samples


def is_one(head):
    """Return True where a file's first bytes (64 of them) are a record that begins a PDS label."""
    return (
        len(head) > 2 and 0 < head[0] | head[1] << 8 < 1024 and head[2:].startswith(pds3.ATTACHED)
    )


def parse(data, path="-"):
    """Return samples (lines, samples) uint8, root Node and text of the label of a file's bytes.

    A file that is truncated, whose codes run over the end of a line, or whose samples differ from
    its IMAGE_HISTOGRAM or CHECKSUM is an IoError.
    """
    records = _Records(data, path)
    lines = []
    while not lines or lines[-1].strip() != "END":
        lines.append(records.take(1, "the label")[0].decode("latin-1"))
    text = "\r\n".join([*lines, ""])
    root = pds3.loads(text, path)
    source = pds3.flat(root, str(path))
    height, width, suffix = _size(source)
    frequencies = _table(records, source, "^ENCODING_HISTOGRAM", SYMBOLS)
    histogram = _table(records, source, "^IMAGE_HISTOGRAM", 256)
    if frequencies is None:
        raise Error(f"{path}: keyword ^ENCODING_HISTOGRAM is missing: the codes are not known")
    records.go(source.integer("^IMAGE"), "^IMAGE")
    coded = records.take(height, "the image")
    core = decode(coded, width + suffix, frequencies, path)[:, :width]
    verify(core, source, histogram, path)
    return np.ascontiguousarray(core), root, text


def verify(core, source, histogram=None, path="-"):
    """Compare samples with the histogram (256,) and the CHECKSUM of their label; IoError."""
    if histogram is not None:
        differ = np.flatnonzero(np.bincount(core.ravel(), minlength=256) != histogram)
        if len(differ):
            found = f"{len(differ)} of 256 counts, first of DN {differ[0]}"
            raise IoError(f"{path}: damaged: IMAGE_HISTOGRAM and samples differ in {found}")
    stated, found = source.get("CHECKSUM"), int(core.sum(dtype=np.int64))
    if not translate.absent(stated) and source.integer("CHECKSUM") != found:
        raise IoError(f"{path}: damaged: its samples add up to {found}, CHECKSUM = {stated}")


class _Records:
    """The records of a file, counted from 1."""

    def __init__(self, data, path):
        self.data, self.path, self.places, self.next = data, path, [], 0

    def go(self, number, what):
        if not 1 <= number <= 1 << 20:
            raise Error(f"{self.path}: {what} = {number}: expected a record")
        self.next = number - 1

    def take(self, count, what):
        """Return records from where the last ones ended, or where go went."""
        end = self.next + count
        at = self.places[-1][1] + self.places[-1][1] % 2 if self.places else 0
        while len(self.places) < end:
            size = int.from_bytes(self.data[at : at + 2], "little")
            start, at = at + 2, at + 2 + size
            if at > len(self.data) or not size:
                found = f"record {len(self.places) + 1} is cut off or empty"
                raise IoError(f"{self.path}: truncated: {found}, {what} needs {end}")
            self.places.append((start, at))
            at += at % 2
        places = self.places[self.next : end]
        self.next = end
        return [self.data[start:stop] for start, stop in places]


def _size(source):
    if source.text("ENCODING_TYPE", "HUFFMAN_FIRST_DIFFERENCE") != "HUFFMAN_FIRST_DIFFERENCE":
        found = source["ENCODING_TYPE"]
        raise Error(f"{source}: ENCODING_TYPE = {found}, expected HUFFMAN_FIRST_DIFFERENCE")
    if source.integer("SAMPLE_BITS") != 8:
        raise Error(f"{source}: SAMPLE_BITS = {source['SAMPLE_BITS']}, expected 8 in a coded image")
    height, width = source.integer("LINES"), source.integer("LINE_SAMPLES")
    suffix = source.integer("LINE_SUFFIX_BYTES", 0)
    if min(height, width) < 1 or not 0 <= suffix < 1 << 16 or height * (width + suffix) > LARGEST:
        raise Error(f"{source}: LINES = {height}, LINE_SAMPLES = {width}: no image is so large")
    return height, width, suffix


def _table(records, source, key, items):
    """Return counts that fill as many records as they need, None where the label has none."""
    if translate.absent(source.get(key)):
        return None
    records.go(source.integer(key), key)
    found = b""
    while len(found) < 4 * items:
        found += records.take(1, key)[0]
    return np.frombuffer(found[: 4 * items], "<i4").astype(np.int64)


def tree(frequencies, path="-"):
    """Return the branches (nodes, 2) of a code; -d is the leaf of symbol d, the last node the root.

    frequencies  (511,) of the symbols d = 1 … 511
    """
    order = np.argsort(frequencies, kind="stable")
    order = [int(i) for i in order if frequencies[i] > 0]
    if len(order) < 2 or min(frequencies) < 0:
        raise IoError(f"{path}: damaged: its ENCODING_HISTOGRAM gives no code")
    counts, nodes, branches = [int(frequencies[i]) for i in order], [-i - 1 for i in order], []
    while len(nodes) > 1:
        count = counts[0] + counts[1]
        branches.append(nodes[:2])
        del counts[:2], nodes[:2]
        at = bisect_left(counts, count)
        counts.insert(at, count)
        nodes.insert(at, len(branches) - 1)
    return np.array(branches)


def _codes(branches, path):
    """Return, of each string of SHORT bits, the symbol or node it leads to and the bits it took."""
    to, took = np.zeros(1 << SHORT, np.int64), np.zeros(1 << SHORT, np.int64)
    pending = [(len(branches) - 1, 0, 0)]
    while pending:
        node, code, size = pending.pop()
        if size > LONGEST:
            raise IoError(f"{path}: damaged: its ENCODING_HISTOGRAM gives codes of {size} bits")
        if size <= SHORT and (node < 0 or size == SHORT):
            first = code << SHORT - size
            to[first : first + (1 << SHORT - size)] = node
            took[first : first + (1 << SHORT - size)] = size
        if node >= 0:
            left, right = branches[node]
            pending += [(left, 2 * code, size + 1), (right, 2 * code + 1, size + 1)]
    return to, took


def decode(coded, width, frequencies, path="-"):
    """Return (lines, width) uint8 of the records of the lines, eq. (1), all lines in step."""
    branches = tree(frequencies, path)
    to, took = _codes(branches, path)
    sizes = np.array([len(line) for line in coded])
    stream = np.frombuffer(b"".join(coded) + bytes(8), np.uint8)
    words = np.zeros(len(stream) - 7, np.uint64)  # of 8 bytes from each byte on
    for n in range(8):
        words = words << np.uint64(8) | stream[n : n + len(words)]
    end = 8 * np.cumsum(sizes)
    at = end - 8 * sizes + 8
    out = np.empty((width, len(coded)), np.int64)  # one line of memory per sample
    out[0] = stream[(at >> 3) - 1]
    for s in range(1, width):
        word = words[at >> 3] << (at & 7).astype(np.uint64)
        short = (word >> np.uint64(64 - SHORT)).astype(np.int64)
        symbol, size = to[short], took[short]
        if symbol.max() >= 0:  # a longer code: go on bit by bit
            symbol, size = _walk(branches, word, symbol, size)
        at += size
        if (at > end).any():
            line = int(np.argmax(at > end)) + 1
            raise IoError(f"{path}: damaged: the codes of line {line} run over at sample {s + 1}")
        out[s] = symbol
    return (np.cumsum(out, axis=0) & 255).astype(np.uint8).T


def _walk(branches, word, symbol, size):
    symbol, size = symbol.copy(), size.copy()
    while len(left := np.flatnonzero(symbol >= 0)):
        bit = word[left] >> (63 - size[left]).astype(np.uint64) & np.uint64(1)
        symbol[left] = branches[symbol[left], bit.astype(np.int64)]
        size[left] += 1
    return symbol, size
