"""What the workers of -cluster do: call a function, or run a tool as a process of its own.

Each begins with its key and the version that asks, since a worker may join at any time.
"""

import os

from perijove import __version__

from . import farm, process
from .error import Error

VARIABLES = ("PERIJOVE_", "ISISVOYDATA")  # that a tool gets from who asks, not from the worker


def same(version, who, ours=__version__):
    """Error unless two versions, that of who and ours, are the same."""
    if version != ours:
        raise Error(f"{who} runs perijove {version}, this is {ours}: expected the same version")


def variables():
    """Return the variables that the tools go by."""
    return {k: v for k, v in os.environ.items() if k.startswith(VARIABLES)}


def call(key, version, func, item):
    """Return func(item)."""
    _ready(version)
    farm.opencv(1)
    return func(item)


def run(key, version, folder, environment, tool, words, logged):
    """Return the Run of a tool on its words, in a folder."""
    worker = _ready(version)
    if not os.path.isdir(folder):
        said = f"**I/O ERROR** {tool}: worker {worker.address} sees no folder {folder}"
        return process.Run(4, words=[said])
    ours = {k: v for k, v in os.environ.items() if not k.startswith(VARIABLES)}
    made = process.Process(tool, words, logged, folder, ours | environment)
    if _running(worker).setdefault(key, made) is not made:
        made.stop()
    try:
        return made.end()
    finally:
        del _running(worker)[key]


def stop(keys, dask_worker):
    """End the tools that tasks have begun, or are about to begin."""
    for key in keys:
        made = _running(dask_worker).setdefault(key)
        if made:
            made.stop()


def _ready(version):
    from distributed import get_worker

    worker = get_worker()
    same(__version__, f"worker {worker.address}", version)
    return worker


def _running(worker):
    return vars(worker).setdefault("perijove", {})  # {key: Process}
