"""The two exceptions a tool shows its user: one line, no traceback, an exit code of ISIS."""


class Error(Exception):
    """What the user can put right: what was found, what was expected, what to do."""

    kind, code = "USER ERROR", 2


class IoError(Error):
    """A file or stream that is short, damaged, absent or not writable."""

    kind, code = "I/O ERROR", 4
