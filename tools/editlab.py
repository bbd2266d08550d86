"""editlab - set, add or delete a keyword or a group of a cube's label; the samples pass through."""

from perijove.kit import label, parm, stream, values
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity


def parsed(text, unit=None):
    """Return a value as a label would hold it: 12, 3.5, TRUE, (a, b), or text with blanks.

    Times and integers with leading zeros stay text; quotes make anything text.
    """
    text = text.strip()
    plain = len(text.split()) == 1 and not any(c in text for c in "=<>{};#,")
    if text[:1] in "(\"'" or plain:
        value = label.loads(f"Value = {text}\nEnd\n")["Value"]
    else:
        value = text
    return Quantity(value, unit) if unit else value


def edit(isis, option, group=None, keyword=None, value=None):
    """Change Object IsisCube in place.

    option  SETKEY (add or replace), ADDKEY (must be new), MODKEY, DELKEY (must be there),
            ADDG, DELG (group);  Core, which describes the samples, is left to the tools.
    """
    groups = {child.name.lower(): child for child in isis.nodes()}
    if not group:
        raise Error(f"OPTION = {option} needs GRPNAME, one of {_names(groups)}")
    node = groups.get(group.lower())
    if group.lower() in ("core", "dimensions", "pixels"):
        raise Error(f"{group} describes the samples themselves and cannot be edited")
    if option == "ADDG":
        if node is not None:
            raise Error(f"Group = {group} is there already")
        isis.append(Node("Group", group))
    elif node is None:
        raise Error(f"there is no Group = {group}; there are {_names(groups)}")
    elif option == "DELG":
        isis.delete(group)
    else:
        _key(node, option, keyword, value)


def _names(groups):
    return ", ".join(node.name for node in groups.values() if node.name != "Core") or "none"


def _key(node, option, keyword, value):
    if not keyword:
        raise Error(f"OPTION = {option} needs KEYWORD")
    if value is None and option != "DELKEY":
        raise Error(f"OPTION = {option} needs VALUE")
    there = keyword in node and not isinstance(node[keyword], Node)
    if option == "ADDKEY" and there:
        raise Error(f"{node} has a keyword {keyword} already (MODKEY replaces it)")
    if option in ("MODKEY", "DELKEY") and not there:
        names = [k for k, v in node.items if not isinstance(v, Node)]
        raise Error(f"{node} has no keyword {keyword}{values.near(keyword, names)}")
    if option == "DELKEY":
        node.delete(keyword)
    else:
        node.set(keyword, value)


@parm.tool
def main(p):
    value = None if p.VALUE is None else parsed(p.VALUE, p.UNITS)

    def change(root):
        edit(root.object("IsisCube"), p.OPTION, p.GRPNAME or p.GROUP, p.KEYWORD, value)

    stream.run(p, change, lambda block, band, line: block)
