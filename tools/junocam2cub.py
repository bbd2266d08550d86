"""junocam2cub - import a raw JunoCam product: one band per filter.

A raw product is a strip of framelets in the order of time; within a frame the filters follow each
other as FILTER_NAME lists them.  Line y of framelet line i, filter b, frame f is

    y = (f nb + b) h + i,    h = 128 / SAMPLING_FACTOR                          (1)

(JunoCam SIS 1.3); the cube has band b with its frames below each other, line f h + i.
"""

from perijove.kit import calfile, cube, imageset, label, parm, pds3, radiometry, translate
from perijove.kit import strip as strips
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity

CREDIT = "NASA/JPL-Caltech/SwRI/MSSS"
NAIF_FRAME = -61500  # JUNO_JUNOCAM
SHIFT = "DISTORTION_Y"  # of the text that tells of a shifted methane window
TYPES = {8: "SignedWord", 16: "Real"}  # no 16-bit type holds all of 0 to 65535 as data
SLACK = 0.002  # s per frame by which the times of a label may disagree (they are rounded to 1 ms)


def deinterleave(strip, filters, height=128):
    """Return (filters, frames * height, samples) of a strip (lines, samples), eq. (1)."""
    frames = strip.shape[0] // (filters * height)
    stack = strip.reshape(frames, filters, height, -1).swapaxes(0, 1)
    return stack.reshape(filters, frames * height, -1)


def groups(source, table):
    """Return our groups of a product's flat label, checked: {name: Node}, framelet height."""
    made = translate.groups(source, translate.table("junocam.pvl"))
    image, instrument = made.pop("Image"), made["Instrument"]
    filters, summing = made["BandBin"]["FilterName"], instrument["SummingMode"]
    try:
        rows = radiometry.bands(table, filters)
    except Error as error:
        raise Error(f"{source}: FILTER_NAME: {error}") from None
    if len(set(filters)) != len(filters):
        raise Error(f"{source}: FILTER_NAME = {', '.join(filters)}: a filter is named twice")
    if instrument.get("InstrumentId", "JNC") != "JNC":
        raise Error(f"{source}: INSTRUMENT_ID = {instrument['InstrumentId']}, expected JNC")
    for key, unit in (("ExposureDuration", "ms"), ("InterFrameDelay", "s"), ("TDICount", None)):
        if instrument.number(key, unit) <= 0:
            found = label.text_of(instrument[key])
            raise Error(f"{source}: {key} = {found}, expected more than 0")
    if summing not in (1, 2):
        raise Error(f"{source}: SAMPLING_FACTOR = {summing}, expected 1 or 2")
    height, lines = 128 // summing, image["Lines"]
    if image["Samples"] not in strips.widths(summing):
        expected = f"{radiometry.SAMPLES // summing} at SAMPLING_FACTOR = {summing}"
        raise Error(f"{source}: LINE_SAMPLES = {image['Samples']}, expected {expected}")
    if lines < 1 or lines % (height * len(filters)):
        expected = (
            f"a multiple of {height * len(filters)} ({len(filters)} filters of {height} lines)"
        )
        raise Error(f"{source}: LINES = {lines}, expected {expected}")
    frames = lines // (height * len(filters))
    instrument.update(NumberFramelets=frames, FrameletLines=height)
    made["BandBin"].update(
        Center=Quantity([row["CENTER"] for row in rows], "nm"),
        Width=Quantity([row["WIDTH"] for row in rows], "nm"),
        NaifIkCode=[int(row["NAIFIKCODE"]) for row in rows],
    )
    line = strips.methane_line(made["Archive"].text("Rationale", default=""))
    if line is not None and "METHANE" in filters:
        instrument.set("MethaneLine", Quantity(line, "pixels"))
    start = translate.when(instrument["StartTime"])
    made["Archive"].update(YearDoy=start.year * 1000 + start.timetuple().tm_yday, Credit=CREDIT)
    made["Kernels"] = Node("Group", "Kernels", [("NaifFrameCode", NAIF_FRAME)])
    return made, height


def time_gap(instrument):
    """Return STOP - START minus the length of the frames in s, None where the label has no stop."""
    if "StopTime" not in instrument:
        return None
    start, stop = (translate.when(instrument[key]) for key in ("StartTime", "StopTime"))
    frames = instrument["NumberFramelets"] * instrument.number("InterFrameDelay", "s")
    return (stop - start).total_seconds() - frames


def agree(strip, source, made, p):
    """Check the samples against the label; say what is odd but does no harm."""
    instrument, filters = made["Instrument"], made["BandBin"]["FilterName"]
    bits, expected = 8 * strip.itemsize, (source.integer("LINES"), source.integer("LINE_SAMPLES"))
    if strip.shape != expected:
        sizes = [f"{lines} lines of {samples}" for lines, samples in (strip.shape, expected)]
        raise Error(
            f"{p.FROM}: found {sizes[0]} samples, {source} says {sizes[1]}: not the raw strip?"
        )
    if instrument["SampleBits"] != bits:
        raise Error(f"{source}: SAMPLE_BITS = {instrument['SampleBits']}, expected {bits} of a PNG")
    gap = time_gap(instrument)
    if gap is not None and abs(gap) > SLACK * instrument["NumberFramelets"] + 1e-6:
        p.say(f"{source}: STOP_TIME - START_TIME differs from the frames by {gap:+.3f} s")
    rationale = made["Archive"].text("Rationale", default="")
    if SHIFT in rationale and "METHANE" in filters and "MethaneLine" not in instrument:
        p.say(f"{source}: no line can be read from RATIONALE_DESC = {rationale}")


@parm.tool
def main(p):
    if pds3.is_pds(p.FROM):
        if p.IMAGE:
            raise Error(f"IMAGE = {p.IMAGE}: {p.FROM} is one image, no folder or zip of several")
        strip, source, path = pds3.read(p.FROM, p.META)
    else:
        strip, source, path = imageset.read(p.FROM, p.IMAGE, p.META)
    p.use(path)
    made, height = groups(source, calfile.read("juno/bands.sav", p))
    agree(strip, source, made, p)

    bands = deinterleave(strip, len(made["BandBin"]["FilterName"]), height)
    bands = strips.widened(bands, made["Instrument"]["SummingMode"])

    original = cube.Blob(
        "OriginalLabel",
        "IsisCube",
        Node("Object", "OriginalLabel", [("Name", "IsisCube")]),
        label.dumps(source).encode("latin-1", "replace"),
    )
    groups_of = {name: dict(node.items) for name, node in made.items()}
    made = cube.new(bands, **groups_of).with_blob(original)
    cube.write(p.TO, made, p, type=TYPES[made.group("Instrument")["SampleBits"]])
