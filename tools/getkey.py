"""getkey - print the value of a keyword of a label, and nothing else."""

from perijove.kit import anylabel, parm, values
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity, text_of
from perijove.kit.units import convert


def places(node, kind, name):
    """Yield the nodes of a kind ("Group", "Object") and name below a node, depth first."""
    for child in node.nodes():
        if child.kind == kind and child.name.lower() == name.lower():
            yield child
        yield from places(child, kind, name)


def find(root, keyword, group=None, within=None):
    """Return the first value of a keyword, in a Group and within an Object where they are given."""
    nodes = [root] if within is None else list(places(root, "Object", within))
    if group is not None:
        nodes = [found for node in nodes for found in places(node, "Group", group)]
    where = " of ".join(
        f"{kind} = {name}" for kind, name in (("Group", group), ("Object", within)) if name
    )
    if not nodes:
        raise Error(f"there is no {where}")
    for node in nodes:
        value = node.find(keyword, nodes)  # the list stands for "not found": it is in no label
        if value is not nodes:
            return value
    words = values.near(keyword, {key for node in nodes for key in keys(node)})
    raise Error(f"keyword {keyword} is not {'in ' + where if where else 'there'}{words}")


def keys(node):
    """Yield the names of the keywords at and below a node."""
    for key, value in node.items:
        if isinstance(value, Node):
            yield from keys(value)
        else:
            yield key


def shown(value, unit=None, index=None, keyword="value"):
    """Return a value as text: without its unit, or converted to one; all of a list, or one item."""
    value, found = value if isinstance(value, Quantity) else (value, None)
    items = value if isinstance(value, list) else [value]
    if index is not None and index > len(items):
        raise Error(f"KEYINDEX = {index}: {keyword} has {len(items)} values")
    words = [_word(item, found, unit, keyword) for item in items]
    if index is not None:
        return words[index - 1]
    return f"({', '.join(words)})" if isinstance(value, list) else words[0]


def _word(item, found, unit, keyword):
    """Return one item as text, converted from the unit found to the one asked for."""
    item, found = item if isinstance(item, Quantity) else (item, found)
    if unit is not None:
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise Error(f"{keyword} = {text_of(item)}: expected a number in <{unit}>")
        item = convert(item, found, unit, keyword)
    return item if isinstance(item, str) else text_of(item)


@parm.tool
def main(p):
    root = anylabel.read(p.FROM)
    try:
        value = find(root, p.KEYWORD, p.GROUP or p.GRPNAME, p.OBJECT or p.OBJNAME)
        text = shown(value, p.UNIT, p.KEYINDEX, p.KEYWORD)
    except Error as error:
        raise Error(f"{p.FROM}: {error}") from None
    anylabel.say(text + "\n", p.TO)
