"""Manual pages, man(7), from the parameter files: perijove -man=NAME | man -l -."""

import os
import textwrap

from perijove import __version__

from . import files, page, reserved
from .error import Error, IoError
from .values import near

ESCAPES = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
EXITS = (
    ("0", "It worked."),
    ("1", "The memory does not suffice."),
    ("2", "The user can put it right: a word of the command, or a file of the wrong kind."),
    ("3", "A bug; -log=FILE keeps the traceback."),
    ("4", "A file or pipe is short, damaged, or not there."),
)
ENVIRONMENT = (
    ("PERIJOVE_DATA", "Folders of calibration tables, colons between, that go before our own."),
    (
        "PERIJOVE_HISTORY",
        "Folder that remembers the last commands of each tool for -last; empty or none: nothing "
        "is remembered. Else it is $XDG_STATE_HOME/perijove, else ~/.local/state/perijove.",
    ),
)


def escaped(text):
    """Return text that roff prints as it stands, ASCII alone."""
    return "".join(
        ESCAPES.get(c, c) if c.isascii() else f"\\[u{ord(c):04X}]" for c in text if c.isprintable()
    )


def _prose(text):
    """Return the lines of a paragraph; roff fills them, and takes none for a request."""
    return [_line(escaped(line)) for line in textwrap.wrap(text, 72, break_on_hyphens=False)]


def _line(text):
    return "\\&" + text if text.startswith(".") else text


def _tagged(tag, *paragraphs):
    """Return a tagged paragraph; the tag is roff already."""
    first, *others = paragraphs
    out = [".TP", tag, *_prose(first)]
    for paragraph in others:
        out += [".IP", *_prose(paragraph)]
    return out


def _bold(text):
    return f"\\fB{escaped(text)}\\fR"


def _flags(known):
    for name, (takes, brief) in known.items():
        words = f"{brief[0].upper()}{brief[1:]}."
        yield from _tagged(_bold(f"-{name}") + escaped(takes), words)


def _head(name, brief):
    title = f'.TH {escaped(name.upper())} 1 "" "perijove {__version__}" "perijove"'
    return [title, ".SH NAME", f"{escaped(name)} \\- {escaped(brief)}", ".SH SYNOPSIS"]


def _tail(see):
    out = [".SH EXIT STATUS"]
    for code, words in EXITS:
        out += _tagged(_bold(code), words)
    out.append(".SH ENVIRONMENT")
    for name, words in ENVIRONMENT:
        out += _tagged(_bold(name), words)
    others = ",\n".join(f".BR {escaped(name)} (1)" for name in see).replace(",\n", " ,\n")
    return [*out, ".SH SEE ALSO", others]


def tool(declared):
    """Return the page of a tool."""
    name = declared["Name"]
    out = [*_head(name, declared["Brief"]), f".SY {escaped(name)}"]
    for group in declared.nodes():
        word = f"{_bold(group.name)}=\\fI{escaped(group['Type'].lower())}\\fR"
        out.append(word if page.default(group) == "required" else f"[{word}]")
    out += [".YS", ".SH DESCRIPTION", *_prose(declared.text("Help", declared["Brief"]))]
    out.append(".SH PARAMETERS")
    for group in declared.nodes():
        tag = f"{_bold(group.name)} = {escaped(page.default(group))}"
        range_ = page.limits(group)
        words = f"{group['Brief']} ({page.kind(group)}{'; ' if range_ else ''}{range_})."
        out += _tagged(tag, words, *([group.text("Help")] if "Help" in group else []))
    out += [".SH RESERVED PARAMETERS", *_flags(reserved.RESERVED)]
    if "Example" in declared:
        lines = "\n\n".join(declared.texts("Example")).split("\n")
        out += [
            ".SH EXAMPLES",
            ".nf",
            ".RS",
            *(_line(escaped(line)) for line in lines),
            ".RE",
            ".fi",
        ]
    return "\n".join([*out, *_tail(["perijove"])]) + "\n"


def general(tools):
    """Return the page of perijove itself."""
    out = [
        *_head("perijove", "Small executables for planetary images"),
        ".SY perijove",
        "\\fINAME\\fR [\\fIKEY\\fR=\\fIvalue\\fR ...]",
        ".YS",
        ".SH DESCRIPTION",
        *_prose(
            "Runs the tool NAME, which is an executable of its own too. Parameters are KEY=value, "
            "in any order and case; any unique prefix of KEY will do. FROM and TO are standard "
            "input and output by default, so that tools follow each other in a pipe."
        ),
        ".SH OPTIONS",
        *_flags(reserved.GENERAL),
        ".SH TOOLS",
    ]
    for name, declared in tools.items():
        out += _tagged(f".BR {escaped(name)} (1)", f"{declared['Brief']}.")
    return "\n".join([*out, *_tail(tools)]) + "\n"


def write(asked, tools):
    """Print the page of a tool, or write all pages into a folder: a name that ends in /.

    tools  {name: its parameter file}
    """
    from .parm import show

    if asked.endswith("/") or (os.path.isdir(asked) and asked not in tools):
        try:
            os.makedirs(asked, exist_ok=True)
        except OSError as error:
            raise IoError(f"{asked}: cannot be written: {files.reason(error)}") from None
        pages = {"perijove": general(tools)} | {name: tool(d) for name, d in tools.items()}
        for name, text in pages.items():
            with files.output(os.path.join(asked, f"{name}.1")) as out:
                out.write(text.encode())
    elif asked == "perijove":
        show(general(tools))
    elif asked in tools:
        show(tool(tools[asked]))
    else:
        raise Error(f"no tool {asked}{near(asked, tools)} (perijove -help lists them)")
