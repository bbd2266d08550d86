"""Inputs read front to back, from files and pipes, with exact counts."""

import contextlib
import os
import stat
import sys

from .error import Error, IoError

PIPE_BYTES = 1 << 20  # larger pipes: fewer changes between the processes of a chain
PIECE = 1 << 26  # bytes taken from a pipe at a time, whatever count a label claims


def widen(stream):
    """Give a pipe more room than it has by default."""
    with contextlib.suppress(Exception):  # Linux only, and only if it is a pipe
        import fcntl

        fcntl.fcntl(stream.fileno(), 1031, PIPE_BYTES)  # F_SETPIPE_SZ


def reason(error):
    """Return the words of an OSError without its number and path."""
    return (error.strerror or str(error)).lower()


def size(stream):
    """Return how many bytes a regular file still holds, None of a pipe."""
    with contextlib.suppress(OSError, AttributeError):  # what stands in for stdin may be no file
        found = os.fstat(stream.fileno())
        if stat.S_ISREG(found.st_mode):
            return max(found.st_size - stream.tell(), 0)
    return None


class Reader:
    """A binary input read front to back; byte offsets count from its beginning.

    size  bytes of the whole input; None of a pipe
    """

    def __init__(self, path):
        self.path, self.at, self.ahead, self.stdin = path, 0, b"", path == "-"
        if self.stdin:
            if sys.stdin is None or sys.stdin.closed:
                raise IoError("standard input is closed: give FROM=file or pipe a cube in")
            if sys.stdin.isatty():
                raise Error("FROM is the terminal: give FROM=file or pipe a cube in")
            self.stream = sys.stdin.buffer
            widen(self.stream)
        else:
            try:
                self.stream = open(path, "rb")  # closed by close()
            except OSError as error:
                raise IoError(f"{path}: cannot be read: {reason(error)}") from None
        self.size = size(self.stream)
        self.first = 0 if self.size is None else self.stream.tell()

    def read(self, count=-1):
        """Return up to count bytes, all there are where count is negative."""
        head = self.ahead if count < 0 else self.ahead[:count]
        self.ahead = self.ahead[len(head) :]
        if count < 0 or len(head) < count:
            head += self.stream.read(-1 if count < 0 else count - len(head))
        self.at += len(head)
        return head

    def unread(self, data):
        """Put bytes back in front of what is still to be read."""
        self.ahead, self.at = data + self.ahead, self.at - len(data)

    def exactly(self, count, what):
        """Return count bytes; fewer are an I/O ERROR that names what was read."""
        self.promise(count, what)
        pieces, left = [], count
        while left and (data := self.read(min(left, PIECE))):
            pieces.append(data)
            left -= len(data)
        if left:
            self._short(what, count - left, count)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def promise(self, count, what):
        """Check that count bytes are to come, as far as that is known; an I/O ERROR else."""
        if self.size is not None and self.at + count > self.size:
            self._short(what, self.size - self.at, count)

    def _short(self, what, found, count):
        raise IoError(f"{self.path}: truncated: {what} ends after {found} of {count} bytes")

    def into(self, buffer, what):
        """Fill a writable buffer; fewer bytes are an I/O ERROR."""
        view = memoryview(buffer).cast("B")
        done = min(len(self.ahead), len(view))
        view[:done], self.ahead = self.ahead[:done], self.ahead[done:]
        while done < len(view):
            got = self.stream.readinto(view[done:])
            if not got:
                raise IoError(f"{self.path}: truncated: {what} ends {len(view) - done} bytes early")
            done += got
        self.at += len(view)

    def skip_to(self, offset, what):
        """Go forward to a byte offset."""
        if offset < self.at:
            raise IoError(
                f"{self.path}: {what} overlaps what stands before it: the label is damaged"
            )
        self.promise(offset - self.at, f"what stands before {what}")
        if self.size is not None:  # a file: nothing is read
            self.stream.seek(max(0, offset - self.at - len(self.ahead)), os.SEEK_CUR)
            self.ahead, self.at = self.ahead[offset - self.at :], offset
        while self.at < offset:
            self.exactly(min(offset - self.at, 1 << 20), f"what stands before {what}")

    def spool(self):
        """Put the rest in a temporary file, so that offsets may be visited in any order."""
        start = self.at
        with contextlib.ExitStack() as stack:
            rest = stack.enter_context(scratch())
            rest.seek(start)
            while data := self.read(1 << 20):
                rest.write(data)
            rest.flush()
            self.spooled = stack.pop_all()  # lives as long as the reader
        self.become(rest, rest.tell())
        self.seek(start, "the rest")

    def become(self, stream, size):
        """Go on with another stream of size bytes, from its beginning, instead of the input's."""
        self.close()
        self.stream, self.ahead, self.at, self.size, self.first = stream, b"", 0, size, 0
        self.stdin = False

    def seek(self, offset, what):
        """Go to a byte offset of a file or a spooled pipe."""
        if not 0 <= offset <= self.size:
            raise IoError(
                f"{self.path}: {what} begins at byte {offset + 1} of {self.size}: "
                "the file is truncated or its label damaged"
            )
        self.stream.seek(self.first + offset)
        self.at, self.ahead = offset, b""

    def close(self):
        if not self.stdin:
            self.stream.close()


def whole(path, most=None):
    """Return all bytes of a file, or of standard input for "-"; more than most are an Error."""
    with contextlib.closing(Reader(path)) as reader:
        data = reader.read(-1 if most is None else most + 1)
    if most is not None and len(data) > most:
        raise Error(f"{path}: more than {most} bytes: no image is so large")
    return data


@contextlib.contextmanager
def scratch():
    """Yield a temporary file without a name, in $TMPDIR; a full disk is an I/O ERROR."""
    import tempfile

    try:
        with tempfile.TemporaryFile() as stream:
            yield stream
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        folder = tempfile.gettempdir()
        raise IoError(f"{folder}: cannot be written: {reason(error)}: set TMPDIR") from None
