"""Files and pipes: sequential reading (kit/reader), atomic writing, text, words on stderr."""

import contextlib
import os
import sys

from .error import Error, IoError
from .reader import Reader, reason, scratch, size, whole, widen

__all__ = ["Reader", "output", "reason", "rows", "scratch", "sha256", "silence", "tell", "whole"]

LARGEST_TEXT = 1 << 26  # bytes of a list


@contextlib.contextmanager
def output(path, text=False):
    """Yield a binary stream that becomes the file at path, or standard output for "-".

    A file is written beside its place and renamed when complete: never half a file.
    text  True: for people to read, so that the terminal will do
    """
    if path == "-":
        if sys.stdout is None or sys.stdout.closed:
            raise IoError("standard output is closed: give TO=file, or a pipe that is open")
        if not text and sys.stdout.isatty():
            raise Error("TO is the terminal: give TO=file or pipe the cube on")
        stream = sys.stdout.buffer
        widen(stream)
        yield stream
        stream.flush()
        return
    folder = os.path.dirname(os.path.abspath(path))
    # by chance, not by the process: many machines may share the folder
    part = os.path.join(folder, f".{os.path.basename(path)}.{os.urandom(4).hex()}.part")
    # a device or a named pipe is written to, never replaced
    own = os.path.exists(path) and not os.path.isfile(path)
    try:
        with open(path if own else part, "wb") as stream:
            yield stream
        if not own:
            os.replace(part, path)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise IoError(f"{path}: cannot be written: {reason(error)}") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)


def rows(path, expected):
    """Return the lines of a text file without comments (#) and blanks at their ends.

    What is no text is an Error that tells what was expected.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {reason(error)}") from None
    if len(data) > LARGEST_TEXT or b"\0" in data:
        raise Error(f"{path}: no text: expected {expected}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Error(f"{path}: no text: expected {expected}") from None
    return [line.partition("#")[0].strip() for line in text.splitlines()]


@contextlib.contextmanager
def silence():
    """Keep off stderr what libraries print there by themselves, past Python."""
    try:
        before = os.dup(2)
    except OSError:  # stderr is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def tell(line):
    """Print a line on stderr; nowhere where that is closed or full, least of all on stdout."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{line}\n")  # at once: lines of tools side by side stay whole


def sha256(path):
    """Return the SHA-256 of a file, hexadecimal; a device or pipe cannot be read twice."""
    import hashlib

    try:
        with open(path, "rb") as stream:
            if size(stream) is None:
                raise IoError(f"{path}: a device or pipe, expected a file")
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {reason(error)}") from None
