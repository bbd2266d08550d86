"""Reserved parameters: the words that begin with - and mean the same in every tool, as in ISIS."""

import re

from .error import Error
from .values import one_of

RESERVED = {  # name: what follows it, what it does
    "help": ("[=KEY]", "tell the parameters, or more about one"),
    "version": ("", "tell the version"),
    "restore": ("=FILE", "take the parameters of the last command in FILE"),
    "save": ("[=FILE]", "add this command to FILE, NAME.par by default"),
    "last": ("", "take the parameters of this tool's last command"),
    "batchlist": ("=FILE", "run once per line of FILE, its columns in place of $1 to $9"),
    "onerror": ("=ABORT|CONTINUE", "what a list does after a line that fails; ABORT"),
    "errlist": ("=FILE", "write the lines of a list that are still to be done to FILE"),
    "jobs": ("=N", "lines of -batchlist to run at the same time; else threads of the tool"),
    "cluster": ("=ADDRESS", "have the workers of a dask scheduler do it, tcp://host:8786"),
    "log": ("=FILE", "add what is said to FILE"),
    "quiet": ("", "say nothing but errors"),
}
GENERAL = {  # of perijove itself
    "help": ("", "list the tools"),
    "version": ("", "tell the version"),
    "completion": ("=SHELL", "print the completion script of bash, zsh or fish"),
    "man": ("=NAME", "print a manual page; =FOLDER/ writes all of them there"),
}
FOREIGN = {  # of ISIS: what to do here
    "gui": "there is no window; NAME -help tells the parameters",
    "nogui": "there is no window: leave -nogui away",
    "webhelp": "NAME -help tells the parameters, perijove -man=NAME prints the manual page",
    "info": "NAME -version tells the version, -log=FILE keeps what is said",
    "verbose": "a tool speaks unless -quiet is given; -log=FILE keeps what it says",
    "preference": "there are no preferences; -restore=FILE gives parameters",
    "pid": "there is no window that could be the parent: leave -pid away",
}
ONERROR = ("ABORT", "CONTINUE")
MOST = 1024  # -jobs
ADDRESS = re.compile(r"((?:tcp|tls)://)?(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})\Z", re.A)
# go with -batchlist, and without it for a tool whose parameter file says Yes to this
ALONE = {"cluster": "Cluster", "onerror": "OnError", "errlist": "OnError"}


def processors():
    """Return how many processors this process may use: what -jobs is where it is not given."""
    import os

    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def taken(pairs, known=RESERVED, declared=None):
    """Return {name: value} of (-word, value) pairs; a word of ISIS alone says what to use instead.

    A value is text, "" where none was given; of jobs an int, of onerror one of ONERROR, of
    cluster an address with its protocol.
    declared  the parameter file of the tool
    """
    found = {}
    for word, value in pairs:
        name = one_of(word.lstrip("-"), [*known, *FOREIGN], "reserved parameter")
        if name not in known:
            raise Error(f"-{name} is ISIS's: {FOREIGN[name]}")
        if name in found:
            raise Error(f"-{name} is given twice")
        takes = known[name][0]
        if value and not takes:
            raise Error(f"-{name} = {value}: -{name} takes no value")
        if not value and takes.startswith("="):
            raise Error(f"-{name} needs a value: -{name}{takes}")
        found[name] = value or ""
    if "jobs" in found:
        found["jobs"] = _count(found["jobs"])
    if "onerror" in found:
        found["onerror"] = one_of(found["onerror"], ONERROR, "-onerror =")
    if "cluster" in found:
        found["cluster"] = _address(found["cluster"])
    _together(found, declared or {})
    return found


def _count(text):
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST):
        raise Error(f"-jobs = {text}: expected an integer, 1 to {MOST}")
    return int(text)


def _address(text):
    match = ADDRESS.match(text)
    if not match or not 0 < int(match[2]) < 1 << 16:
        raise Error(f"-cluster = {text}: expected the address of a scheduler, as tcp://host:8786")
    return text if match[1] else f"tcp://{text}"


def alone(declared):
    """Return the words that go with -batchlist for other tools, and alone for this one."""
    return [name for name, key in ALONE.items() if declared.get(key) == "Yes"]


def _together(found, declared):
    """Refuse reserved parameters that contradict each other, or that do nothing alone."""
    for name in ALONE:
        if name in found and "batchlist" not in found and name not in alone(declared):
            raise Error(f"-{name} goes with -batchlist only")
    for one, other in (("batchlist", "last"), ("batchlist", "save"), ("last", "restore")):
        if one in found and other in found:
            raise Error(f"-{one} and -{other} exclude each other")


def listed(known=RESERVED):
    """Return the lines of -help about the reserved parameters."""
    width = max(len(name + takes) for name, (takes, _) in known.items()) + 1
    return [f"  -{name + takes:<{width}} {brief}" for name, (takes, brief) in known.items()]
