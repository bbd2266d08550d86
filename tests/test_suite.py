"""The shape of the house: what holds for every tool, present and to come."""

import ast
import configparser
import pathlib
import re
import subprocess
import tempfile

import pytest

from perijove.kit import page, parm

ROOT = pathlib.Path(__file__).parent.parent
TOOLS = sorted(p.stem for p in (ROOT / "tools").glob("*.py") if not p.stem.startswith("__"))
KIT = sorted(p.stem for p in (ROOT / "tools/kit").glob("*.py"))
TYPES = {"Cube", "File", "Table", "String", "Integer", "Real", "Logical", "Combo"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            head = "." * node.level + (node.module + "." if node.module else "")
            yield from (head + n.name for n in node.names)
        elif isinstance(node, ast.Import):
            yield from (n.name for n in node.names)


def declared(tool):
    return parm.declaration(ROOT / f"tools/{tool}.pvl")


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_a_module_a_parameter_file_a_test_a_page_and_an_executable(tool):
    assert (ROOT / f"tools/{tool}.pvl").is_file() and (ROOT / f"tests/test_{tool}.py").is_file()
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert f"{tool} = perijove.__main__:{tool}" in setup["options.entry_points"]["console_scripts"]
    assert (ROOT / f"docs/{tool}.md").read_text() == page.document(declared(tool)), "run make docs"
    assert (
        f"| [{tool}](docs/{tool}.md) | {declared(tool)['Brief']} |"
        in (ROOT / "README.md").read_text()
    )


@pytest.mark.parametrize("tool", TOOLS)
def test_a_parameter_file_is_complete(tool):
    label = declared(tool)
    assert label["Name"] == tool and label["Brief"] and label["Help"] and label["Example"]
    for group in label.nodes():
        assert group.name == group.name.upper()
        assert group["Type"] in TYPES and group["Brief"]
        assert (group["Type"] == "Combo") == ("Valid" in group)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_imports_the_kit_and_no_other_tool(tool):
    names = imported(ROOT / f"tools/{tool}.py")
    ours = {name for name in names if name.startswith(("perijove", "."))}
    assert all(name.startswith(("perijove.kit.", "perijove.calfiles")) for name in ours)


@pytest.mark.parametrize("module", KIT)
def test_the_kit_imports_no_tool(module):
    names = set(imported(ROOT / f"tools/kit/{module}.py"))
    assert names.isdisjoint(f"perijove.{tool}" for tool in TOOLS)
    assert not any(name.startswith("..") for name in names)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_uses_every_parameter_it_declares_and_no_other(tool):
    source = (ROOT / f"tools/{tool}.py").read_text()
    names = {g.name for g in declared(tool).nodes()}
    used = set(re.findall(r"\bp\.([A-Z][A-Z0-9_]*)\b", source))
    resolved = set(re.findall(r"\bp\.(?:resolve|given)\(\s*\"([A-Z0-9_]+)\"", source))
    streams = {"FROM", "TO"} if "stream.run(p" in source else set()
    assert used | resolved | streams == names


def test_help_imports_neither_numpy_nor_the_tool():
    """-help is asked often; numpy alone takes longer than all of it."""
    code = (
        "import sys; from perijove.__main__ import main; main('decompand', '-help');"
        "print(sorted({'numpy', 'pvl', 'perijove.decompand'} & set(sys.modules)))"
    )
    done = subprocess.run(["python", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize("tool", ["decompand", "junocal"])
def test_a_streaming_tool_starts_without_the_heavy_libraries(tool):
    code = (
        f"import sys, perijove.{tool};"
        "print(sorted({'pvl', 'rasterio', 'cv2', 'scipy', 'spiceypy', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run(["python", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("tool", TOOLS)
def test_help_and_a_wrong_word(tool, shell):
    words = shell(f"{tool} -help").stdout.decode()
    assert words.startswith(f"{tool} - ") and all(g.name in words for g in declared(tool).nodes())
    wrong = shell(f"{tool} NOSUCHWORD=1", check=False)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(
        f"**USER ERROR** {tool}: parameter NOSUCHWORD is unknown".encode()
    )


def test_no_file_names_a_place_outside_the_project():
    here = {str(ROOT), str(ROOT.parent), str(pathlib.Path.home()), tempfile.gettempdir()}
    places = [re.escape(place.rstrip("/")) + "/" for place in here if len(place) > 1]
    named = re.compile("|".join([*places, r"\.\./\.[a-z]"]))  # or a hidden folder beside
    for path in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split():
        if path.endswith(".png"):
            continue
        text = (ROOT / path).read_text()
        found = named.search(text)
        assert not found, f"{path} names {found[0]}"
