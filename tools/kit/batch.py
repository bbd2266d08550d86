"""-batchlist: a tool run once per line of a list, several lines at a time, here or on a cluster.

Each line is a process of its own, so that none can harm another.  Their words and texts are
passed on whole, in the order of the list, whatever -jobs and -cluster.
"""

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from . import batchlist, farm, files, parm, process, reserved
from .error import Error
from .process import Run

KINDS = {2: "USER ERROR", 3: "PROGRAMMER ERROR", 4: "I/O ERROR"}
NAMED = 8  # failed lines that the last message names


def run(p):
    """Run the command of p, whose values hold $1 to $9, for the lines of its -batchlist.

    An Error at the end, of the kind of the first line that failed, where one did.
    """
    path, errors = p.reserved["batchlist"], p.reserved.get("errlist")
    abort = p.reserved.get("onerror", "ABORT") == "ABORT"
    jobs = p.reserved.get("jobs", reserved.MOST if farm.shared(p) else 1)
    flags = [f"-restore={p.reserved['restore']}"] if "restore" in p.reserved else []
    flags += ["-quiet"] if "quiet" in p.reserved else []
    if farm.shared(p):
        flags.append("-jobs=1")  # each thread of a worker has a task of its own
    elif jobs > 1:
        flags.append(f"-jobs={max(1, reserved.processors() // jobs)}")
    lines = batchlist.lines(path, p.words, flags)
    batchlist.check(p.declared, lines, path, jobs, not abort, errors)
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
    with _place(p, lines) as place, ThreadPoolExecutor(min(jobs, len(lines))) as pool:
        runs = _Runs(place, abort)
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


def _place(p, lines):
    if not farm.shared(p):
        return contextlib.nullcontext(_Here(p))
    from . import cluster

    folders = set()
    for line in lines:
        with contextlib.suppress(Error):  # its run tells
            folders |= batchlist.written(parm.parse(p.declared, line.words))
    return cluster.connected(p, folders)


class _Here:
    """This machine, where lines run; a Cluster is another place."""

    room = contextlib.nullcontext()

    def __init__(self, p):
        self.p = p

    def begin(self, words):
        return process.Process(self.p.tool, words, "log" in self.p.reserved)

    def end(self, begun):
        return begun.end()

    def stop(self, begun):
        for run in begun:
            run.stop()


class _Runs:
    """The lines that are run, at a place."""

    def __init__(self, place, abort):
        self.place, self.abort = place, abort
        self.last = float("inf")  # number of the last line that may run
        self.running, self.lock = {}, threading.Lock()

    def run(self, line):
        """Run a line to its end; on a failure stop those after it, if that is asked for."""
        with self.place.room:
            with self.lock:
                if line.number > self.last:
                    return Run()
                begun = self.running[line.number] = self.place.begin(line.words)
            run = self.place.end(begun)
        with self.lock:
            del self.running[line.number]
            failed = run.code != 0
            if failed and line.number > self.last:
                return Run()
            if failed and self.abort:
                self._stop(line.number)
        return run

    def stop(self, last):
        """End the runs of the lines after one; what they have begun to write goes with them."""
        with self.lock:
            self._stop(last)

    def _stop(self, last):
        self.last = min(self.last, last)
        self.place.stop([run for number, run in self.running.items() if number > self.last])


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
