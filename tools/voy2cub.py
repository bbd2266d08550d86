"""voy2cub - import an image of the Voyager cameras: VICAR, PDS3 or compressed (.imq).

The keywords become those that the ISIS 2 voycal manual reads.  CAL_TARGET_CODE is the first letter
of MISSION_PHASE_NAME, else the fifth character of the picture number (0548J1-001), else a guess
from the year, which VICAR's ficor77 makes too:

    J before 1980, S before 1985, U before 1988, N from then on                (1)
"""

from perijove.kit import cube, parm, translate, vgrlabel, vidicon, vidiconcube, vidiconin

CODES = "JSUN"
YEARS = ((1988, "N"), (1985, "U"), (1980, "S"), (0, "J"))  # eq. (1)


def target_code(archive, year):
    """Return CAL_TARGET_CODE and None, or the year it was guessed from, eq. (1); None: unknown.

    archive  Node with MissionPhaseName and ProductId as far as they are known
    year     of the frame, None where it is not known
    """
    phase, picture = (archive.get(key, "") for key in ("MissionPhaseName", "ProductId"))
    for letter in (phase[:1], picture[4:5]):
        if letter and letter in CODES:
            return letter, None
    if year is None:
        return None, None
    return next(code for first, code in YEARS if year >= first), year


def image_number(value):
    """Return an FDS count as text, 16368.32: modulo 65536 and, of two digits, modulo 60."""
    return value if isinstance(value, str) else f"{value:08.2f}"


def target_name(text):
    """Return the name of a target as ISIS spells it: Jupiter, SaturnRings."""
    letter, _, rings = text.upper().replace(" ", "_").partition("_")
    planet = vidicon.SYSTEMS.get(letter) if rings == "RINGS" else None  # J_RINGS …
    return f"{planet.title()}Rings" if planet else text.title()


def year_of(made):
    """Return the year of a frame, or of its reception; None where the label has neither."""
    for group, key in (("Instrument", "StartTime"), ("Archive", "EarthReceivedTime")):
        if key in made[group]:
            return translate.when(made[group][key]).year
    return None


@parm.tool
def main(p):
    frame = vidiconin.read(p.FROM, vgrlabel.voyager)
    number = frame.source.get("IMAGE_NUMBER")
    made, notes = vidiconcube.groups(frame, "voyager.pvl", "VOYAGER")
    instrument = made["Instrument"]
    if "IMAGE_NUMBER" in instrument:
        instrument.set("IMAGE_NUMBER", image_number(number))
    if "TargetName" in instrument:
        instrument.set("TargetName", target_name(instrument["TargetName"]))
    code, guessed = target_code(made["Archive"], year_of(made))
    if p.TARGET or code:
        instrument.set("CAL_TARGET_CODE", p.TARGET or code)
    if guessed and not p.TARGET:
        p.say(f"{p.FROM}: CAL_TARGET_CODE = {code} is a guess from the year {guessed}: see TARGET")

    image, kind, odd = vidiconcube.made(frame, made)
    vidiconcube.record(p, frame, notes + odd)
    cube.write(p.TO, image, p, type=kind)
