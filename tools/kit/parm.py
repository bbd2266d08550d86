"""Parameters: declared in NAME.pvl beside NAME.py, given as KEY=value words.

A value comes from the command line, else from -restore, else from the image label, else
from the calibration table, else from the default; where it came from goes into History.
"""

import contextlib
import functools
import os
import sys

from perijove import __version__

from . import files, label, reserved, saved
from .error import Error, IoError
from .exits import told
from .label import Node, Quantity
from .values import cast, default_of, one_of, pairs, value_of

STREAMS = ("FROM", "TO", "FROMLIST")  # History leaves them out: the same bytes, piped or filed


class Stop(Exception):
    """The command is done, as after -help."""


def declaration(path):
    """Return the parameter file of a tool."""
    with open(path, "rb") as stream:
        try:
            return label.read(stream)[0]
        except Error as error:
            raise type(error)(f"{path}: {error}: install perijove anew") from None


class Parameters:
    """The values of one run: p.NAME, and what the tool says and records on the way."""

    def __init__(self, declared):
        self.tool, self.declared = declared["Name"], declared
        self.groups = {g.name.upper(): g for g in declared.nodes()}
        self.values, self.sources, self.used = {}, {}, {}
        self.words, self.reserved = [], {}  # (KEY, value) as typed; -name: value

    def __getattr__(self, name):
        if name.startswith("__") or name not in self.groups:
            raise AttributeError(name)
        return self.values[name]

    @property
    def jobs(self):
        """Threads the tool may use: -jobs=N, else one per processor."""
        return self.reserved.get("jobs") or reserved.processors()

    def given(self, name):
        """Return True where the value was typed or restored."""
        return self.sources.get(name) in ("CommandLine", "Restored")

    def resolve(self, name, label=None, table=None):
        """Return the value that precedence gives, and record its source."""
        if self.given(name):
            return self.values[name]
        for value, source in ((label, "Label"), (table, "Table")):
            if value is not None:
                self.values[name], self.sources[name] = value, source
                return value
        return self.values[name]

    def use(self, path):
        """Record an auxiliary file by base name and SHA-256; return its path."""
        self.used[os.path.basename(path)] = files.sha256(path)
        return path

    def say(self, words):
        """Tell the user something on stderr, and to -log."""
        self.log(words)
        if "quiet" not in self.reserved:
            files.tell(f"{self.tool}: {words}")

    def log(self, words):
        """Write a line to the file of -log."""
        if "log" in self.reserved:
            try:
                with open(self.reserved["log"], "a", errors="backslashreplace") as stream:
                    stream.write(f"{self.tool}: {words}\n")
            except OSError as error:
                path = self.reserved.pop("log")
                raise IoError(f"{path}: cannot be written: {files.reason(error)}") from None

    def progress(self, items, text="", total=None):
        """Return items, counted by a bar where stderr is a terminal."""
        if "quiet" in self.reserved or sys.stderr is None or not sys.stderr.isatty():
            return items
        from tqdm import tqdm

        return tqdm(items, desc=f"{self.tool} {text}".strip(), total=total, leave=False)

    def history(self):
        """Return the History entry: version, values, their sources, files; no clock, no path."""
        entry = Node("Object", self.tool, [("Version", __version__)])
        values, sources = entry.group("UserParameters"), entry.group("Sources")
        for name, group in self.groups.items():
            value = self.values[name]
            if name in STREAMS or group.get("Mode") == "Output" or value is None:
                continue
            if group["Type"] in ("File", "Table", "Cube"):
                paths = value if isinstance(value, list) else [value]
                value = [os.path.basename(v.rstrip(os.sep)) for v in paths]
                value = value if len(value) != 1 else value[0]
            unit = group.get("Unit")
            values.set(
                name, Quantity(value, unit) if unit and not isinstance(value, str) else value
            )
            sources.set(name, self.sources[name])
        if self.used:
            entry.append(Node("Group", "Files", sorted(self.used.items())))
        return entry


def _take(p, words, source):
    """Set values from (key, text or texts of the items); a text that is empty takes one back."""
    seen = set()
    for key, text in words:
        name = one_of(key, list(p.groups), "parameter")
        if name in seen:
            raise Error(f"parameter {name} is given twice")
        seen.add(name)
        group = p.groups[name]
        value = value_of(text, group) if isinstance(text, str) else cast(text, group)
        p.values[name], p.sources[name] = value, source
        if value is None:
            p.values[name], p.sources[name] = default_of(group), "Default"


def opened(declared, words):
    """Return the Parameters of a command, still without values; Stop after -help and -version."""
    p = Parameters(declared)
    found = list(pairs(words))
    p.words = [pair for pair in found if not pair[0].startswith("-")]
    flags = [pair for pair in found if pair[0].startswith("-")]
    p.reserved = reserved.taken(flags, declared=declared)
    if "help" in p.reserved:
        from . import page

        show(page.helped(declared, p.reserved["help"]))
        raise Stop
    if "version" in p.reserved:
        show(f"{p.tool} {__version__}\n")
        raise Stop
    return p


def filled(p):
    """Return p with its values: typed, else restored, else the default."""
    for name, group in p.groups.items():
        p.values[name], p.sources[name] = default_of(group), "Default"
    path = saved.last(p.tool) if "last" in p.reserved else p.reserved.get("restore")
    if path is not None:
        try:
            _take(p, saved.restored(path), "Restored")
        except Error as error:
            words = str(error)
            raise type(error)(words if words.startswith(path) else f"{path}: {words}") from None
    _take(p, p.words, "CommandLine")
    for name, group in p.groups.items():
        if p.values[name] is None and "InternalDefault" not in group:
            raise Error(f"parameter {name} must be given: {group['Brief']}")
    return p


def parse(declared, words):
    """Return the Parameters of a command; Stop after -help and -version."""
    return filled(opened(declared, words))


def show(text):
    """Print a text for people on standard output."""
    with files.output("-", text=True) as out:
        out.write(text.encode())


def tool(main):
    """Turn main(p) into an executable of KEY=value words; an error is one line and an exit code."""

    @functools.wraps(main)
    def executable(*words):
        module = sys.modules[main.__module__]
        execute(os.path.splitext(module.__file__)[0] + ".pvl", lambda: main, words)

    return executable


def execute(path, load, words):
    """Parse words by the parameter file at path, then run the main(p) that load() returns."""
    run = []
    with told(os.path.splitext(os.path.basename(path))[0], run), contextlib.suppress(Stop):
        p = opened(declaration(path), words)
        run.append(p)
        p.log("run: " + " ".join(w for w in words if not w.lower().startswith("-log")))
        if "batchlist" in p.reserved:
            from . import batch

            return batch.run(p)
        _begin(filled(p))
        load()(p)


def _begin(p):
    """Do what the reserved parameters ask for before a run."""
    if "save" in p.reserved:
        saved.add(p.reserved["save"] or f"{p.tool}.par", saved.command(p))
    saved.remember(p)
    if "last" in p.reserved:
        p.say(saved.typed(saved.command(p)))
    if "jobs" in p.reserved:  # OpenCV's threads; BLAS keeps one, whose sums are always the same
        os.environ["OPENCV_FOR_THREADS_NUM"] = str(p.jobs)
        if "cv2" in sys.modules:
            sys.modules["cv2"].setNumThreads(p.jobs)
