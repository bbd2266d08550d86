"""Thirty images on a cluster of this machine, against one after the other on one processor.

    python bench/cluster.py [FOLDER]

The cluster is a scheduler and two workers of one thread each, started before the clock runs.
Each image is a simulated frame, and the tool is denoise; every line of the list
is a Python of its own in both.  Wall time, the lesser of two runs each, in turn.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

IMAGES, FRAMES, RUNS = 30, 1, 2
PATIENCE = 60  # s

os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


@contextlib.contextmanager
def workers(folder, count):
    """Yield the address of a scheduler with so many workers of one thread."""
    file, started = f"{folder}/scheduler.json", []

    def start(*words):
        log = open(f"{folder}/{len(started)}.log", "w")
        words = ["dask", *words, "--no-dashboard", "--scheduler-file", file]
        started.append(subprocess.Popen(words, cwd=folder, stdout=log, stderr=log))
        log.close()

    def until(found):
        end = time.monotonic() + PATIENCE
        while not found():
            if time.monotonic() > end:
                raise SystemExit(f"{file}: no cluster after {PATIENCE} s")
            time.sleep(0.05)

    def registered(n):
        with open(f"{folder}/{n}.log") as log:
            return "Registered to" in log.read()

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        until(lambda: os.path.exists(file) and os.path.getsize(file))
        for _ in range(count):
            start("worker", "--nthreads", "1", "--no-nanny")
        for n in range(1, count + 1):
            until(lambda n=n: registered(n))
        with open(file) as stream:
            yield json.load(stream)["address"]
    finally:
        for process in reversed(started):
            process.kill()
        for process in started:
            process.wait()


@contextlib.contextmanager
def one_processor():
    """Keep what is started to the first processor that we may use, as a thread of a worker is."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(ours)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def images(folder):
    """Write a strip, calibrated, the list of IMAGES names for it, and the names of what is made."""
    line = (
        f"junosim TO={folder}/sim FRAMES={FRAMES} TRUTH=NONE -quiet;"
        f" junocam2cub FROM=$(echo {folder}/sim/*-raw.png) | decompand"
        f" | junocal TO={folder}/if.cub -quiet"
    )
    subprocess.run(["bash", "-eo", "pipefail", "-c", line], check=True)
    with open(f"{folder}/list", "w") as stream:
        for n in range(IMAGES):
            os.link(f"{folder}/if.cub", f"{folder}/{n}.cub")
            stream.write(f"{n}.cub clean{n}.cub\n")


def wall(folder, *words):
    """Return the wall time of the list, in seconds."""
    start = time.perf_counter()
    line = "denoise -batchlist=list FROM=$1 TO=$2 -quiet"
    words = [*line.split(), *words]
    subprocess.run(words, cwd=folder, check=True)
    return time.perf_counter() - start


def ratios(folder):
    """Return [(name, wall time of one after the other, that of the cluster, unit)].

    folder  where the files are for the time being; None: where temporary files are
    """
    with tempfile.TemporaryDirectory(dir=folder) as folder, workers(folder, 2) as address:
        images(folder)
        alone, shared = [], []
        for _ in range(RUNS):
            with one_processor():
                alone.append(wall(folder, "-jobs=1"))
            shared.append(wall(folder, f"-cluster={address}"))
    name = f"-jobs=1 on {IMAGES} images"
    return [(name, min(alone), min(shared), "-cluster of 2 workers, wall")]


def main():
    """Print the ratio."""
    for name, value, reference, unit in ratios(*sys.argv[1:] or [None]):
        print(f"{name:<34} {value / reference:8.2f} x {unit}")


if __name__ == "__main__":
    main()
