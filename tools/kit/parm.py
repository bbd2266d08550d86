"""Parameters: declared in NAME.pvl beside NAME.py, given as KEY=value words.

A value comes from the command line, else from -restore, else from the image label, else
from the calibration table, else from the default; where it came from goes into History.
"""

import contextlib
import functools
import os
import sys

from perijove import __version__

from . import files, label
from .error import Error, IoError
from .label import Node, Quantity
from .values import default_of, one_of, value_of

RESERVED = ("help", "version", "restore", "save", "log", "quiet")
STREAMS = ("FROM", "TO", "FROMLIST")  # History leaves them out: the same bytes, piped or filed
LONGEST = 400  # characters of an error, whatever a damaged label makes it quote


class Stop(Exception):
    """The command is done, as after -help."""


def declaration(path):
    """Return the parameter file of a tool."""
    with open(path, "rb") as stream:
        return label.read(stream)[0]


class Parameters:
    """The values of one run: p.NAME, and what the tool says and records on the way."""

    def __init__(self, declared):
        self.tool, self.declared = declared["Name"], declared
        self.groups = {g.name.upper(): g for g in declared.nodes()}
        self.values, self.sources, self.used = {}, {}, {}
        self.reserved = {}

    def __getattr__(self, name):
        if name.startswith("__") or name not in self.groups:
            raise AttributeError(name)
        return self.values[name]

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


def _pairs(words):
    """Yield (key, value) of KEY=value, KEY= value and KEY = value; (word, None) for -flags."""
    words = list(words)
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            name, _, value = word.lstrip("-").partition("=")
            yield "-" + name, value if "=" in word else None
            continue
        key, mark, value = word.partition("=")
        if not mark and words and words[0] == "=":
            words.pop(0)
            mark = "="
        if not mark or not key.strip():
            raise Error(f"{word} is no KEY=value; see -help")
        if not value and words and "=" not in words[0] and not words[0].startswith("-"):
            value = words.pop(0)
        yield key.strip(), value


def _take(p, words, source):
    seen = set()
    for key, text in words:
        name = one_of(key, list(p.groups), "parameter")
        if name in seen:
            raise Error(f"parameter {name} is given twice")
        seen.add(name)
        value = value_of(text.strip(), p.groups[name])
        if value is not None:
            p.values[name], p.sources[name] = value, source


def _restored(path, p):
    """Yield (key, text) of the last UserParameters of a saved parameter file."""
    reader = files.Reader(path)
    try:
        saved = label.read(reader)[0]
    except (Error, IoError) as error:
        raise type(error)(f"{path}: {error}") from None
    finally:
        reader.close()
    groups = saved.nodes("UserParameters")
    if not groups:
        raise Error(f"{path}: no Group = UserParameters")
    for key, value in groups[-1].items:
        if value is not None:
            unit = value.unit if isinstance(value, Quantity) else None
            value = value.value if unit else value
            text = (
                "(" + ",".join(f'"{v}"' for v in value) + ")"
                if isinstance(value, list)
                else str(value)
            )
            text += f"<{unit}>" if unit else ""
            yield key, os.fsdecode(text.encode("latin-1"))  # as _save wrote it


def parse(declared, words):
    """Return the Parameters of a command; Stop after -help and -version."""
    from . import page

    p = Parameters(declared)
    pairs = list(_pairs(words))
    for key, value in (x for x in pairs if x[0].startswith("-")):
        name = one_of(key[1:], RESERVED, "reserved parameter")
        if name == "help":
            show(page.helped(declared, value))
            raise Stop
        if name == "version":
            show(f"{p.tool} {__version__}\n")
            raise Stop
        if name in ("restore", "log") and not value:
            raise Error(f"-{name} needs a file: -{name}=FILE")
        p.reserved[name] = value or (f"{p.tool}.par" if name == "save" else "")
    for name, group in p.groups.items():
        p.values[name], p.sources[name] = default_of(group), "Default"
    if "restore" in p.reserved:
        _take(p, _restored(p.reserved["restore"], p), "Restored")
    _take(p, (x for x in pairs if not x[0].startswith("-")), "CommandLine")
    for name, group in p.groups.items():
        if p.values[name] is None and "InternalDefault" not in group:
            raise Error(f"parameter {name} must be given: {group['Brief']}")
    if "save" in p.reserved:
        _save(p)
    p.log("run: " + " ".join(words))
    return p


def show(text):
    """Print a text for people on standard output."""
    with files.output("-", text=True) as out:
        out.write(text.encode())


def _save(p):
    root = Node()
    group = root.group("UserParameters")
    for name, value in p.values.items():
        unit = p.groups[name].get("Unit")
        if p.given(name):
            group.set(name, Quantity(value, unit) if unit else value)
    with files.output(p.reserved["save"]) as out:
        out.write(os.fsencode(label.dumps(root)))  # paths as the system spells them


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
        run.append(parse(declaration(path), words))
        load()(run[0])


@contextlib.contextmanager
def told(name, run=()):
    """Turn what goes wrong into one line on stderr and an exit code.

    run  holds the Parameters of the tool, as soon as they are known, for -log
    """
    try:
        yield
    except BrokenPipeError:  # the reader has seen enough, as head has
        with contextlib.suppress(Exception):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        _fail(name, run[0] if run else None, error)


def _fail(name, p, error):
    if isinstance(error, Error):
        kind, code, words = error.kind, error.code, str(error)
    elif isinstance(error, MemoryError):
        kind, code, words = "ERROR", 1, "the memory does not hold this"
    elif isinstance(error, OSError) and error.errno is not None:
        kind, code = IoError.kind, IoError.code
        words = f"{error.filename or 'a file or pipe'}: {files.reason(error)}"
    else:
        at = error.__traceback__
        while at.tb_next:
            at = at.tb_next
        place = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"
        kind, code = "PROGRAMMER ERROR", 3
        words = f"{type(error).__name__}: {error} ({place}); -log=FILE keeps the traceback"
    words = " ".join(words.split())
    if len(words) > LONGEST:
        words = f"{words[: LONGEST // 2]} ... {words[-LONGEST // 2 :]}"
    line = f"**{kind}** {name}: {words}"
    if p is not None:
        with contextlib.suppress(Exception):
            p.log(line)
            if code == 3:
                import traceback

                p.log("".join(traceback.format_exception(error)))
    files.tell(line)
    sys.exit(code)
