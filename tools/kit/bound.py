"""python -m perijove.kit.bound PID TOOL ...: a tool that ends with process PID, its parent.

So that none is left behind where a worker of a cluster is killed, which could write beside the
one that takes its place.
"""

import contextlib
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent, *words):
    """Run perijove with words; Linux tells it of its parent's end, elsewhere it goes on."""
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == int(parent):
        from perijove import __main__

        __main__.main(*words)


if __name__ == "__main__":
    main(*sys.argv[1:])
