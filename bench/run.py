"""make bench: each figure is a ratio to a named reference, measured in the same run.

    python bench/run.py [NAME ...]

NAME  of the benches below, all by default
"""

import importlib
import sys
import tempfile

from measure import show

BENCHES = "pipe labels mapping backplanes flatten jitter mosaic vidicon cluster".split()


def main(*names):
    """Print the ratios of the benches."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names or BENCHES:
            for ratio in importlib.import_module(name).ratios(folder):
                show(*ratio)


if __name__ == "__main__":
    main(*sys.argv[1:])
