"""junocam2cub - import a raw JunoCam product: one band per filter.

A raw product is a strip of framelets in the order of time; within a frame the filters follow each
other as FILTER_NAME lists them.  Line y of framelet line i, filter b, frame f is

    y = (f nb + b) h + i,    h = 128 / SAMPLING_FACTOR                          (1)

(JunoCam SIS 1.3); the cube has band b with its frames below each other, line f h + i.
"""

from perijove.kit import calfile, cube, label, metadata, parm, png, radiometry, translate
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity

CREDIT = "NASA/JPL-Caltech/SwRI/MSSS"
NAIF_FRAME = -61500  # JUNO_JUNOCAM
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
    if image["Samples"] != radiometry.SAMPLES // summing:
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


@parm.tool
def main(p):
    raw, shape = png.data(p.FROM)
    meta = p.META or metadata.find(p.FROM)
    source = metadata.read(p.use(meta))
    made, height = groups(source, calfile.read("juno/bands.sav", p))
    instrument, filters = made["Instrument"], made["BandBin"]["FilterName"]
    expected = source.integer("LINES"), source.integer("LINE_SAMPLES")
    if shape != expected:
        sizes = [f"{lines} lines of {samples}" for lines, samples in (shape, expected)]
        raise Error(
            f"{p.FROM}: found {sizes[0]} samples, {meta} says {sizes[1]}: not the raw strip?"
        )
    if instrument["SampleBits"] != 8:
        raise Error(f"{meta}: SAMPLE_BITS = {instrument['SampleBits']}, expected 8 of a PNG")
    gap = time_gap(instrument)
    if gap is not None and abs(gap) > SLACK * instrument["NumberFramelets"] + 1e-6:
        p.say(f"{meta}: STOP_TIME - START_TIME differs from the frames by {gap:+.3f} s")

    bands = deinterleave(png.grey(raw, p.FROM), len(filters), height)

    original = cube.Blob(
        "OriginalLabel",
        "IsisCube",
        Node("Object", "OriginalLabel", [("Name", "IsisCube")]),
        label.dumps(source).encode("latin-1", "replace"),
    )
    made = {name: dict(node.items) for name, node in made.items()}
    cube.write(p.TO, cube.new(bands, **made).with_blob(original), p, type="SignedWord")
