"""Files in a zip, read with bounds: an archive is somebody else's, and may be damaged or a bomb."""

import contextlib

from . import files
from .error import IoError

LARGEST = 1 << 28  # bytes; a whole turn of the spacecraft in four filters is 70 MB


def is_zip(path):
    """Return True where a path ends as a zip does."""
    return str(path).lower().endswith(".zip")


def names(path):
    """Return the names of the files in a zip, in its order, without those that a system hides."""
    with _opened(path) as archive:
        found = [info.filename for info in archive.infolist() if not info.is_dir()]
    return [name for name in found if not base(name).startswith(".")]


def base(name):
    """Return the last part of a name in a zip."""
    return name.replace("\\", "/").rpartition("/")[2]


def read(path, name, limit=LARGEST):
    """Return the bytes of a file in a zip, its checksum checked; more than limit is an IoError."""
    with _opened(path) as archive, archive.open(name) as stream:
        data = stream.read(limit + 1)  # whatever size the directory claims
    if len(data) > limit:
        raise IoError(f"{path}: {name} has more than {limit >> 20} MiB: this is no such file")
    return data


@contextlib.contextmanager
def _opened(path):
    import zipfile  # imported late: it takes longer than the rest of a tool's start

    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
    except NotImplementedError:
        raise IoError(f"{path}: is packed in a way that is not known here: unpack it") from None
    except RuntimeError:  # how zipfile says that a password is wanted
        raise IoError(f"{path}: is encrypted: unpack it") from None
    except MemoryError:
        raise
    except Exception as error:  # zipfile raises many kinds where an archive is damaged
        words = str(error) or "the data end too early"
        raise IoError(f"{path}: this is no whole zip: {words}") from None
