"""What the benches share: least times, peak memory, lines of bash, a simulated perijove.

A bench is a module with a function `ratios(folder)` of (name, value, reference, unit).
"""

import os
import subprocess
import sys
import time

os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
os.environ["PERIJOVE_HISTORY"] = "none"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the tools run


def cpu():
    """Return CPU seconds of this process and of its children that have ended."""
    return time.process_time() + sum(os.times()[2:4])


def least(job, times=3, clock=cpu):
    """Return the least time that a job takes, in CPU seconds of this process and its children."""
    best = float("inf")
    for _ in range(times):
        start = clock()
        job()
        best = min(best, clock() - start)
    return best


def wall(job, times=3):
    """Return the least wall clock seconds of a job."""
    return least(job, times, time.perf_counter)


def shell(line, **options):
    """Run a line of bash; a failure anywhere in it is an exception."""
    words = ["bash", "-eo", "pipefail", "-c", line]
    return subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **options)


def peak(line):
    """Return the largest memory, bytes, that a process of a line of bash held."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(['bash', '-eo', 'pipefail', '-c', sys.argv[1]], check=True, stdout=-3);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, line], check=True, capture_output=True)
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


def made(path, line):
    """Return the path of a file, which a line of bash makes unless it is there."""
    if not os.path.exists(path):
        shell(line)
    return path


def strip(folder):
    """Return the path of a simulated perijove, 26 frames and 3 bands, with its geometry."""
    made(f"{folder}/sim", f"junosim TO={folder}/sim SEED=1 -quiet")
    return made(
        f"{folder}/geo.cub",
        f"junocam2cub FROM=$(echo {folder}/sim/*-raw.png) -quiet | decompand -quiet"
        f" | junocal -quiet | spiceinit KERNELS={folder}/sim/kernels TO={folder}/geo.cub -quiet",
    )


def show(name, value, reference, unit):
    """Print a ratio."""
    print(f"{name:<58} {value / reference:9.3g} x {unit}", flush=True)


def alone(ratios):
    """Print the ratios of a bench that is run by itself."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for ratio in ratios(folder):
            show(*ratio)
