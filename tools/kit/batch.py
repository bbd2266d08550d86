"""-batchlist: a tool run once per line of a list, several lines at a time.

Each line is a process of its own, so that none can harm another.  Their words and texts are
passed on whole, in the order of the list, whatever -jobs.
"""

import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

from . import batchlist, files, reserved
from .error import Error

KINDS = {2: "USER ERROR", 3: "PROGRAMMER ERROR", 4: "I/O ERROR"}
NAMED = 8  # failed lines that the last message names


@dataclasses.dataclass
class Run:
    """How the run of a line ended; a code of None: it was not run, or stopped."""

    code: int | None = None
    text: bytes = b""
    words: tuple = ()
    log: bytes = b""


def run(p):
    """Run the command of p, whose values hold $1 to $9, for the lines of its -batchlist.

    An Error at the end, of the kind of the first line that failed, where one did.
    """
    path, errors = p.reserved["batchlist"], p.reserved.get("errlist")
    abort = p.reserved.get("onerror", "ABORT") == "ABORT"
    jobs = p.reserved.get("jobs", 1)
    flags = [f"-restore={p.reserved['restore']}"] if "restore" in p.reserved else []
    flags += ["-quiet"] if "quiet" in p.reserved else []
    flags += [f"-jobs={max(1, reserved.processors() // jobs)}"] if jobs > 1 else []
    lines = batchlist.lines(path, p.words, flags)
    batchlist.check(p.declared, lines, path, jobs, lenient=not abort)
    if errors:
        if os.path.exists(errors) and os.path.exists(path) and os.path.samefile(errors, path):
            raise Error(f"-errlist = {errors}: it would replace the list that is run")
        _write(errors, ())  # now rather than after hours, where it cannot be written
    ended = dict.fromkeys(lines, Run())
    try:
        _all(p, ended, jobs, abort)
    finally:
        if errors:
            _write(errors, [line for line, run in ended.items() if run.code != 0])
    _report(path, ended, abort)


def _write(path, lines):
    with files.output(path, text=True) as out:
        out.write(b"".join(os.fsencode(line.text) + b"\n" for line in lines))


def _all(p, ended, jobs, abort):
    """Run the lines, note how they ended, and pass on what they say, in the order of the list."""
    lines = list(ended)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        runs = _Runs(p, abort, folder)
        try:
            futures = [pool.submit(runs.run, line) for line in lines]
            bar = p.progress(iter(futures), total=len(lines))
            for line, future in zip(lines, bar, strict=True):
                run = ended[line] = future.result()
                if run.words or run.text:  # the bar makes room for them
                    getattr(bar, "clear", bool)()
                for words in run.words:
                    files.tell(f"{line}: {words}")
                _pass_on(p, run)
        except BaseException:  # Ctrl-C, or a reader that has seen enough
            runs.stop(0)
            raise


def _pass_on(p, run):
    if run.log:
        with open(p.reserved["log"], "ab") as log:
            log.write(run.log)
    if run.text:
        with files.output("-", text=True) as out:
            out.write(run.text)
    run.text = run.log = b""  # a list may be long


class _Runs:
    """The processes of the lines."""

    def __init__(self, p, abort, folder):
        self.p, self.abort, self.folder = p, abort, folder
        self.last = float("inf")  # number of the last line that may run
        self.running, self.lock = {}, threading.Lock()

    def run(self, line):
        """Run a line to its end; on a failure stop those after it, if that is asked for."""
        log = os.path.join(self.folder, str(line.number))
        words = [*line.words, *([f"-log={log}"] if "log" in self.p.reserved else [])]
        with self.lock:
            if line.number > self.last:
                return Run()
            process = self.running[line.number] = subprocess.Popen(
                [sys.executable, "-P", "-m", "perijove", self.p.tool, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | {"PERIJOVE_HISTORY": "none"},
                process_group=0,  # Ctrl-C comes to us alone, and stop() passes it on once
            )
        text, words = process.communicate()
        with self.lock:
            del self.running[line.number]
            failed = process.returncode != 0
            if failed and line.number > self.last:
                return Run()
            if failed and self.abort:
                self._stop(line.number)
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        words = words.decode(errors="backslashreplace").splitlines()
        run = Run(code, text, words or ["it was killed"] * failed)
        with contextlib.suppress(FileNotFoundError), open(log, "rb") as stream:
            run.log = stream.read()
        return run

    def stop(self, last):
        """End the runs of the lines after one; what they have begun to write goes with them."""
        with self.lock:
            self._stop(last)

    def _stop(self, last):
        self.last = min(self.last, last)
        for number, process in self.running.items():
            if number > self.last:
                process.terminate()


def _report(path, ended, abort):
    failed = [line for line, run in ended.items() if run.code]
    if not failed:
        return
    if not abort:
        for line in failed:
            files.tell(f"{line}: {ended[line].words[-1]}")
    named = ", ".join(map(str, failed[:NAMED])) + (", ..." if failed[NAMED:] else "")
    words = f"{path}: {len(failed)} of {len(ended)} lines failed: {named}"
    missed = sum(run.code is None for run in ended.values())
    error = Error(words + (f"; {missed} after it were not run" if missed else ""))
    error.code = ended[failed[0]].code
    error.kind = KINDS.get(error.code, "ERROR")
    raise error
