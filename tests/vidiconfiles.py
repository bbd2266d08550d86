"""Files of vidicon images as the archives have them, written here from arrays, and such images.

The Huffman coder goes by what the format says, with trees of tuples; kit/imq decodes by tables.
"""

import numpy as np

LAB = (  # the lines of a Voyager image's label, made up but for their form
    "77                   800     800 800 800 L 1                          SC",
    "VGR-1   FDS 16368.32   PICNO 0548J1-001   SCET 79.063 19:23:00         C",
    "NA CAMERA  EXP 00360.0 MSEC  FILT 0(CLEAR )  LO GAIN  SCAN RATE  1:1   C",
    "ERT 79.063 20:00:36   1/ 1 FULL    RES   VIDICON TEMP  -81.00 DEG C    C",
    "IN/112350/ 0 OUT/xxxxxx/xx     IO          DSS #43   BIT SNR   13.367  C",
    " 01865 A/9F000BC0 B/7082 C/C201 D/007F0000 ETLM/CC2BA1CA736ADEB02512F AC",
    "NA OPCAL 00(*****.* MSEC) PIXAVG 192/0 OPERATIONAL MODE 4(BOTALT)     AC",
)
KEYS = "SPACECRAFT, INST, TARGET, FILTER, STATE1, STATE2, STATE3"  # columns of tables
VOYCAL = f"Name = t Columns = ({KEYS}, W0, DIST0, GAIN, OFF, DEL_EXP, GAINFILE, DCFILE)"
UNITS = 'Units = ("", "", "", "", "", "", "", DN/s, AU, "", DN, ms, "", "")'
AXES = {"BSQ": (0, 1, 2), "BIL": (1, 0, 2), "BIP": (1, 2, 0)}  # band, line, sample in the file


def vicar(samples, lab=LAB, first=3, prefix=0, header=b"", org="BSQ", tasks="", **items):
    """The bytes of a VICAR file.

    samples  array (bands, lines, samples) of the type on disk, or bytes with items telling the rest
    lab      texts LAB01 …; those after the first few stand in a label behind the image
    prefix   bytes before each record;  header  of whole records
    """
    stored = np.ascontiguousarray(np.transpose(samples, AXES[org]))
    kind = {"u1": "BYTE", "i2": "HALF", "i4": "FULL", "f4": "REAL", "f8": "DOUB"}
    little = stored.dtype.byteorder != ">"
    bands, lines, width = samples.shape
    rows = stored.reshape(-1, stored.shape[2])
    size = prefix + rows.shape[1] * stored.itemsize
    head = {
        "FORMAT": kind[stored.dtype.str[1:]],
        "TYPE": "IMAGE",
        "EOL": int(len(lab) > first or bool(tasks)),
        "RECSIZE": size,
        "ORG": org,
        "NL": lines,
        "NS": width,
        "NB": bands,
        "NBB": prefix,
        "NLB": len(header) // size,
        "INTFMT": "LOW" if little else "HIGH",
        "REALFMT": "RIEEE" if little else "IEEE",
        "TASK": "MADE",
    } | items
    texts = [f"LAB{n:02d}='{text}'" for n, text in enumerate(lab, 1)]
    words = [f"{k}={v}" if isinstance(v, int) else f"{k}='{v}'" for k, v in head.items()]
    before = _padded("  ".join(words + texts[:first]), size)
    after = _padded("  ".join([*texts[first:], f"NLABS={len(lab)}", tasks]), size)
    data = b"".join(b"\x81" * prefix + row.tobytes() for row in rows)
    return before + header + data + (after if head["EOL"] else b"")


def _padded(text, record):
    size = -(-(len(text) + 24) // record) * record
    return f"LBLSIZE={size}".ljust(24).encode() + text.encode().ljust(size - 24, b"\0")


def spots(place, width):
    """Round spots exp(-r^2 / width) in a frame (800, 800), at lines and samples (n, 2)."""
    out, (y, x) = np.zeros((800, 800), np.float32), np.mgrid[1:801, 1:801]
    for line, sample in place:
        near = tuple(slice(max(int(at) - 12, 0), max(int(at) + 12, 0)) for at in (line, sample))
        out[near] += np.exp(-((y[near] - line) ** 2 + (x[near] - sample) ** 2) / width)
    return out


def codes(frequencies):
    """The codes {symbol: text of 0 and 1} of frequencies (511,) of the symbols 1 … 511."""
    nodes = sorted(((int(f), d) for d, f in enumerate(frequencies, 1) if f), key=lambda n: n[0])
    while len(nodes) > 1:
        rarest, next_one, *nodes = nodes
        count = rarest[0] + next_one[0]
        before = [node for node in nodes if node[0] < count]
        nodes = [*before, (count, (rarest[1], next_one[1])), *nodes[len(before) :]]
    found = {}

    def walk(node, code):
        if isinstance(node, tuple):
            walk(node[0], code + "0")
            walk(node[1], code + "1")
        else:
            found[node] = code

    walk(nodes[0][1], "")
    return found


def coded(rows, frequencies=None):
    """Records of rows (lines, samples) uint8, and the frequencies (511,) of their differences."""
    rows = np.asarray(rows, np.int64)
    symbols = rows[:, :-1] - rows[:, 1:] + 256
    if frequencies is None:
        frequencies = np.bincount(symbols.ravel(), minlength=512)[1:]
    book = codes(frequencies)
    records = []
    for row, line in zip(rows, symbols, strict=True):
        bits = "".join(map(book.__getitem__, line.tolist()))
        bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
        packed = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        records.append(bytes([row[0]]) + packed)
    return records, frequencies


def chunks(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


def records(parts):
    """VAX records of variable length."""
    return b"".join(len(p).to_bytes(2, "little") + p + b"\0" * (len(p) % 2) for p in parts)


def imq(lines, core, size, headers=0, suffix=0, **odd):
    """The bytes of a compressed image.

    lines    of its label, pointers included;  core  (lines, samples) uint8
    size     bytes of a record;  headers  records of a line header table;  suffix  bytes of a line
    odd      histogram, frequencies, image (records): other ones than belong to the samples
    """
    core = np.asarray(core)
    tail = np.arange(len(core) * suffix).reshape(len(core), suffix) % 7
    image, frequencies = coded(np.hstack([core, tail]))
    histogram = np.bincount(core.ravel(), minlength=256)
    return records(
        [
            *(line.encode("latin-1") for line in lines),
            *chunks(odd.get("histogram", histogram).astype("<i4").tobytes(), size),
            *chunks(odd.get("frequencies", frequencies).astype("<i4").tobytes(), size),
            b"engineering",
            *[b"header"] * headers,
            *odd.get("image", image),
        ]
    )


VOYAGER = """CCSD3ZF0000100000001NJPL3IF0PDS200000001 = SFDU_LABEL
/*          FILE FORMAT AND LENGTH */
RECORD_TYPE                      = VARIABLE_LENGTH
RECORD_BYTES                     = 836
^IMAGE_HISTOGRAM                 = {0}
^ENCODING_HISTOGRAM              = {1}
^IMAGE                           = {2}
SPACECRAFT_NAME                  = VOYAGER_2
MISSION_PHASE_NAME               = URANUS_ENCOUNTER
TARGET_NAME                      = U_RINGS
IMAGE_ID                         = '1234U2-001'
IMAGE_NUMBER                     = 26834.50 /*FLIGHT DATA SUBSYSTEM (FDS)
IMAGE_TIME                       = 1986-01-24T13:00:00Z
INSTRUMENT_NAME                  = WIDE_ANGLE_CAMERA
SCAN_MODE_ID                     = '10:1'
SHUTTER_MODE_ID                  = BSIMAN
GAIN_MODE_ID                     = HIGH
EDIT_MODE_ID                     = '3:4' /*FULL RESOLUTION*/
FILTER_NAME                      = ORANGE
FILTER_NUMBER                    = 7
EXPOSURE_DURATION                = 15.3600 <SECONDS>
NOTE                             = "A NOTE OF
     TWO LINES"
OBJECT                           = IMAGE
 ENCODING_TYPE                   = HUFFMAN_FIRST_DIFFERENCE
 LINES                           = {lines}
 LINE_SAMPLES                    = {samples}
 LINE_SUFFIX_BYTES               = 36
 SAMPLE_TYPE                     = UNSIGNED_INTEGER
 SAMPLE_BITS                     = 8
END_OBJECT
END"""


def voyager(core, changes=(), **odd):
    """The bytes of a Voyager .imq; changes (old, new) of its label."""
    count = len(VOYAGER.splitlines())
    places = count + 1, count + 3, count + 7
    text = VOYAGER.format(*places, lines=len(core), samples=core.shape[1])
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return imq(text.split("\n"), core, 836, suffix=36, **odd)


def viking(core, text, **odd):
    """The bytes of a Viking .imq by the text of its label."""
    return imq(text.split("\n"), core, 1204, headers=1056, **odd)


def viking_label(testdata, checksum):
    """The label of a Viking image, as it was before the structures were copied into it."""
    text = (testdata / "viking/f004a47/f004a47_pds3.lbl").read_bytes().decode("latin-1")
    lines, inside = [], False
    for line in text.rstrip().split("\r\n"):
        if line.startswith("CCSD") and lines:
            inside = True
            lines.append(" ^STRUCTURE                      = 'TABLE.LBL'")
        if not inside:
            lines.append(line)
        inside = inside and line != "END"
    return "\n".join(lines).replace("205881028", str(checksum))
