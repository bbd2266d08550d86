"""What a parameter file says, for people: -help and the tool's page in docs."""

import textwrap

from . import reserved
from .label import Quantity, text_of
from .values import one_of


def kind(group):
    """Return the type of a parameter, whether it is a list, and its unit."""
    words = [group["Type"]]
    if group.get("Count", 1) != 1:
        words.append("list" if group["Count"] == "*" else f"list of {group['Count']}")
    if "Unit" in group:
        words.append(f"<{group['Unit']}>")
    if "Units" in group:
        words.append(" or ".join(f"<{unit}>" for unit in group.texts("Units")))
    return " ".join(words)


def default(group):
    """Return the default of a parameter as it would be typed, or what happens without one."""
    if "Default" in group:
        value = group["Default"]
        return (
            "none"
            if value is None
            else text_of(value.value if isinstance(value, Quantity) else value)
        )
    return group.get("InternalDefault", "required")


def limits(group):
    """Return the values and range a parameter may have, "" where it may have any."""
    words = []
    if "Valid" in group:
        words.append("one of " + ", ".join(group.texts("Valid")))
    if "Minimum" in group:
        words.append(f"at least {group['Minimum']}")
    if "Maximum" in group:
        words.append(f"at most {group['Maximum']}")
    if "Words" in group:
        words.append("or the word " + ", ".join(group.texts("Words")))
    return "; ".join(words)


def helped(declared, name=None):
    """Return the text of -help, or of -help=NAME."""
    groups = {g.name: g for g in declared.nodes()}
    if name:
        group = groups[one_of(name, list(groups), "parameter")]
        rows = [
            ("Parameter", group.name),
            ("Brief", group["Brief"]),
            ("Type", kind(group)),
            ("Default", default(group)),
        ]
        rows += [("Range", limits(group))] if limits(group) else []
        rows += [("Help", group["Help"])] if "Help" in group else []
        return "".join(
            textwrap.fill(value, 96, initial_indent=f"{key:<10}", subsequent_indent=" " * 10) + "\n"
            for key, value in rows
        )
    out = [f"{declared['Name']} - {declared['Brief']}", ""]
    if "Help" in declared:
        out += [textwrap.fill(declared["Help"], 96), ""]
    width = max(map(len, groups), default=0)
    for group in groups.values():
        out.append(f"  {group.name:<{width}} = {default(group)}")
        brief = f"{group['Brief']} ({'; '.join(filter(None, (kind(group), limits(group))))})"
        out.append(textwrap.indent(textwrap.fill(brief, 96 - width - 5), " " * (width + 5)))
    if "Example" in declared:
        out += ["", *(f"  {line}" for line in declared.texts("Example"))]
    return "\n".join([*out, "", *reserved.listed(), ""])


def document(declared):
    """Return the page of a tool, in Markdown."""
    name = declared["Name"]
    out = [f"# {name}", "", f"{declared['Brief']}.", ""]
    if "Help" in declared:
        out += [textwrap.fill(declared["Help"], 96), ""]
    if "Example" in declared:
        out += ["```sh", *declared.texts("Example"), "```", ""]
    out += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
    for group in declared.nodes():
        words = group["Brief"] + (f" ({limits(group)})" if limits(group) else "")
        words += f". {group['Help']}" if "Help" in group else ""
        cells = (f"**{group.name}**", kind(group), f"`{default(group)}`", words)
        out.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    out += ["", "Parameters that every tool has: [COMMANDLINE.md](COMMANDLINE.md)."]
    words = [f"`-{word}`" for word in reserved.alone(declared)]
    if words:
        out += ["", f"Here {', '.join(words)} need no `-batchlist`: [CLUSTER.md](CLUSTER.md)."]
    out += ["", f"This page is made from `tools/{name}.pvl` by `make docs`.", ""]
    return "\n".join(out)
