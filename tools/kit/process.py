"""A tool run as a process of its own, for a line of -batchlist: here or on a worker."""

import dataclasses
import os
import subprocess
import sys
import tempfile

HEAD = (sys.executable, "-P", "-m", "perijove.kit.bound")


@dataclasses.dataclass
class Run:
    """How a run ended; a code of None: it was not run, or stopped."""

    code: int | None = None
    text: bytes = b""
    words: tuple = ()
    log: bytes = b""


class Process:
    """A tool at work on its words, which ends when this process does."""

    def __init__(self, tool, words, logged=False, folder=None, environment=()):
        self.log = tempfile.NamedTemporaryFile() if logged else None
        more = [f"-log={self.log.name}"] if logged else []
        self.process = subprocess.Popen(
            [*HEAD, str(os.getpid()), tool, *words, *more],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=(environment or os.environ) | {"PERIJOVE_HISTORY": "none"},
            process_group=0,  # Ctrl-C comes to us alone, and is passed on once
        )

    def end(self):
        """Wait for its end, and return the Run."""
        text, words = self.process.communicate()
        code = self.process.returncode
        words = words.decode(errors="backslashreplace").splitlines()
        run = Run(code if code >= 0 else 128 - code, text, words or ["it was killed"] * (code != 0))
        if self.log:
            with self.log:
                run.log = self.log.read()
        return run

    def stop(self):
        """End it now; what it has begun to write goes with it."""
        self.process.terminate()
