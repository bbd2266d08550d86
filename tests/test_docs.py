"""Every console block of the documents, run as printed, in one folder a page."""

import contextlib
import importlib.util
import os
import pathlib
import re
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [page for page in PAGES if page.is_file() and BLOCK.search(page.read_text())]
REAL = {"VOYAGER.md": "voyager"}  # page: the folder of real files that its blocks find beside them
EXTRA = {"CLUSTER.md": ("distributed", "dist")}  # page: the module it needs, the extra that has it


@pytest.fixture
def left(tmp_path):
    """End what a page has left running, whose numbers are in files .pid, where it broke off."""
    yield
    for path in tmp_path.glob("*.pid"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(path.read_text()), signal.SIGTERM)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_blocks_print_what_the_page_shows(page, tmp_path, request, left):
    module, extra = EXTRA.get(page.name, (None, None))
    if module and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: EXTRAS={extra} make test")
    if page.name in REAL:
        for path in (request.getfixturevalue("testdata") / REAL[page.name]).iterdir():
            (tmp_path / path.name).symlink_to(path)
    for block in BLOCK.findall(page.read_text()):
        script = re.sub(r"\n> ", "\n", block)
        commands = re.findall(r"^\$ ((?:.*\\\n)*.*)$", script, re.M)
        shown = re.sub(r"^\$ (?:.*\\\n)*.*\n", "", script, flags=re.M)
        run = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(commands)],
            cwd=tmp_path,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert run.returncode == 0, run.stdout
        assert run.stdout == shown


def test_links_of_the_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
