"""decompand - restore the 12-bit DN of a companded cube.

JunoCam digitises to 12 bits and sends 8: the instrument maps DN12 to a code through a table
close to a square root, or by dropping low bits.  This tool applies the inverse,

    DR12(b, l, s) = T[DR8(b, l, s)]                                            (1)

with T the column DN12 of TABLE (mode SQROOT; its label names its source), or T[c] = n c in a
linear mode LINn.  Written is the published value (255 -> 2879); that it stands for a whole bin is
for junocal to know (BINCENTER).
"""

import numpy as np

from perijove.kit import calfile, cube, parm, radiometry, special, stream
from perijove.kit.error import Error


def decompand(dr8, dn12):
    """Return the 12-bit DN of companded samples, eq. (1); special pixels keep their kind.

    dr8   codes 0..255, any shape, special pixels as NaN; any other value is an Error
    dn12  T, 256 values in 12-bit DN
    """
    dr8 = np.asarray(dr8, np.float32)
    bad = np.isnan(dr8)
    code = np.clip(np.where(bad, 0, dr8), 0, 255).astype(np.uint8)
    strange = ~bad & (code != dr8)
    if strange.any():
        raise Error(f"a sample is {dr8[strange][0]:g}, expected a code of 0 to 255")
    return special.restore(np.asarray(dn12, np.float32)[code], dr8)


@parm.tool
def main(p):
    table = []  # of the mode that the label names; stays empty where there is nothing to do

    def edit(label):
        group = cube.group(label, "Instrument", p.FROM)
        bits = group.integer("SampleBits")
        if bits == 16:  # a reduced product (RDR): companding inverted, scaled to I/F = 1e-4
            p.say(f"{p.FROM}: SampleBits = 16: a reduced product, passed on unchanged")
            return None
        if bits == 12:
            raise Error(f"{p.FROM}: SampleBits = 12: already decompanded")
        if bits != 8:
            raise Error(f"{p.FROM}: SampleBits = {bits}, expected 8")
        sqroot = radiometry.companding(calfile.read(p.TABLE, p))
        table.append(radiometry.decompanding(group.text("SampleBitMode"), sqroot))
        group.set("SampleBits", 12)
        return "SignedWord"

    stream.run(p, edit, values=lambda v, band: decompand(v, table[0]) if table else v)
