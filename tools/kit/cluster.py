"""-cluster: the workers of a running dask.distributed scheduler, as seen from here.

A task carries words, file names and windows, never pixels: the workers see the files under the
paths they have here.  Where a worker is lost its tasks are run again on others, which is safe
since a file is written beside its place and renamed.
"""

import contextlib
import os
import tempfile
import threading
import time
import uuid

from perijove import __version__

from . import scheduler, worker
from .error import Error, IoError
from .process import Run

WAIT = 60  # s that a cluster may be without a worker
LOOK = 1  # s between looks at the workers
PRESENCE = """__import__('perijove').__version__, [
    path for path in {!r} if not __import__('os').path.exists(path)
]"""


class Killed(IoError):
    """A task in whose hands worker after worker was lost."""


@contextlib.contextmanager
def connected(p, folders=()):
    """Yield the Cluster at the address of -cluster, all of whose workers run our version.

    folders  that tasks write into, which the workers are to see as we do
    """
    with scheduler.silence(), _marked(folders) as marks:
        cluster = Cluster(scheduler.client(p.reserved["cluster"]), p, marks)
        try:
            while not cluster.threads():
                time.sleep(LOOK)
            cluster.check()
            threading.Thread(target=cluster.watch, daemon=True).start()
            yield cluster
        finally:
            cluster.close()


@contextlib.contextmanager
def _marked(folders):
    """Yield {path: folder} of empty files: another machine may have a folder of the same name."""
    marks = {}
    try:
        for folder in sorted(folders):
            with contextlib.suppress(OSError):  # who writes there will tell
                handle, path = tempfile.mkstemp(dir=folder, prefix=".perijove-")
                marks[path] = folder
                os.close(handle)
        yield marks
    finally:
        for path in marks:
            with contextlib.suppress(OSError):
                os.unlink(path)


class Cluster:
    """Its workers, and the tasks they are given; room is for as many as they have threads."""

    def __init__(self, client, p, marks):
        self.client, self.p, self.address = client, p, p.reserved["cluster"]
        self.places = {os.getcwd(): os.getcwd()} | marks  # {path that workers see: its folder}
        self.there, self.known = set(), set()  # addresses of workers; of those that are like us
        self.name, self.number, self.tasks = uuid.uuid4().hex, 0, {}
        self.lock, self.over = threading.Lock(), threading.Event()
        self.alone = self.lost = None  # since when no worker is there; the Error that ends it all
        self.most, self.room = 0, threading.Semaphore(p.reserved.get("jobs", 0))

    def threads(self):
        """Return how many threads the workers have now; an I/O ERROR after WAIT s of none."""
        found = self._ask(self.client.nthreads)
        self.there, threads = set(found), sum(found.values())
        if threads:
            self.alone = None
        elif self.alone is None:
            self.alone = time.monotonic()
            self.p.say(f"{self.address} has no worker: waiting {WAIT} s for one")
        elif time.monotonic() > self.alone + WAIT:
            start = f"start one with dask worker {self.address}"
            raise IoError(f"-cluster = {self.address}: no worker for {WAIT} s: {start}")
        if threads > self.most and "jobs" not in self.p.reserved:
            self.room.release(threads - self.most)
            self.most = threads
        return threads

    def check(self):
        """Error where a worker that is new is of another version, or sees not what we see."""
        new = sorted(self.there - self.known)
        words = PRESENCE.format([*self.places])
        run = {"workers": new, "on_error": "return"}
        found = self._ask(self.client.run, eval, words, **run) if new else {}
        for where, answer in found.items():
            if isinstance(answer, ImportError):
                raise Error(f"worker {where} has no perijove: install {__version__} there")
            if isinstance(answer, tuple):  # else it has just been lost
                worker.same(answer[0], f"worker {where}")
                if answer[1]:
                    raise IoError(
                        f"worker {where} sees no folder {self.places[answer[1][0]]}: the workers "
                        "need the files under the paths that they have here"
                    )
                self.known.add(where)

    def watch(self):
        """Look after the workers until it is over; end it where all are lost, or one is unlike."""
        while not self.over.wait(LOOK):
            try:
                self.threads()
                self.check()
            except Error as error:
                if not self.over.is_set():
                    self.lost = error
                    self.finish()

    def _ask(self, function, *words, **more):
        try:
            return function(*words, **more)
        except (OSError, RuntimeError):  # RuntimeError: the client has closed itself
            raise self._gone() from None

    def _gone(self):
        return IoError(f"-cluster = {self.address}: the connection to the scheduler is lost")

    def finish(self):
        """Stop what is still under way, and begin nothing more."""
        self.over.set()
        self.stop()

    def close(self):
        """Leave."""
        self.finish()
        with contextlib.suppress(Exception):
            self.client.close(timeout=scheduler.CONNECT)

    # -------------------------------------------------------------- tasks
    def submit(self, func, *args):
        """Return the key of a task: func(key, version, *args) on a worker."""
        with self.lock:
            if self.over.is_set():
                raise self.lost or self._gone()
            self.number += 1
            key = f"perijove-{self.name}-{self.number}"
            self.tasks[key] = self._ask(
                self.client.submit, func, key, __version__, *args, key=key, pure=False
            )
        return key

    def result(self, key):
        """Return what a task returns, None of one that was stopped; what it raises is raised."""
        from distributed import CancelledError, KilledWorker

        with self.lock:
            future = self.tasks.get(key)
        try:
            return future and future.result()
        except CancelledError:
            if self.lost or key in self.tasks:
                raise self.lost or self._gone() from None
            return None
        except KilledWorker as error:
            lost = error.allowed_failures + 1
            raise Killed(f"it was killed with its worker (workers lost: {lost})") from None
        finally:
            with self.lock:
                self.tasks.pop(key, None)

    def stop(self, keys=None):
        """Take tasks back, all where none is named, and end the tools that they have begun."""
        with self.lock:
            keys = [k for k in (list(self.tasks) if keys is None else keys) if k in self.tasks]
            futures = [self.tasks.pop(key) for key in keys]
        if futures:
            with contextlib.suppress(Exception):  # there may be no scheduler any more
                self.client.cancel(futures)
                self.client.run(worker.stop, keys, on_error="ignore")

    # -------------------------------------------------------------- what they are for
    def call(self, func, item):
        """Return func(item) of a worker."""
        return self.result(self.submit(worker.call, func, item))

    def begin(self, words):
        """Return the key of a run of the tool on words, for end() or stop()."""
        logged = "log" in self.p.reserved
        return self.submit(worker.run, os.getcwd(), worker.variables(), self.p.tool, words, logged)

    def end(self, key):
        """Return the Run when it has ended."""
        try:
            return self.result(key) or Run()
        except Killed as error:
            return Run(137, words=[str(error)])
