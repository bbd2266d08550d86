"""Write docs/NAME.md of every tool from its parameter file, and the table of tools in README.md."""

import pathlib
import re

from perijove.kit import page, parm

ROOT = pathlib.Path(__file__).parent.parent


def main():
    rows = ["| tool | what it does |", "|---|---|"]
    for path in sorted((ROOT / "tools").glob("*.pvl")):
        declared = parm.declaration(path)
        (ROOT / f"docs/{path.stem}.md").write_text(page.document(declared))
        rows.append(f"| [{path.stem}](docs/{path.stem}.md) | {declared['Brief']} |")
    readme = ROOT / "README.md"
    table = "<!-- tools -->\n" + "\n".join(rows) + "\n<!-- /tools -->"
    marked = re.compile(r"<!-- tools -->.*?<!-- /tools -->", re.S)
    readme.write_text(marked.sub(lambda _: table, readme.read_text()))


if __name__ == "__main__":
    main()
