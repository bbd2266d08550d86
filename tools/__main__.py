"""perijove - list the tools, or run one: perijove NAME KEY=value …

Every executable of setup.cfg is an attribute of this module, so that -help reads the
parameter file alone and imports neither the tool nor numpy.
"""

import contextlib
import os
import signal
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


def declared():
    """Return the parameter files of the tools by name."""
    from perijove.kit import parm

    return {name: parm.declaration(os.path.join(HERE, f"{name}.pvl")) for name in tools()}


def run(name, words):
    """Run a tool with its KEY=value words."""
    from perijove.kit import parm

    if not sys.warnoptions:  # stderr is for our words; python -W shows those of the libraries
        warnings.simplefilter("ignore")
    with contextlib.suppress(ValueError):  # a thread may not
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:  # nohup stays nohup
                signal.signal(number, _stopped)

    def load():
        from importlib import import_module

        return import_module(f"perijove.{name}").main.__wrapped__

    parm.execute(os.path.join(HERE, f"{name}.pvl"), load, words)


def _stopped(number, frame):
    """End as Ctrl-C does, so that no half file stays.

    Not within an import, whose callbacks swallow what is raised there: a moment later then.
    """
    if frame is not None and "importlib" in frame.f_code.co_filename:
        signal.signal(signal.SIGALRM, lambda _, frame: _stopped(number, frame))
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        return
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def __getattr__(name):
    if name.startswith("_") or not os.path.exists(os.path.join(HERE, f"{name}.pvl")):
        raise AttributeError(name)
    return lambda: run(name, sys.argv[1:])


def main(*words):
    """Run the tool named first; list them, or print what shells and man want of them."""
    from perijove.kit import parm, reserved, values
    from perijove.kit.error import Error

    name, *rest = words = words or sys.argv[1:] or ["-help"]
    if name in tools():
        return run(name, rest)
    with parm.told("perijove"):
        if name.lower() in ("help", "list"):
            words = ["-help", *rest]
        elif not name.startswith("-"):
            raise Error(f"no tool {name}{values.near(name, tools())} (perijove -help lists them)")
        asked = reserved.taken(values.pairs(words), reserved.GENERAL)
        if "version" in asked:
            parm.show(f"perijove {__version__}\n")
        elif "completion" in asked:
            from perijove.kit import completion

            parm.show(completion.script(asked["completion"], declared()))
        elif "man" in asked:
            from perijove.kit import man

            man.write(asked["man"], declared())
        else:
            parm.show(listing())


def listing():
    """Return the names and briefs of the tools."""
    from perijove.kit import reserved

    width = max(map(len, tools()), default=0)
    lines = [f"{name:<{width}}  {d['Brief']}\n" for name, d in declared().items()]
    last = "\nNAME -help tells the parameters of a tool; perijove NAME KEY=value … runs one.\n"
    return "".join([*lines, last, *(f"{line}\n" for line in reserved.listed(reserved.GENERAL))])


if __name__ == "__main__":
    main()
