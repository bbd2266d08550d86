"""Every console block of the documents, run as printed, in one folder a page."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [page for page in PAGES if page.is_file() and BLOCK.search(page.read_text())]
REAL = {"VOYAGER.md": "voyager"}  # page: the folder of real files that its blocks find beside them


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_blocks_print_what_the_page_shows(page, tmp_path, request):
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
