"""A fit as a table of rows, and what neighbours tell of an image."""

import pathlib
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, passage
from perijove.kit import calfile, fittable, solution
from perijove.kit.error import Error
from perijove.kit.fitimage import Image

MOUNT = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
X, Y, Z = np.eye(3)
TIME, PHASE, RATE = (("TIME", None), ("PHASE", None), ("RATE", None))


def image(name, late, spin=False):
    g = passage(90000.0, frames=3, camera=JUNOCAM.select([0, 2]))
    g = replace(g, et=g.et + late)
    if spin:
        g = replace(g, attitude="SPIN", mount=MOUNT, earth=X, sunward=Y)
    return Image(name, lambda: None, g)


def known(name, late, spin=False, **values):
    """A Solution by the limb, with sigmas of a hundredth of the values."""
    bare = solution.empty(image(name, late, spin), 0.05)
    values = {(k, None): v for k, v in values.items()} | {("HEIGHT", "BLUE"): 12.5}
    sigmas = {k: v / 100 for k, v in values.items()}
    merged = dict(values={**bare.values, **values}, sigmas={**bare.sigmas, **sigmas})
    return replace(bare, **merged, method="Limb", rms=0.1, points=900)


def table(tmp_path, *solutions):
    path = tmp_path / "fit.sav"
    path.write_bytes(fittable.text(solutions, Solved=["TIME"]))
    return str(path)


def test_a_table_gives_back_what_was_written(tmp_path):
    first = known("A", 0.0, TIME=13.123456789)
    second = replace(
        known("B", 60.0, True, EAST=0.25, NORTH=-0.125, RATE=1.986, PHASE=245.5),
        ties=7, tie_rms=0.125, readout=(420.5, 3.0),
    )  # fmt: skip
    third = solution.empty(image("C with blanks", 90.0))
    path = table(tmp_path, first, second, third)
    back = fittable.read(path)
    assert list(back) == ["A", "B", "C with blanks"]
    for a, b in zip((first, second, third), back.values(), strict=True):
        assert (a.method, a.rms, a.points, a.ties, a.tie_rms, a.readout) == (
            b.method, b.rms, b.points, b.ties, b.tie_rms, b.readout
        )  # fmt: skip
        assert_allclose(b.mid, a.mid, atol=1e-6)
        assert set(b.values) == set(a.values)
        for place, value in a.values.items():
            assert_allclose(b.values[place], value, rtol=1e-8)
    rows = calfile.read(path).rows  # as any calibration table
    assert rows[0]["TimeOffset"] == 13.1234568 and rows[0]["SpinRate"] is None
    assert rows[1]["AxisOffsetNorth"] == -0.125 and rows[1]["MethaneLine"] == 420.5
    assert rows[2]["Method"] == "None" and rows[2]["LimbHeight_BLUE"] is None


def test_halfway_between_two_images_the_phase_is_halfway_in_turns():
    """8 turns and 10 degrees in 242 s; the middle is 4 turns and 5 degrees on."""
    rate = (8 * 360 + 10) / 6 / 242.0
    near = [
        known("A", 0.0, True, EAST=0.0, NORTH=0.0, RATE=rate + 0.001, PHASE=350.0),
        known("B", 242.0, True, EAST=0.2, NORTH=-0.4, RATE=rate + 0.003, PHASE=0.0),
    ]
    found = solution.neighbour(image("C", 121.0, True), near)
    assert_allclose(found.values[PHASE], 355.0, atol=1e-6)
    assert_allclose(found.values[RATE], rate + 0.002)
    assert_allclose([found.values[k, None] for k in ("EAST", "NORTH")], [0.1, -0.2])
    assert found.method == "Neighbour" and found.points == 0 and PHASE not in found.sigmas


def test_beyond_the_last_image_the_spin_goes_on():
    near = [known("A", 0.0, True, EAST=0.0, NORTH=0.0, RATE=2.0, PHASE=350.0)]
    found = solution.neighbour(image("C", 31.0, True), near)  # 30 s are one turn
    assert_allclose(found.values[PHASE], 2.0, atol=1e-6)


def test_who_is_no_neighbour():
    a = known("A", 0.0, TIME=10.0)
    lone = image("C", 60.0)
    assert solution.neighbour(lone, [a]).values[TIME] == 10.0
    for other in (
        replace(a, target="Io"),
        replace(a, attitude="SPIN"),
        replace(a, method="Neighbour"),
        replace(a, mid=a.mid - 13 * 3600),
        replace(a, name="C"),  # itself
        solution.empty(image("A", 0.0)),
    ):
        assert solution.neighbour(lone, [other]) is None


def test_a_row_is_found_or_the_rows_there_are_are_named(tmp_path):
    rows = {s.name: s for s in (known("A", 0.0, TIME=10.0), known("B", 60.0, TIME=20.0))}
    made = fittable.of(image("B", 60.0), "fit.sav", rows, "NULL")
    assert made.method == "Table" and made.points == 0 and made.rms is None
    assert made.values[TIME] == 20.0 and made.sigmas[TIME] == 0.2
    with pytest.raises(Error, match="fit.sav: no row for C; there are A, B"):
        fittable.of(image("C", 30.0), "fit.sav", rows, "NULL")
    between = fittable.of(image("C", 30.0), "fit.sav", rows, "NEIGHBOUR")
    assert_allclose(between.values[TIME], 15.0, atol=1e-6)
    with pytest.raises(Error, match="B: Attitude = CK, that of the cube is SPIN"):
        fittable.of(image("B", 60.0, True), "fit.sav", rows, "NULL")
    rows["A"] = replace(rows["A"], target="Io")
    with pytest.raises(Error, match="A: Target = Io, that of the cube is Jupiter"):
        fittable.of(image("A", 0.0), "fit.sav", rows, "NULL")
    with pytest.raises(Error, match="no row of the pass"):
        fittable.of(image("C", 1e6), "fit.sav", rows, "NEIGHBOUR")


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("13.5 ", "late ", "TimeOffset = late: expected a number or -"),
        ("13.5 ", "nan  ", "TimeOffset = nan: expected a number or -"),
        ("13.5 ", "1e99 ", "TimeOffset = 1e.99: expected a number or -"),
        ("TimeOffset,", "Start,", "no column TimeOffset"),
        ("Jupiter ", "-       ", "Target = -: expected a value"),
    ],
)
def test_damaged_tables(tmp_path, old, new, message):
    path = table(tmp_path, known("A", 0.0, TIME=13.5))
    text = pathlib.Path(path).read_text()
    assert old in text
    pathlib.Path(path).write_text(text.replace(old, new))
    with pytest.raises(Error, match=message):
        fittable.read(path)
    pathlib.Path(path).write_text(text + text.splitlines()[-1] + "\n")
    with pytest.raises(Error, match="A has two rows"):
        fittable.read(path)


def test_words_for_people():
    assert solution.words(known("A", 0.0, TIME=13.5), (3, 4)) == (
        "start +13.50 +- 0.14 ms; limb 0.100 pixels rms of 900 points, 3 rejected, 4 without a "
        "clean edge"
    )
    line = solution.words(replace(known("A", 0.0, TIME=13.5), readout=(420.0, None), rms=None))
    assert "METHANE read out at line 420.0; Method" in line  # a table may lack the sigma
    assert "Method = None" in solution.words(solution.empty(image("A", 0.0)))
