"""One function over many items: by threads here, or by the workers of -cluster.

The results come in the order of the items, so that nothing depends on who was first.
"""

import collections
import contextlib
import functools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

AHEAD = 2  # items in work, or done and waiting for their turn, to a thread


def shared(p):
    """Return True where the work is spread over a cluster."""
    return "cluster" in p.reserved


def spread(p, func, items, total=None):
    """Return an iterator of func(item), in the order of the items, counted by a bar.

    func   on a cluster a function of a module; it is run again where its worker is lost
    items  on a cluster small values: absolute paths and windows, never pixels
    total  how many there are, where items has no length
    What func raises is raised here when its turn comes; what has not begun then never does.
    """
    total = len(items) if total is None and hasattr(items, "__len__") else total
    return iter(p.progress(_spread(p, func, items), total=total))


def _spread(p, func, items):
    if not shared(p):
        with opencv_alone():
            yield from _ordered(func, items, p.jobs, AHEAD * p.jobs)
        return
    from . import batchlist, cluster

    with cluster.connected(p, batchlist.written(p)) as workers:
        ahead = p.reserved.get("jobs") or AHEAD * max(1, workers.threads())
        call = functools.partial(workers.call, func)
        yield from _ordered(call, items, ahead, ahead, workers.finish)


def _ordered(func, items, threads, ahead, finish=bool):
    """Yield func(item) in order; at most ahead of them are in work or wait for their turn."""
    if threads == 1:
        yield from map(func, items)
        return
    window = collections.deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                window.append(pool.submit(func, item))
                if len(window) == ahead:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            finish()


@contextlib.contextmanager
def opencv_alone():
    """Keep OpenCV to one thread a call, loaded or not yet: the workers own the processors."""
    name = "OPENCV_FOR_THREADS_NUM"
    words, loaded = os.environ.get(name), sys.modules.get("cv2")
    before = loaded.getNumThreads() if loaded else int(words or -1)  # -1: as many as there are
    opencv(1)
    try:
        yield
    finally:
        opencv(before)
        os.environ.pop(name)
        if words is not None:
            os.environ[name] = words


def opencv(threads):
    """Set the threads of a call of OpenCV, loaded or not yet."""
    os.environ["OPENCV_FOR_THREADS_NUM"] = str(threads)
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(threads)
