"""Kernel files: found in lists, folders and meta-kernels, and loaded for a while."""

import contextlib
import os
import struct

from .error import Error, IoError


def files(entries):
    """Kernel files of a list of files, meta-kernels and folders, and what was no kernel.

    A folder gives what lies in and below it, predictions (_pre_) first, then by name, so that a
    reconstruction and a later version win; its meta-kernels are left out.  The files a meta-kernel
    names are sought from the working directory, as SPICE does, and from its own folder.
    """
    found, odd = [], []
    for entry in entries:
        if os.path.isdir(entry):
            below = [os.path.join(d, n) for d, _, names in os.walk(entry) for n in names]
            below.sort(key=lambda path: ("_pre_" not in os.path.basename(path), path))
            kinds = [(path, kind(path)) for path in below]
            found += [path for path, k in kinds if k and k != "MK"]
            odd += [path for path, k in kinds if not k]
        elif not os.path.exists(entry):
            raise IoError(f"{entry}: no such file or folder")
        elif kind(entry) == "MK":
            found += _of_meta(entry)
        else:
            (found if kind(entry) else odd).append(entry)
    return list(dict.fromkeys(found)), odd


def kind(path):
    """SPK, CK, LSK, ... of a kernel, TEXT of one that does not say, "" of any other file."""
    import spiceypy as sp

    try:
        architecture, found = sp.getfat(path)
    except sp.SpiceyError:
        return ""
    if architecture == "DAF":
        _whole(path)
    if architecture in ("KPL", "DAF", "DAS"):
        return found
    with open(path, "rb") as stream:  # ISIS's addenda lack the first line
        return "TEXT" if b"\\begindata" in stream.read(1 << 16) else ""


def _whole(path):
    """Error where a DAF (SPK, CK, binary PCK) is shorter than its file record says, or its file
    record or its list of segments is none: CSPICE reads on, or ends the process (NAIF, DAF
    Required Reading)."""
    with open(path, "rb") as stream:
        record = stream.read(1024).ljust(1024, b"\0")
        size = os.fstat(stream.fileno()).st_size
    order = ">" if record[88:96] == b"BIG-IEEE" else "<"
    doubles, integers, first, _, free = struct.unpack(f"{order}2i60x3i", record[8:88])
    if not (0 <= doubles <= 124 and 2 <= integers <= 250 and min(first, free) > 0):
        raise IoError(f"{path}: damaged: its file record is none of a kernel: fetch it again")
    if size < 8 * (free - 1):
        raise IoError(f"{path}: truncated: {size} bytes of {8 * (free - 1)}: fetch it again")
    if not _listed(path, order, doubles, integers, first, free):
        raise IoError(f"{path}: damaged: its list of segments is none of a kernel: fetch it again")


def _listed(path, order, doubles, integers, first, free):
    """True where the summary records of a DAF, from the first on, list segments before free."""
    length, left = 8 * (doubles + (integers + 1) // 2), free // 128 + 1  # bytes; records
    with open(path, "rb") as stream:
        while first and left:
            stream.seek(1024 * (first - 1))
            record, left = stream.read(1024).ljust(1024, b"\0"), left - 1
            following, _, count = struct.unpack(f"{order}3d", record[:24])
            if not (0 <= following <= free // 128 + 1 and 0 <= count <= 1000 // length):
                return False
            for n in range(int(count)):
                at = 24 + n * length + 8 * doubles + 4 * (integers - 2)
                begin, end = struct.unpack(f"{order}2i", record[at : at + 8])
                if not 0 < begin <= end < free:
                    return False
            first = int(following)
    return not first


def _of_meta(path):
    import spiceypy as sp

    with loaded(()):
        sp.ldpool(path)
        symbols = dict(zip(_texts("PATH_SYMBOLS"), _texts("PATH_VALUES"), strict=False))
        names = _texts("KERNELS_TO_LOAD")
    found = []
    for name in names:
        for symbol, value in symbols.items():
            name = name.replace(f"${symbol}", value)
        beside = os.path.join(os.path.dirname(path), name)
        found.append(name if os.path.exists(name) else beside)
        if not os.path.exists(found[-1]):
            raise IoError(f"{path}: {name}: no such file")
    return found


def _texts(key):
    """Strings of a pool variable, pieces ending in + joined as SPICE joins them."""
    import spiceypy as sp

    out = []
    with contextlib.suppress(sp.SpiceyError, sp.NotFoundError):
        while True:
            out.append(sp.stpool(key, len(out), "+")[0])
    return out


@contextlib.contextmanager
def loaded(paths):
    """Kernels loaded, those of the caller put back afterwards; SPICE's errors become Errors."""
    import spiceypy as sp

    try:
        with sp.KernelPool(list(paths)):
            yield
    except (sp.SpiceyError, sp.NotFoundError) as error:
        words = getattr(error, "long", "") or str(error)
        raise Error(f"SPICE: {' '.join(words.split())[:240]}") from None
