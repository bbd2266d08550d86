"""How a tool ends that went wrong: one line on stderr, an exit code, the rest in the log."""

import contextlib
import os
import sys

from . import files
from .error import Error, IoError

LONGEST = 400  # characters of an error, whatever a damaged label makes it quote


@contextlib.contextmanager
def told(name, run=()):
    """Turn what goes wrong into one line on stderr and an exit code.

    run  holds the Parameters of the tool, as soon as they are known, for -log
    """
    try:
        yield
    except BrokenPipeError:  # the reader has seen enough, as head has
        with contextlib.suppress(Exception):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        _fail(name, run[0] if run else None, error)


def _spelt(character):
    return character.encode("unicode_escape").decode()


def _fail(name, p, error):
    if isinstance(error, Error):
        kind, code, words = error.kind, error.code, str(error)
    elif isinstance(error, MemoryError):
        kind, code, words = "ERROR", 1, "the memory does not hold this"
    elif isinstance(error, OSError) and error.errno is not None:
        kind, code = IoError.kind, IoError.code
        words = f"{error.filename or 'a file or pipe'}: {files.reason(error)}"
    else:
        at = error.__traceback__
        while at.tb_next:
            at = at.tb_next
        place = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"
        kind, code = "PROGRAMMER ERROR", 3
        words = f"{type(error).__name__}: {error} ({place}); -log=FILE keeps the traceback"
    # a damaged label may make an error quote what would play with a terminal
    words = "".join(c if c.isprintable() else _spelt(c) for c in " ".join(words.split()))
    if len(words) > LONGEST:
        words = f"{words[: LONGEST // 2]} ... {words[-LONGEST // 2 :]}"
    line = f"**{kind}** {name}: {words}"
    if p is not None:
        with contextlib.suppress(Exception):
            p.log(line)
            if code == 3:
                import traceback

                p.log("".join(traceback.format_exception(error)))
    files.tell(line)
    sys.exit(code)
