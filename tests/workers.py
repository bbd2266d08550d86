"""A scheduler of dask.distributed and its workers, each a process of this machine."""

import contextlib
import glob
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

import pytest

PATIENCE = 120  # s


def until(found, what):
    """Wait for a function to return something, and return that."""
    end = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return value


def needed():
    """Skip the test where dask.distributed is not there."""
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("dask.distributed is not installed: EXTRAS=dist make test")


class Workers:
    """The scheduler's address, and its workers, one thread each."""

    def __init__(self, folder, failures):
        needed()
        self.folder, self.started, self.workers = folder, [], {}
        self.file = folder / "scheduler.json"
        self.environment = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(failures)}
        self.scheduler = self._start("dask_scheduler", "--host=127.0.0.1", "--port=0", "--no-show")
        self.address = until(self._address, "no scheduler")

    def _address(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self.file.read_text())["address"]

    def _start(self, module, *words):
        log = self.folder / f"{len(self.started)}.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *words]
                + ["--scheduler-file", self.file],
                cwd=self.folder,
                env=os.environ | self.environment,
                stdout=stream,
                stderr=stream,
            )
        self.started.append(process)
        process.log = log
        return process

    def have(self, count):
        """Start workers until there are so many; return the address of the scheduler."""
        self.workers = {pid: w for pid, w in self.workers.items() if w.poll() is None}
        while len(self.workers) < count:
            words = ("--nthreads=1", "--no-nanny", "--memory-limit=0", "--local-directory=.")
            worker = self._start("dask_worker", *words)
            self.workers[worker.pid] = worker
        for worker in self.workers.values():
            until(lambda log=worker.log: "Registered to" in log.read_text(), worker.log)
        return self.address

    def at(self, path):
        """Wait until a worker, or a tool of one, has opened a file; return the worker's pid."""
        path = os.path.realpath(path)

        def holder():
            for pid, worker in self.workers.items():
                if worker.poll() is None and any(opened(p, path) for p in (pid, *children(pid))):
                    return pid
            return None

        return until(holder, f"no worker opens {path}")

    def kill(self, pid):
        """Kill a worker, as a machine that fails."""
        self.workers[pid].send_signal(signal.SIGKILL)
        self.workers[pid].wait(PATIENCE)

    def close(self):
        """End all of them."""
        for process in reversed(self.started):
            process.kill()
            process.wait(PATIENCE)


def children(pid):
    """The processes that a process has begun."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with contextlib.suppress(OSError), open(path) as stream:
            found += stream.read().split()
    return found


def opened(pid, path):
    """Whether a process has a file open."""
    links = glob.glob(f"/proc/{pid}/fd/*")
    return any(os.path.realpath(link) == path for link in links)


@contextlib.contextmanager
def fifo(path):
    """Make a named pipe, and give a stream into it that needs nobody to read."""
    os.mkfifo(path)
    with open(os.open(path, os.O_RDWR), "wb", buffering=0) as stream:
        yield stream
