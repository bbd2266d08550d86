"""perijove - list the tools, or run one: perijove NAME KEY=value …

Every executable of setup.cfg is an attribute of this module, so that -help reads the
parameter file alone and imports neither the tool nor numpy.
"""

import os
import sys
import warnings

from perijove import __version__

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # halves the start-up; the tools have their own threads

HERE = os.path.dirname(os.path.abspath(__file__))


def tools():
    """Return the names of the tools: each is a parameter file beside a module."""
    return sorted(n[:-4] for n in os.listdir(HERE) if n.endswith(".pvl"))


def run(name, words):
    """Run a tool with its KEY=value words."""
    from perijove.kit import parm

    if not sys.warnoptions:  # stderr is for our words; python -W shows those of the libraries
        warnings.simplefilter("ignore")

    def load():
        from importlib import import_module

        return import_module(f"perijove.{name}").main.__wrapped__

    parm.execute(os.path.join(HERE, f"{name}.pvl"), load, words)


def __getattr__(name):
    if name.startswith("_") or not os.path.exists(os.path.join(HERE, f"{name}.pvl")):
        raise AttributeError(name)
    return lambda: run(name, sys.argv[1:])


def main(*words):
    """List the tools with their briefs, or run the one named first."""
    from perijove.kit import parm, values
    from perijove.kit.error import Error

    name, *rest = words or sys.argv[1:] or ["-help"]
    if name in tools():
        return run(name, rest)
    with parm.told("perijove"):
        if name in ("-version", "--version"):
            parm.show(f"perijove {__version__}\n")
        elif name in ("-help", "--help", "help", "list"):
            parm.show(listing())
        else:
            near = values.near(name, tools())
            raise Error(f"no tool {name}{near} (perijove -help lists them)")


def listing():
    """Return the names and briefs of the tools."""
    from perijove.kit import parm

    width = max(map(len, tools()), default=0)
    lines = [
        f"{tool:<{width}}  {parm.declaration(os.path.join(HERE, tool + '.pvl'))['Brief']}\n"
        for tool in tools()
    ]
    last = "\nNAME -help tells the parameters of a tool; perijove NAME KEY=value … runs one.\n"
    return "".join([*lines, last])


if __name__ == "__main__":
    main()
