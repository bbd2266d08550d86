"""ISIS2 cubes: a PDS label with an object QUBE, read as if it were an ISIS3 label."""

from .error import Error
from .label import Node

KINDS = {  # CORE_ITEM_TYPE, CORE_ITEM_BYTES: pixel type, byte order
    ("UNSIGNED_INTEGER", 1): ("UnsignedByte", "Lsb"),
    ("SUN_UNSIGNED_INTEGER", 1): ("UnsignedByte", "Lsb"),
    ("PC_UNSIGNED_INTEGER", 1): ("UnsignedByte", "Lsb"),
    ("VAX_INTEGER", 2): ("SignedWord", "Lsb"),
    ("PC_INTEGER", 2): ("SignedWord", "Lsb"),
    ("LSB_INTEGER", 2): ("SignedWord", "Lsb"),
    ("SUN_INTEGER", 2): ("SignedWord", "Msb"),
    ("MSB_INTEGER", 2): ("SignedWord", "Msb"),
    ("PC_REAL", 4): ("Real", "Lsb"),
    ("SUN_REAL", 4): ("Real", "Msb"),
    ("IEEE_REAL", 4): ("Real", "Msb"),
}


def is_one(label):
    """Return True where a label is that of an ISIS2 cube."""
    return "QUBE" in label and "^QUBE" in label


def convert(label, path):
    """Return the ISIS3 label of an ISIS2 one; groups of QUBE come along under their names."""
    qube = label.nodes("QUBE")[0]
    axes = [a.upper() for a in qube.texts("AXIS_NAME")]
    if axes != ["SAMPLE", "LINE", "BAND"]:
        raise Error(f"{path}: AXIS_NAME = {axes}, expected (SAMPLE, LINE, BAND)")
    if any(qube.numbers("SUFFIX_ITEMS")) if "SUFFIX_ITEMS" in qube else False:
        raise Error(f"{path}: the QUBE has suffix items, which are not read")
    samples, lines, bands = (int(n) for n in qube.numbers("CORE_ITEMS", 3))
    kind = qube.text("CORE_ITEM_TYPE").upper(), qube.integer("CORE_ITEM_BYTES")
    if kind not in KINDS:
        raise Error(f"{path}: CORE_ITEM_TYPE = {kind[0]} of {kind[1]} bytes is not read")
    start = label["^QUBE"]
    record = label.integer("RECORD_BYTES", 512)
    if isinstance(start, list) or isinstance(start, str):
        raise Error(f"{path}: ^QUBE = {start}: a detached ISIS2 cube is not read")
    offset = int(start.value) if hasattr(start, "unit") else (int(start) - 1) * record + 1
    core = Node("Object", "Core", [("StartByte", offset), ("Format", "BandSequential")])
    core.group("Dimensions").update(Samples=samples, Lines=lines, Bands=bands)
    core.group("Pixels").update(
        Type=KINDS[kind][0],
        ByteOrder=KINDS[kind][1],
        Base=qube.number("CORE_BASE", default=0.0),
        Multiplier=qube.number("CORE_MULTIPLIER", default=1.0),
    )
    root = Node()
    isis = root.object("IsisCube")
    isis.append(core)
    for node in qube.nodes():
        isis.append(node)
    original = isis.append(Node("Group", "Isis2"))
    original.items += [(k, v) for k, v in label.items + qube.items if not isinstance(v, Node)]
    return root
