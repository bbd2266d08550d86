"""Manual pages from the parameter files."""

import pathlib
import re
import shutil

import pytest

from perijove.__main__ import main, tools
from perijove.kit import label, man

ROOT = pathlib.Path(__file__).parent.parent
TRICKY = label.loads(r"""
Name = trial  Brief = "Tries -all- of it, 'quotes' and ~1 `tick`"
Help = ".TH is no request here. 'Nor is this. A\fBackslash, 5 µm, a - b; C:\x\
        and at the end of a line:
        .SH neither"
Example = ("trial FROM=a.cub PAIRS='0:0 1:1' | trial -quiet", ".hidden 'x' \n next")
Group = A.B Type = Combo Valid = (ONE, TWO) Default = ONE Brief = ".dots." Help = "'tis" End_Group
Group = N Type = Real Unit = "km/s" Minimum = -1 Maximum = 2 Brief = "number" End_Group
End
""")


def visible(text):
    """Return what a page shows, by a reader of man(7) of our own."""
    out = []
    for line in text.splitlines():
        assert line.isascii() and line == line.rstrip()
        if line.startswith((".", "'")):
            request, _, rest = line[1:].partition(" ")
            assert line[0] == "." and request in REQUESTS, line
            line = rest.removesuffix(" ,")
            line = line.replace(" (", "(") if request == "BR" else line
        assert not re.search(r"\\(?!e|-|&|f[BIR]|\((aq|ga|ha|ti)|\[u[0-9A-F]{4,6}\])", line), line
        line = re.sub(r"\\(&|f[BIR])", "", line)
        line = re.sub(r"\\\[u([0-9A-F]+)\]", lambda m: chr(int(m[1], 16)), line)
        for escape, character in SHOWN.items():
            line = line.replace(escape, character)
        out.append(line.replace("\\e", "\\"))
    return " ".join(" ".join(out).split())


REQUESTS = "TH SH SY YS TP IP BR nf fi RS RE".split()
SHOWN = {"\\-": "-", "\\(aq": "'", "\\(ga": "`", "\\(ha": "^", "\\(ti": "~"}


def test_what_roff_would_take_for_its_own_is_shown_as_it_stands():
    text = man.tool(TRICKY)
    shown = visible(text)
    assert "trial - Tries -all- of it, 'quotes' and ~1 `tick`" in shown
    assert " ".join(TRICKY["Help"].split()) in shown
    assert "trial FROM=a.cub PAIRS='0:0 1:1' | trial -quiet" in shown
    assert ".hidden 'x'" in shown
    assert "A.B = ONE .dots. (Combo; one of ONE, TWO). 'tis" in shown
    assert "N = required number (Real <km/s>; at least -1; at most 2)." in shown
    assert "[A.B=combo] N=real" in shown
    assert "\\[u00B5]m" in text and "C:\\ex\\e" in text


@pytest.mark.parametrize("tool", [*tools(), "perijove"])
def test_the_page_of_each_tool(tool, capsysbinary):
    main(f"-man={tool}")
    shown = visible(capsysbinary.readouterr().out.decode())
    assert shown.startswith(f'{tool.upper()} 1 "" "perijove ') and " NAME " in shown
    assert "EXIT STATUS" in shown and "PERIJOVE_HISTORY" in shown
    if tool != "perijove":
        declared = label.loads((ROOT / f"tools/{tool}.pvl").read_text(encoding="latin-1"))
        for group in declared.nodes():
            assert f" {group.name} = " in shown and " ".join(group["Brief"].split()) in shown
            assert " ".join(group.get("Help", "").split()) in shown
        for example in declared.texts("Example"):
            assert " ".join(example.split()) in shown


def test_all_pages_into_a_folder_and_man_reads_them(shell, tmp_path):
    shell("perijove -man=share/man1/")
    pages = sorted(p.name for p in (tmp_path / "share/man1").iterdir())
    assert pages == sorted(f"{name}.1" for name in [*tools(), "perijove"])
    assert (
        shell("perijove -man=share/man1; perijove -man=crop | cmp - share/man1/crop.1").stderr
        == b""
    )
    if shutil.which("groff"):
        done = shell("for page in share/man1/*; do groff -man -Tutf8 -ww $page > /dev/null; done")
        assert done.stdout + done.stderr == b""
    if shutil.which("mandoc"):
        done = shell("mandoc -Tlint -Wwarning share/man1/*", check=False)
        assert all(b"missing date" in line for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("-man=mapprj", 2, "no tool mapprj; did you mean MAPPROJ? (perijove -help lists them)"),
        ("-man", 2, "-man needs a value: -man=NAME"),
        ("-man=file/", 4, "file/: cannot be written"),
        ("-man=file/x/", 4, "file/x/: cannot be written"),
    ],
)
def test_refusals(shell, words, code, said):
    done = shell(f"touch file; perijove {words}", check=False)
    assert done.returncode == code and said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
