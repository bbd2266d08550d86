"""Labels: PVL text up to a line that says End.

Every file of perijove is a label and, after it, a payload: nothing in a parameter file,
rows in a calibration table, samples in a cube.  One reader serves all.
"""

from .node import Node, Quantity, text_of
from .pvlread import END, loads, read
from .pvlwrite import dumps

__all__ = ["END", "Node", "Quantity", "dumps", "loads", "read", "text_of"]
