"""voycal: each parameter of the manual by a number computed by hand, rulings, real frames."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import cube, special, vidical
from perijove.kit.label import Quantity
from perijove.voycal import main
from refusal import refusal
from vidiconfiles import KEYS, UNITS, VOYCAL

refused = refusal(main)

KM = 149597870.7  # per AU
DN = (0, 50, 100, 250)  # of the frame: stored are 20 DN, since 10000 DN / (0.5 s x 1000 DN/s)
TABLE = f"""{VOYCAL}
{UNITS}
End
VOYAGER_1 NA J 0 1 0 1   1000 5 1  0   0 - -
VOYAGER_2 NA J 0 1 0 1   2000 5 1  0   0 - -
VOYAGER_1 WA J 2 1 0 1    500 5 1  0   0 - -
VOYAGER_1 WA J 0 1 0 1    160 5 1  0   0 - -
VOYAGER_1 NA S 0 1 0 1    250 5 1  0   0 - -
VOYAGER_1 NA J 1 1 0 1    100 5 1  0   0 - -
VOYAGER_1 NA J 0 2 0 1    125 5 1  0   0 - -
VOYAGER_1 NA J 0 1 1 1    200 5 1  0   0 - -
VOYAGER_1 NA J 0 1 0 2    400 5 1  0   0 - -
VOYAGER_1 NA J 0 3 0 1   1000 5 2 10 500 - -
VIKING_ORBITER_1 VISA M CLEAR 1 1 1 4000 5 1 0 0 - -
"""
LINEAR = f"""Name = lines
Columns = ({KEYS}, B, K, LINORM)
End
VOYAGER_1 NA J * * * * 64 2 128
"""


def frame(path, core=DN, type="SignedWord", instrument=None, **groups):
    """Write a frame of one line; keywords that are None are left out."""
    words = dict(
        SPACECRAFT_NAME="VOYAGER_1",
        INSTRUMENT_ID="NA",
        IMAGE_NUMBER="16368.32",
        CAL_TARGET_CODE="J",
        EXPOSURE_DURATION=Quantity(0.5, "seconds"),
        FILTER_NAME="CLEAR",
        FILTER_NUMBER=0,
        NO_CAMERA_STATE=3,
        CAMERA_STATE_1=1,
        CAMERA_STATE_2=0,
        CAMERA_STATE_3=1,
        SampleBits=8,
    )
    words = {k: v for k, v in (words | (instrument or {})).items() if v is not None}
    core = np.asarray(core, np.float32).reshape(1, 1, -1)
    cube.write(path, cube.new(core, Instrument=words, **groups), type=type)
    return f"FROM={path}"


@pytest.fixture
def folder(tmp_path):
    """A folder with the frame a.cub and the tables t.sav and l.sav."""
    (tmp_path / "t.sav").write_text(TABLE)
    (tmp_path / "l.sav").write_text(LINEAR)
    frame(tmp_path / "a.cub")
    return tmp_path


def words_of(folder, *words):
    """The words of a run in a folder: tables, LINEAR=NO and SUN = DIST0 unless they are given."""
    keys = {word.partition("=")[0] for word in words}
    usual = dict(FROM="a.cub", TO="b.cub", TABLE="t.sav", LINTABLE="l.sav")
    made = [f"{key}={folder / name}" for key, name in usual.items() if key not in keys]
    made += ["LINEAR=NO"] if not keys & {"LINEAR", "B", "K", "LINORM"} else []
    made += ["SUN=5"] if "SUN" not in keys else []
    return [*made, *(word for word in words if not word.endswith("=-"))]


def run(folder, *words):
    """Return the cube that voycal makes of a.cub."""
    main(*words_of(folder, *words))
    return cube.read(str(folder / "b.cub"))


def stored(folder, dtype="<i2", count=4):
    """The samples of b.cub as they are stored."""
    return np.frombuffer((folder / "b.cub").read_bytes(), dtype, count, 65536).tolist()


def radiometry(found):
    return found.group("Radiometry")


def pixels(found):
    group = found.isis.object("Core").group("Pixels")
    return group["Type"], group["Base"], group["Multiplier"]


# ------------------------------------------------------------------- equations


def test_the_constants_of_a_calibrated_viking_frame():
    """The label of 387A06 as ISIS's vikcal calibrates it: per ms there, per s here."""
    w1 = vidical.omega(90360.0, 243840000.0, 211727039.58284)
    assert_allclose(w1, 119848.73964656, rtol=1e-12)
    frame = vidical.Frame(exposure=7.73e-3, w1=w1)
    assert_allclose(frame.factor, 0.0010794114853583, rtol=1e-12)


@pytest.mark.parametrize(("b", "k"), [(0, 4), (8.46, 3), (5.6, 4), (-7, 2.36), (200, 0.5)])
def test_linearity_leaves_zero_and_linorm_where_they_are(b, k):
    found = vidical.linear(np.array([0.0, 128.0]), b, k, 128.0)
    assert_allclose(found, [0, 128], atol=1e-12)


def test_a_white_screen_at_dist0_for_1_s_at_dn_w0_is_10000_and_100(folder):
    frame(folder / "a.cub", [200, 200, 200, 200])
    words = "W0=200", "EXP=1"
    assert run(folder, *words).core[0, 0, 0] == 1 and stored(folder) == [10000] * 4
    run(folder, *words, "OTYPE=1")
    assert stored(folder, "u1") == [100] * 4
    assert run(folder, *words, "OTYPE=3").core[0, 0, 0] == 1


def test_no_power_of_a_negative_dn_is_null_and_a_whole_one_is_not(folder):
    dc = np.array([[[0, 60, 0, 0]]], np.float32)  # DN 50 becomes -10
    cube.write(folder / "dc.cub", cube.new(dc, Instrument={"SampleBits": 8}), type="SignedWord")
    words = f"DCFILE={folder / 'dc.cub'}", "B=64", "LINORM=128", "OTYPE=3"
    half = run(folder, *words, "K=2.5").core[0, 0]
    assert special.kinds(half).tolist() == [0, 1, 0, 0]
    whole = run(folder, *words, "K=2").core[0, 0]
    assert_allclose(whole[1], (-5 + 64 * 100 / 16384) / 500, rtol=1e-6)


# ------------------------------------------------------------------- each parameter


@pytest.mark.parametrize(
    ("words", "expected"),  # stored DN
    [
        ("", (0, 1000, 2000, 5000)),
        ("EXP=1", (0, 500, 1000, 2500)),
        ("EXP=250ms", (0, 2000, 4000, 10000)),
        ("EXP=0", (0, 1000, 2000, 5000)),
        ("DEL_EXP=500", (0, 500, 1000, 2500)),
        ("DEL_EXP=-0.25s", (0, 2000, 4000, 10000)),
        ("W0=500", (0, 2000, 4000, 10000)),
        ("W0=0", (0, 1000, 2000, 5000)),
        ("SUN=10", (0, 4000, 8000, 20000)),
        ("SUN=10<AU>", (0, 4000, 8000, 20000)),
        ("SUN=10au", (0, 4000, 8000, 20000)),
        ("SUN=1495.978707", (0, 4000, 8000, 20000)),
        ("SUN=1495978707", (0, 4000, 8000, 20000)),
        ("SUN=1495978707km", (0, 4000, 8000, 20000)),
        ("SUN=0", (0, 1000, 2000, 5000)),
        ("OFF=10", (200, 1200, 2200, 5200)),
        ("OFF=-10", (-200, 800, 1800, 4800)),
        ("GAIN=0.5", (0, 500, 1000, 2500)),
        ("GAIN=0", (0, 1000, 2000, 5000)),
        ("NORM=1000", (0, 100, 200, 500)),
        ("NORM=0", (0, 1000, 2000, 5000)),
        ("SPCRAFT=VOYAGER_2", (0, 500, 1000, 2500)),
        ("SPCRAFT=VOYAGER SPNUM=2", (0, 500, 1000, 2500)),
        ("SPNUM=2", (0, 500, 1000, 2500)),
        ("SPNUM=0", (0, 1000, 2000, 5000)),
        ("SPCRAFT=VIKING SPNUM=1 INST_ID=VISA TAR_CODE=M FILTER=4 STATE2=1", (0, 250, 500, 1250)),
        ("INST_ID=WA FILTER=2", (0, 2000, 4000, 10000)),
        ("INST_ID=WA FILTER=CLEAR", (0, 2000, 4000, 10000)),  # the wide angle's own wheel
        ("INST_ID=WA", (0, 6250, 12500, 31250)),  # and 0 is not CLEAR there
        ("TAR_CODE=S", (0, 4000, 8000, 20000)),
        ("FILTER=1", (0, 10000, 20000, "HRS")),
        ("FILTER=VIOLET", (0, 10000, 20000, "HRS")),
        ("FILTER=4", (0, 1000, 2000, 5000)),  # the same filter as 0
        ("STATE1=2", (0, 8000, 16000, "HRS")),
        ("STATE2=1", (0, 5000, 10000, 25000)),
        ("STATE3=2", (0, 2500, 5000, 12500)),
        # a row with GAIN 2, OFF 10 and DEL_EXP 500 ms: (2 DN + 10) 10
        ("STATE1=3", (100, 1100, 2100, 5100)),
        ("STATE1=3 OFF=0", (0, 1000, 2000, 5000)),
        ("STATE1=3 GAIN=1", (100, 600, 1100, 2600)),
        ("STATE1=3 GAIN=0", (100, 1100, 2100, 5100)),
        ("STATE1=3 DEL_EXP=0", (200, 2200, 4200, 10200)),
        ("STATE1=3 DEL_EXP=999", (100, 1100, 2100, 5100)),
        # L(X) = X/2 + 64 (X/128)^2: 34.765625, 89.0625, 369.140625
        ("LINEAR=YES", (0, 695, 1781, 7383)),
        ("LINEAR=Y", (0, 695, 1781, 7383)),
        ("LINEAR=NO B=1 K=3 LINORM=100", (0, 1000, 2000, 5000)),
        ("B=0", (0, 1000, 2000, 5000)),
        ("B=32", (0, 848, 1891, 6191)),  # 3X/4 + 32 (X/128)^2
        ("K=1", (0, 1000, 2000, 5000)),
        ("K=0", (0, 695, 1781, 7383)),
        ("LINORM=64", (0, 781, 3125, 19531)),  # 64 (X/64)^2
        ("LINORM=0", (0, 695, 1781, 7383)),
        ("SPNUM=2 B=64 K=2 LINORM=128", (0, 348, 891, 3691)),
        # the linearity before GAIN and OFF, so 2 L(X) + 10
        ("STATE1=3 LINEAR=YES", (100, 795, 1881, 7483)),
    ],
)
def test_a_parameter_by_hand(folder, words, expected):
    run(folder, *words.split())
    hrs = special.TYPES["SignedWord"][1][4]
    assert stored(folder) == [hrs if value == "HRS" else value for value in expected]


@pytest.mark.parametrize(
    ("words", "kind", "dtype", "expected"),
    [
        ("OTYPE=1", "UnsignedByte", "u1", [0, 10, 20, 50]),
        ("OTYPE=2", "SignedWord", "<i2", [0, 1000, 2000, 5000]),
        ("OTYPE=3", "Real", "<f4", [0, 0.1, 0.2, 0.5]),
        ("OTYPE=NULL", "UnsignedByte", "u1", [0, 10, 20, 50]),  # SampleBits = 8
        ("OTYPE=--", "UnsignedByte", "u1", [0, 10, 20, 50]),
        ("OTYPE=1 NORM=200", "UnsignedByte", "u1", [0, 20, 40, 100]),
        ("OTYPE=3 NORM=1000", "Real", "<f4", [0, 100, 200, 500]),
    ],
)
def test_pixel_types(folder, words, kind, dtype, expected):
    found = run(folder, *words.split())
    assert pixels(found)[0] == kind
    assert_allclose(stored(folder, dtype), expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("8bit", ("UnsignedByte", 0.0, 0.01)),
        ("16bit", ("SignedWord", 0.0, 0.0001)),
        ("32bit", ("Real", 0.0, 1.0)),
        ("UnsignedWord", ("UnsignedWord", 0.0, 0.0001)),
    ],
)
def test_a_type_in_the_name_of_to(folder, attribute, expected):
    main(*words_of(folder, f"TO={folder}/b.cub+{attribute}"))
    found = cube.read(str(folder / "b.cub"))
    assert pixels(found) == expected
    assert_allclose(found.core[0, 0, 1:], [0.1, 0.2, 0.5], rtol=1e-6)


def test_tiles_byte_order_and_tiff_hold_the_same(folder):
    plain = run(folder)
    for name in "t.cub+Tile+Msb", "t.cub+Tile", "t.cub+Msb", "t.tif":
        main(*words_of(folder, f"TO={folder}/{name}"))
        found = cube.read(str(folder / name.partition("+")[0]))
        assert np.array_equal(found.core, plain.core) and pixels(found)[2] == 0.0001


@pytest.mark.parametrize("given", ["ORANGE=(0,2)", "ORANGE=0,2", "+0:2"])
def test_orange_maps_to_the_valid_range_as_an_attribute_does(folder, given):
    word = f"TO={folder}/b.cub+16bit{given}" if given[0] == "+" else given
    main(*words_of(folder, word))
    found = cube.read(str(folder / "b.cub"))
    # 0 is DN -32752 and 2 is DN 32767: a step is 2/65519
    _, base, multiplier = pixels(found)
    assert_allclose([base, multiplier], [32752 * 2 / 65519, 2 / 65519], rtol=1e-12)
    assert stored(folder) == [-32752, -29476, -26200, -16372]
    assert_allclose(found.core[0, 0], [0, 0.1, 0.2, 0.5], atol=1.6e-5)


def test_orange_leaves_real_samples_as_they_are_and_says_so(folder, capsys):
    found = run(folder, "ORANGE=(0,2)", "OTYPE=3")
    assert pixels(found) == ("Real", 0.0, 1.0) and found.core[0, 0, 3] == 0.5
    assert "Real samples are I/F: a range does not change them" in capsys.readouterr().err


def test_the_default_of_orange_typed_is_none(folder):
    run(folder, "ORANGE=0.0,1.0", "NORM=1000")
    assert stored(folder) == [0, 100, 200, 500]


def test_8_and_16_bit_say_in_base_and_multiplier_that_they_are_iof(folder):
    found = run(folder)
    assert pixels(found) == ("SignedWord", 0.0, 0.0001)
    assert_allclose(found.core[0, 0], [0, 0.1, 0.2, 0.5], rtol=1e-6)
    assert pixels(run(folder, "NORM=500")) == ("SignedWord", 0.0, 0.002)


def test_what_does_not_fit_is_lrs_and_hrs(folder):
    assert special.kinds(run(folder, "W0=1", "OFF=-90").core[0, 0]).tolist() == [2, 2, 5, 5]
    eight = run(folder, "OTYPE=1", "W0=100")  # DN 0, 100, 200, 500: 0 is no DN of 8 bit
    assert stored(folder, "u1") == [0, 100, 200, 255]
    assert special.kinds(eight.core[0, 0]).tolist() == [1, 0, 0, 5]


def test_stored_dn_are_rounded_half_away_from_zero(folder):
    frame(folder / "a.cub", [1, 3, 5, 7])
    run(folder, "NORM=250")  # DN 0.5, 1.5, 2.5, 3.5
    assert stored(folder) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("kind", "words", "expected", "kinds"),
    [
        ("SignedWord", "SAT_FLAG=YES", [5060, 32767, 32767, 20], [0, 0, 0, 0]),
        ("SignedWord", "SAT_FLAG=NO", [5060, 5080, 5100, 20], [0, 0, 0, 0]),
        ("SignedWord", "SAT_FLAG=YES OTYPE=1", [51, 255, 255, 0], [0, 5, 5, 1]),
        ("SignedWord", "SAT_FLAG=YES OTYPE=3", None, [0, 4, 4, 0]),
        ("UnsignedByte", "SAT_FLAG=YES", [5060, 32767, 32767, 20], [0, 0, 0, 0]),
        ("UnsignedByte", "SAT_FLAG=NO", [5060, 5080, -32764, 20], [0, 0, 5, 0]),
        ("UnsignedByte", "SAT_FLAG=YES OTYPE=3", None, [0, 4, 4, 0]),
    ],
)
def test_saturation(folder, kind, words, expected, kinds, capsys):
    raw = [253, 254, special.HRS if kind == "UnsignedByte" else 255, 1]
    frame(folder / "a.cub", raw, kind)
    found = run(folder, *words.split())
    if expected:
        assert stored(folder, "u1" if "OTYPE=1" in words else "<i2") == expected
    assert special.kinds(found.core[0, 0]).tolist() == kinds
    assert ("saturated: 2 samples marked" in capsys.readouterr().err) == ("YES" in words)


def test_special_pixels_keep_their_kind_and_zero_is_data_in_16_bit_alone(folder):
    raw = [special.NULL, special.LIS, special.HIS, 0]
    frame(folder / "a.cub", raw)
    for kind in "OTYPE=2", "OTYPE=3":
        found = run(folder, kind, "SAT_FLAG=YES").core[0, 0]
        assert special.kinds(found).tolist() == [1, 3, 4, 0]
    frame(folder / "a.cub", [1, 2, 3, special.NULL], "UnsignedByte")
    assert special.kinds(run(folder).core[0, 0]).tolist() == [0, 0, 0, 1]


def test_otype_null_follows_sample_bits_else_the_input(folder):
    for kind, bits, expected in (
        ("SignedWord", 16, "SignedWord"),
        ("SignedWord", None, "SignedWord"),
        ("UnsignedByte", None, "UnsignedByte"),
        ("Real", None, "Real"),
        ("Real", 8, "UnsignedByte"),
    ):
        frame(folder / "a.cub", [1, 50, 100, 250], kind, {"SampleBits": bits})
        assert pixels(run(folder, "OTYPE=NULL"))[0] == expected


def test_integers_of_32_bit_become_real_where_the_type_is_the_inputs():
    assert vidical.output_type("NULL", None, "UnsignedInteger") == "Real"
    assert vidical.output_type("2", None, "UnsignedInteger") == "SignedWord"


def test_a_block_gets_the_shading_and_the_dark_current_of_its_own_lines():
    planes = np.arange(1.0, 7).reshape(3, 2)
    made = vidical.Frame(exposure=1.0, w1=1.0, g=planes, dc=10 * planes)
    assert made.iof(np.zeros((2, 2)), 1).tolist() == [[90, 160], [250, 360]]


def test_image_no_goes_into_the_label_and_chooses_a_row(folder, capsys):
    head, row = VOYCAL.replace("(SPACECRAFT", "(FIRST, LAST, SPACECRAFT"), TABLE.splitlines()[3]
    rows = [f"16000 16999 {row}", f"17000 * {row.replace('1000', '2000')}"]
    (folder / "t.sav").write_text("\n".join([head, "End", *rows, ""]))
    found = run(folder)
    assert stored(folder)[2] == 2000 and radiometry(found)["ImageNumber"] == "16368.32"
    found = run(folder, "IMAGE_NO=17000.01")
    assert stored(folder)[2] == 1000 and radiometry(found)["ImageNumber"] == "17000.01"
    assert radiometry(found)["ImageNumberSource"] == "CommandLine"
    capsys.readouterr()
    assert "IMAGE_NO = 0" in refused(capsys, 2, *words_of(folder, "IMAGE_NO=0"))
    assert "image number a" in refused(capsys, 2, *words_of(folder, "IMAGE_NO=a"))


def test_the_note_and_every_value_with_its_source_are_in_the_label(folder):
    group = radiometry(run(folder, "USERNOTE=two words", "GAIN=2", "LINEAR=YES", "SUN=5.2"))
    assert group["UserNote"] == "two words" and group["Units"] == "I/F"
    assert group["OmegaNaught"] == (1000, "DN/s") and group["OmegaNaughtSource"] == "t.sav:4"
    assert group["GainCorrection"] == 2 and group["GainCorrectionSource"] == "CommandLine"
    assert group["ExposureDuration"] == (0.5, "s") and group["ExposureDurationSource"] == "Label"
    assert group["DeltaExposureTime"] == (0, "ms") and group["CalcExpoDuration"] == (500, "ms")
    assert_allclose(group.number("SunDistance", "km"), 5 * KM)
    assert_allclose(group.number("CalcSunDistance", "km"), 5.2 * KM)
    assert_allclose(group.number("Omega_W1"), 1000 * (5 / 5.2) ** 2)
    assert group["K_PowerOfNon-LinearitySource"] == "l.sav:4" and group["ACoefficient"] == 0.5
    assert group["FilterNumber"] == 0 and group["CameraState1Source"] == "Label"
    assert group["Norm"] == (10000.0, "DN") and group["NormSource"] == "Default"


def test_history_tells_the_source_of_each_value_and_the_tables(folder):
    history = run(folder, "GAIN=2", "EXP=0").history
    for line in ("GAIN     = CommandLine", "EXP      = Label", "W0       = Table", "t.sav = "):
        assert line in history


# ------------------------------------------------------------------- distance, exposure, label


def test_the_sun_vector_counts_then_its_old_name_then_dist0(folder, capsys):
    ten = Quantity([6 * KM, 0, 8 * KM], "km")
    for key in "SC_SUN_POSITION_VECTOR", "SUN_VECTOR":
        frame(folder / "a.cub", instrument={key: ten})
        group = radiometry(run(folder, "SUN=0"))
        assert stored(folder)[2] == 8000 and group["CalcSunDistanceSource"] == "Label"
    assert "DIST1 = DIST0" not in capsys.readouterr().err
    run(folder, "SUN=5")
    assert stored(folder)[2] == 2000
    frame(folder / "a.cub")
    group = radiometry(run(folder, "SUN=0"))
    assert stored(folder)[2] == 2000 and group["CalcSunDistanceSource"] == "DIST0"
    told = "no SUN and no SC_SUN_POSITION_VECTOR: DIST1 = DIST0 = 5 AU"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("SUN=5.2", "SUN = 5.2 AU (777908927.6 km)"),
        ("SUN=778", "SUN = 778 millions of km (778000000 km, 5.20061 AU)"),
        ("SUN=778e6", "SUN = 778000000 km (5.20061 AU)"),
        ("SUN=5.2AU", "SUN = 777908927.6 km (5.2 AU)"),
    ],
)
def test_how_sun_was_understood_is_told(folder, capsys, word, told):
    run(folder, word)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "exposure", [0.5, Quantity(500, "ms"), Quantity(500, "MSEC"), Quantity(0.5, "SECONDS")]
)
def test_the_unit_of_the_exposure_in_the_label_counts(folder, exposure):
    frame(folder / "a.cub", instrument={"EXPOSURE_DURATION": exposure})
    run(folder)
    assert stored(folder) == [0, 1000, 2000, 5000]


def test_the_manuals_older_names_and_those_of_isis_3(folder):
    names = dict(SPACECRAFT_NAME=None, INSTRUMENT_ID=None, IMAGE_NUMBER=None, FILTER_NUMBER=None)
    older = dict(MISSION="VOYAGER", SPACECRAFT_NO=2, FRAME_ID="16368.32", CAMERA="B", FILTER_NAME=0)
    frame(folder / "a.cub", instrument=names | older)
    assert radiometry(run(folder))["SpacecraftName"] == "VOYAGER_2"
    assert stored(folder)[2] == 1000
    names |= {f"CAMERA_STATE_{n}": None for n in (1, 2, 3)} | {"NO_CAMERA_STATE": None}
    names |= dict(CAL_TARGET_CODE=None, EXPOSURE_DURATION=None, FILTER_NAME=None)
    isis3 = dict(
        SpacecraftName="VOYAGER_1",
        InstrumentId="NARROW_ANGLE_CAMERA",
        SpacecraftClockCount=1636832,
        ExposureDuration=Quantity(0.5, "seconds"),
        ScanModeId="2:1",
        ShutterModeId="BOTSIM",
        GainModeId="LOW",
    )
    band = {"FilterName": "CLEAR", "FilterNumber": 0}
    phase = {"MissionPhaseName": "JUPITER_ENCOUNTER"}
    frame(folder / "a.cub", instrument=names | isis3, BandBin=band, Archive=phase)
    found = run(folder)
    assert stored(folder)[2] == 16000 and radiometry(found)["ImageNumber"] == "16368.32"


def test_a_typed_name_without_number_takes_the_labels_of_its_mission_only(folder, capsys):
    run(folder, "SPCRAFT=VOYAGER")
    assert stored(folder)[2] == 2000
    capsys.readouterr()
    line = refused(capsys, 2, *words_of(folder, "SPCRAFT=VIKING"))
    assert "number of VIKING missing: expected 1 or 2; give SPNUM" in line
    line = refused(capsys, 2, *words_of(folder, "SPCRAFT=VOYAGER_1", "SPNUM=2"))
    assert "SPACECRAFT_NAME = VOYAGER_1 and number 2" in line


@pytest.mark.parametrize(
    ("keyword", "parameter"),
    [
        ("SPACECRAFT_NAME", "SPCRAFT=VOYAGER_1"),
        ("INSTRUMENT_ID", "INST_ID=NA"),
        ("CAL_TARGET_CODE", "TAR_CODE=J"),
        ("EXPOSURE_DURATION", "EXP=0.5"),
        ("FILTER_NUMBER", "FILTER=0"),
        ("CAMERA_STATE_1", "STATE1=1"),
        ("CAMERA_STATE_2", "STATE2=0"),
        ("CAMERA_STATE_3", "STATE3=1"),
    ],
)
def test_a_missing_keyword_names_the_parameter_that_replaces_it(folder, capsys, keyword, parameter):
    gone = {keyword: None} | ({"FILTER_NAME": None} if "FILTER" in keyword else {})
    frame(folder / "a.cub", instrument=gone)
    line = refused(capsys, 2, *words_of(folder, "TO=" + str(folder / "b.cub")))
    assert keyword in line and f"give {parameter.partition('=')[0]}" in line
    assert not (folder / "b.cub").exists()
    run(folder, parameter)
    assert stored(folder) == [0, 1000, 2000, 5000]


# ------------------------------------------------------------------- rows


def test_no_row_tells_keys_nearest_rows_and_that_w0_replaces_it(folder, capsys):
    line = refused(capsys, 2, *words_of(folder, "FILTER=3", "STATE1=7"))
    assert "FILTER = 3, STATE1 = 7" in line and "t.sav:" in line and "W0" in line
    run(folder, "FILTER=3", "STATE1=7", "W0=1000", "SUN=5.2")
    assert stored(folder) == [0, 1000, 2000, 5000]  # DIST0 is 5.2 AU then
    told = capsys.readouterr().err
    assumed = "GAIN = 1, OFF = 0, DEL_EXP = 0, DIST0 = 5.2 AU, no shading"
    assert "no dark current is subtracted: give DCFILE" in told
    assert f"no row of t.sav fits: W0 = 1000 as typed; assumed: {assumed}" in told
    group = radiometry(run(folder, "TAR_CODE=S", "FILTER=3", "W0=1000", "GAIN=2", "SUN=19.02"))
    assert stored(folder)[2] == 16000 and group["SunDistanceSource"] == "Default"
    assert "assumed: OFF = 0, DEL_EXP = 0, DIST0 = 9.51 AU" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),  # (2 x 100 + 10) DN in 1 s; DIST0 is 5 AU there, else 5.2
    [("SunDistance = 747989353.5 GainCorrection = 2", 2100), ("GainCorrection = 2", 1942)],
)
def test_a_typed_w0_replaces_that_which_a_table_of_isis_3_lacks(folder, capsys, words, expected):
    rest = "OffsetCorrection = 10 DeltaExposureTime = 500"
    (folder / "t.sav").write_text(f"Object = VOYAGER_1 {words} {rest} End_Object\nEnd\n")
    assert "W0 typed replaces the row" in refused(capsys, 2, *words_of(folder))
    run(folder, "W0=1000")
    assert stored(folder)[2] == expected
    (folder / "t.sav").write_text(f"Object = VOYAGER_1 {rest} End_Object\nEnd\n")
    capsys.readouterr()
    assert "no GAIN here or above: give GAIN" in refused(capsys, 2, *words_of(folder, "W0=1000"))


def test_no_row_of_lintable(folder, capsys):
    run(folder, "SPNUM=2", "LINEAR=-")
    assert "no row of l.sav fits: DN are not linearised" in capsys.readouterr().err
    assert stored(folder) == [0, 500, 1000, 2500]
    line = refused(capsys, 2, *words_of(folder, "SPNUM=2", "LINEAR=YES"))
    assert "no row for SPACECRAFT = VOYAGER_2" in line and "give all of B, K and LINORM" in line
    assert "no row for" in refused(capsys, 2, *words_of(folder, "SPNUM=2", "B=64", "K=2"))


def test_viking_is_linearised_only_where_there_is_a_row_or_typed_values(folder, capsys):
    viking = "SPCRAFT=VIKING", "SPNUM=1", "INST_ID=VISA", "TAR_CODE=M", "FILTER=4", "STATE2=1"
    found = run(folder, *viking, "LINEAR=-")
    assert "linear" not in capsys.readouterr().err
    assert stored(folder)[2] == 500 and radiometry(found)["LinearityCorrection"] is False
    run(folder, *viking, "B=64", "K=2", "LINORM=128")
    assert stored(folder)[2] == 445  # 89.0625 of the 100


def test_tables_in_isisvoydata_replace_those_of_the_package(folder, monkeypatch):
    (folder / "t.sav").rename(folder / "voycal.sav")
    (folder / "l.sav").rename(folder / "voylin.sav")
    monkeypatch.setenv("ISISVOYDATA", str(folder))
    main(f"FROM={folder}/a.cub", f"TO={folder}/b.cub", "SUN=5")
    assert stored(folder) == [0, 695, 1781, 7383]
    monkeypatch.delenv("ISISVOYDATA")
    main(f"FROM={folder}/a.cub", f"TO={folder}/b.cub", "SUN=5.2", "LINEAR=NO")
    assert stored(folder)[2] == round(100 / 0.5 / 1446.8 * 1e4)


def test_the_tables_of_the_package_calibrate_both_missions(folder):
    found = cube.read(str(folder / "a.cub"))
    assert found.core.size == 4
    main(f"FROM={folder}/a.cub", f"TO={folder}/b.cub", "SUN=5.2", "OTYPE=3")
    first = cube.read(str(folder / "b.cub"))
    assert radiometry(first)["LinearityCorrection"] is True
    viking = dict(SPACECRAFT_NAME="VIKING_ORBITER_1", INSTRUMENT_ID="VISB", FILTER_NUMBER=4)
    states = {f"CAMERA_STATE_{n}": 1 for n in (1, 2, 3)}
    exposure = {"EXPOSURE_DURATION": Quantity(8.48, "ms"), "CAL_TARGET_CODE": "M"}
    frame(folder / "a.cub", instrument=viking | states | exposure)
    words = f"FROM={folder}/a.cub", f"TO={folder}/b.cub", "OTYPE=3", "SUN=211727039.58284"
    main(*words)
    group = radiometry(cube.read(str(folder / "b.cub")))
    assert_allclose(group.number("CalcExpoDuration", "ms"), 7.73, rtol=1e-12)
    assert_allclose(group.number("Omega_W1"), 119848.73964656, rtol=1e-12)
    assert_allclose(group.number("XMLT"), 0.0010794114853583, rtol=1e-12)


# ------------------------------------------------------------------- dark current, shading


def plane(path, core, type, bits=None, scale=None, **instrument):
    """Write a calibration file of one line."""
    words = ({"SampleBits": bits} if bits else {}) | instrument
    groups = {"Instrument": words} if words else {}
    core = np.asarray(core, np.float32).reshape(1, 1, -1)
    cube.write(path, cube.new(core, **groups), type=type)
    if scale:
        data = path.read_bytes().replace(b"Multiplier = 1.0", b"Multiplier = %.1f" % scale, 1)
        path.write_bytes(data)
    return f"DCFILE={path}"


DARK = (10, 20, 30, 40)
SUBTRACTED, ADDED = (-200, 600, 1400, 4200), (200, 1400, 2600, 5800)


@pytest.mark.parametrize(
    ("type", "bits", "words", "expected", "sign"),
    [
        ("UnsignedByte", None, "", SUBTRACTED, -1),
        ("SignedWord", 8, "", SUBTRACTED, -1),
        ("Real", 8, "", SUBTRACTED, -1),
        ("Real", None, "", ADDED, 1),
        ("SignedWord", None, "DCSIGN=SUBTRACT", SUBTRACTED, -1),
        ("SignedWord", None, "DCSIGN=ADD", ADDED, 1),
        ("SignedWord", 16, "DCSIGN=+1", ADDED, 1),
        ("UnsignedWord", None, "DCSIGN=-1", SUBTRACTED, -1),
        ("Real", None, "DCSIGN=SUBTRACT", SUBTRACTED, -1),
        # L(X) = X/2 + 64 (X/128)^2 of X = 30 and 70, the dark current before it
        ("SignedWord", 8, "LINEAR=YES", (-92, 370, 1083, 5545), -1),
    ],
)
def test_a_dark_frame_is_subtracted_and_a_correction_added(
    folder, type, bits, words, expected, sign
):
    found = run(folder, plane(folder / "dc.cub", DARK, type, bits), *words.split())
    assert stored(folder) == list(expected)
    group = radiometry(found)
    assert group["OffsetCorrectionSign"] == sign and group["OffsetCorrectionFile"] == "dc.cub"


def test_gain_does_not_multiply_the_dark_current_without_linearity_but_does_with(folder):
    dark = plane(folder / "dc.cub", DARK, "Real")
    run(folder, dark, "GAIN=2")  # 2 DN + DC
    assert stored(folder) == [200, 2400, 4600, 10800]
    run(folder, dark, "GAIN=2", "B=0", "K=1", "LINORM=128")  # 2 (DN + DC)
    assert stored(folder) == [400, 2800, 5200, 11600]


def test_base_and_multiplier_of_a_dark_frame_count_and_special_is_null(folder):
    dark = plane(folder / "dc.cub", [5, special.HIS, 15, 20], "SignedWord", 8, scale=2)
    found = run(folder, dark)
    assert [stored(folder)[n] for n in (0, 2, 3)] == [-200, 1400, 4200]
    assert special.kinds(found.core[0, 0]).tolist() == [0, 1, 0, 0]


def test_files_of_a_row_lie_beside_the_table(folder):
    data = folder / "data"
    data.mkdir()
    plane(data / "g.cub", [1, 2, special.NULL, 0.5], "Real")
    plane(data / "dc.cub", DARK, "Real")
    rows = TABLE.replace("1000 5 1  0   0 - -", "1000 5 1 0 0 data/g data/dc.cub", 1)
    (folder / "t.sav").write_text(rows)
    found = run(folder)
    assert special.kinds(found.core[0, 0]).tolist() == [0, 0, 1, 0]
    assert [stored(folder)[n] for n in (0, 1, 3)] == [200, 2800, 2900]
    group = radiometry(found)
    assert group["GainCorrectionFile"] == "g.cub"
    assert group["OffsetCorrectionFileSource"] == "t.sav:4"
    assert "g.cub  = " in found.history and "dc.cub = " in found.history
    run(folder, plane(folder / "own.cub", [0, 0, 0, 0], "Real"))  # typed goes before
    assert [stored(folder)[n] for n in (0, 1, 3)] == [0, 2000, 2500]
    run(folder, "DCFILE=NONE")
    assert [stored(folder)[n] for n in (0, 1, 3)] == [0, 2000, 2500]


def test_a_dark_frame_of_another_camera_or_scan_rate_is_told(folder, capsys):
    frame(folder / "dc.cub", DARK, instrument={"INSTRUMENT_ID": "WA", "CAMERA_STATE_1": 5})
    run(folder, f"DCFILE={folder / 'dc'}")
    told = capsys.readouterr().err
    assert "dc.cub: INSTRUMENT_ID = WA, that of the frame is NA" in told
    assert "dc.cub: CAMERA_STATE_1 = 5, that of the frame is 1" in told
    frame(folder / "dc.cub", DARK, instrument={"FILTER_NUMBER": 1, "EXPOSURE_DURATION": 0.1})
    run(folder, f"DCFILE={folder / 'dc'}")
    assert "dc.cub" not in capsys.readouterr().err


def test_high_gain_and_what_is_not_raw_is_told(folder, capsys):
    frame(folder / "a.cub", instrument={"GainModeId": "HIGH", "SampleBits": 16})
    run(folder)
    told = capsys.readouterr().err
    assert "high gain state, but GAIN = 1: give GAIN=0.25484 and LINEAR=NO" in told
    assert "SampleBits = 16: raw DN have 8" in told
    run(folder, "GAIN=0.25484")
    assert "high gain" not in capsys.readouterr().err
    assert stored(folder)[2] == 510


# ------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["NORM=100", "ORANGE=0,2"], "NORM and a range (ORANGE) exclude each other"),
        (["NORM=100", "TO=b.cub+16bit+0:2"], "NORM and a range (ORANGE) exclude each other"),
        (["ORANGE=2,1"], "expected two numbers, the second above the first"),
        (["ORANGE=1"], "expected two numbers, (min,max)"),
        (["OTYPE=2", "TO=b.cub+16bit"], "give the pixel type once"),
        (["ORANGE=0,2", "TO=b.cub+16bit+0:1"], "give the range once"),
        (["DEL_EXP=-500"], "EXP = 0.5 s, 0 s with DEL_EXP = -500 ms: expected more than 0"),
        (["SUN=0.003"], "expected a distance outside the Sun"),
        (["SUN=-5"], "expected at least 0"),
        (["EXP=-1"], "expected at least 0"),
        (["LINORM=-128"], "expected at least 0"),
        (["EXP=1km"], "expected a value in <s>"),
        (["SPCRAFT=JUNO"], "SPACECRAFT_NAME = JUNO: expected a frame of VOYAGER_1"),
        (["INST_ID=ISS"], "the cameras of VOYAGER_1 are NA, WA"),
        (["FILTER=8"], "FILTER = 8: the filters of NA are 0 CLEAR, 1 VIOLET"),
        (["FILTER=SODIUM"], "FILTER = SODIUM: the filters of NA are"),
        (["OTYPE=4"], "OTYPE = 4 is unknown"),
    ],
)
def test_refusals(folder, capsys, words, expected):
    assert expected in refused(capsys, 2, *words_of(folder, *words))
    assert not (folder / "b.cub").exists()


def test_a_map_a_calibrated_cube_and_another_camera_are_refused(folder, capsys):
    for name, words in (("Mapping", "a map"), ("Radiometry", "already calibrated")):
        frame(folder / "a.cub", **{name: {"A": 1}})
        assert words in refused(capsys, 2, *words_of(folder))
    frame(folder / "a.cub")
    run(folder)
    capsys.readouterr()
    again = words_of(folder, f"FROM={folder}/b.cub", f"TO={folder}/c.cub")
    assert "already calibrated" in refused(capsys, 2, *again)
    frame(folder / "a.cub", instrument={"SPACECRAFT_NAME": "JUNO"})
    assert "SPACECRAFT_NAME = JUNO: expected a frame of" in refused(capsys, 2, *words_of(folder))
    frame(folder / "a.cub", instrument={"NO_CAMERA_STATE": 4})
    assert "NO_CAMERA_STATE = 4, expected 3" in refused(capsys, 2, *words_of(folder))
    frame(folder / "a.cub", instrument={"EXPOSURE_DURATION": 0})
    assert "EXP = 0 s, 0 s with DEL_EXP = 0 ms: expected" in refused(capsys, 2, *words_of(folder))
    line = refused(capsys, 2, *words_of(folder, "DEL_EXP=5"))
    assert "EXP = 0 s, 0.005 s with DEL_EXP = 5 ms: expected more than 0, both" in line
    two = cube.new(np.zeros((2, 1, 4)), Instrument={"SPACECRAFT_NAME": "VOYAGER_1"})
    cube.write(folder / "a.cub", two)
    assert "2 bands, expected the one of a frame" in refused(capsys, 2, *words_of(folder))


def test_a_dark_current_file_that_cannot_be(folder, capsys):
    dark = plane(folder / "dc.cub", DARK, "SignedWord")
    line = refused(capsys, 2, *words_of(folder, dark))
    assert "SignedWord samples" in line and "give DCSIGN" in line
    dark = plane(folder / "dc.cub", [1, 2, 3], "Real")
    line = refused(capsys, 2, *words_of(folder, dark))
    assert "1 x 1 x 3 bands, lines, samples, expected 1 x 1 x 4" in line
    assert "no.cub: cannot be read" in refused(capsys, 4, *words_of(folder, "DCFILE=no"))


def test_blanks_are_not_given(folder):
    run(folder, *(f"{name}= " for name in ("DCFILE", "SPCRAFT", "INST_ID", "TAR_CODE", "FILTER")))
    run(folder, *(f"{name}= " for name in ("STATE1", "STATE2", "STATE3", "USERNOTE", "OTYPE")))
    assert stored(folder) == [0, 1000, 2000, 5000]


# ------------------------------------------------------------------- chains and real frames


def test_a_pipe_gives_the_bytes_of_a_file_and_the_names_need_no_extension(folder, shell):
    core = np.random.default_rng(1979).integers(0, 256, (1, 300, 301))
    label = cube.read(str(folder / "a.cub")).label
    cube.write(folder / "a.cub", cube.Cube(label, core.astype(np.float32)), type="SignedWord")
    shell("voycal SUN=5.2 < a.cub > b.cub; voycal FROM=a SUN=5.2 TO=c")
    assert (folder / "b.cub").read_bytes() == (folder / "c.cub").read_bytes()
    shell("voycal SUN=5.2 OTYPE=3 < a.cub | stats | grep -q 'ValidPixels .* = 90300'")


@pytest.fixture(scope="module")
def io(testdata, tmp_path_factory):
    """The folder of the raw frame of Io, FDS 16368.32, and its dark frame as cubes."""
    from perijove.voy2cub import main as voy2cub

    folder = tmp_path_factory.mktemp("io")
    for name, source in (("io.cub", "f1636832.raw"), ("dark.cub", "dc.cal")):
        voy2cub(f"FROM={testdata / 'voyager' / source}", f"TO={folder / name}")
    return folder


def patch(path):
    """The 10 x 10 samples that FICOR77's test log prints, from line, sample 500."""
    return cube.read(str(path)).core[0, 499:509, 499:509].astype(float)


def test_io_to_the_radiance_factors_of_ficor77(io, capsys):
    words = f"FROM={io / 'io.cub'}", f"DCFILE={io / 'dark.cub'}", "SUN=5.2", "DEL_EXP=0"
    linear = "W0=1347.0", "B=8.46", "K=3", "LINORM=128"
    main(*words, *linear, "SAT_FLAG=YES", f"TO={io / 'a.cub'}")
    assert_allclose(patch(io / "a.cub").mean(), 0.363, rtol=0.01)
    assert "saturated: 8299 samples marked" in capsys.readouterr().err
    marks = np.frombuffer((io / "a.cub").read_bytes(), "<i2", 640000, 65536) == 32767
    assert marks.sum() == 8299
    main(*words, "W0=1267.8", "LINEAR=NO", f"TO={io / 'b.cub'}")
    assert_allclose(patch(io / "b.cub").mean(), 0.3678, rtol=0.005)
    sky = cube.read(str(io / "b.cub")).core[0, :100, :100]
    assert abs(np.median(sky)) < 0.002  # the dark frame is gone


def test_io_by_the_tables_of_the_package(io):
    """W0 there is 1347.0 over 0.931, the scale that FICOR77 had from 1988 on.

    The log prints a mean of 0.37018 before that; log I/F rises with log DN by 1.25 +- 0.02 there.
    """
    words = f"FROM={io / 'io.cub'}", f"DCFILE={io / 'dark.cub'}", "SUN=5.2", "OTYPE=3"
    main(*words, f"TO={io / 'a.cub'}")
    iof, dn = patch(io / "a.cub"), patch(io / "io.cub") - patch(io / "dark.cub")
    assert 0.97 < iof.mean() / (0.37018 * 0.931) < 0.99  # 2 percent low for want of shading
    assert 1.20 < np.polyfit(np.log(dn).ravel(), np.log(iof).ravel(), 1)[0] < 1.29
