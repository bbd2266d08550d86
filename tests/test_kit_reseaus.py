"""kit/reseaus, kit/marks: where reseau marks nominally are, and where they are in a frame."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import calfile, cube, ibis, label, marks, reseaus, special, vicar
from perijove.kit.error import Error
from vidiconfiles import spots

CAMERAS = [("VOYAGER_1", "NA"), ("VOYAGER_1", "WA"), ("VOYAGER_2", "NA"), ("VOYAGER_2", "WA")]
SHAPE = (800, 800)


def painted(place):
    """A frame (800, 800) with noise, and dark spots 3 px wide at places (n, 2)."""
    noise = np.random.default_rng(1).normal(0, 1, SHAPE)
    return np.rint(60 * (1 - 0.8 * spots(place, 3.5)) + noise).astype(np.float32)


def bent(place):
    """Places (n, 2) moved as a beam moves them, by 2 to 6 px."""
    u = place / 400 - 1
    return place + np.array([3.3, -2.2]) + u * [1.5, 0.7] + (u**2).sum(1)[:, None] * [0.8, -0.6]


@pytest.mark.parametrize(
    ("craft", "inst", "mark", "at"),
    [  # figures of VICAR's test log tstvgros.log, cameras 4, 5 and 6; of vgr1.cam7.vic
        ("VOYAGER_2", "WA", 48, (177.6, 85.5)),
        ("VOYAGER_2", "NA", 190, (975.0, 25.2)),
        ("VOYAGER_1", "WA", 107, (545.8, 25.3)),
        ("VOYAGER_1", "NA", 1, (25.28, 25.24)),
        ("VOYAGER_1", "NA", 202, (177.7, 730.2)),
    ],
)
def test_object_space_is_the_published_one(craft, inst, mark, at):
    _, objects = reseaus.nominal(craft, inst)
    assert_allclose(objects[mark - 1], at, atol=0.05)


@pytest.mark.parametrize(("craft", "inst"), CAMERAS)
def test_mark_n_of_the_image_is_mark_n_of_object_space(craft, inst):
    name = f"voyager/reseau_vg{craft[-1]}{inst.lower()}.sav"
    assert calfile.read(name)["NUMBER"] == list(range(1, 203))
    nominal, objects = reseaus.nominal(craft, inst)
    u, v = (objects / 500 - 1).T
    terms = np.stack([u**i * v**j for i in range(4) for j in range(4 - i)], axis=1)
    rest = nominal.place - terms @ np.linalg.lstsq(terms, nominal.place, rcond=None)[0]
    assert np.hypot(*rest.T).max() < 7  # of neighbours 14 px apart and more
    assert nominal.status == "Nominal" and not nominal.valid.any()
    assert 170 < nominal.inside(SHAPE).sum() < 200


def test_marks_are_found_to_a_fraction_of_a_pixel():
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    truth = bent(nominal.place)
    found = reseaus.refined(painted(truth), nominal)
    assert found.status == "Refined" and found.valid.sum() > 160
    off = np.hypot(*(found.place - truth)[found.valid].T)
    assert np.sqrt((off**2).mean()) < 0.1 and off.max() < 0.5
    assert np.hypot(*(nominal.place - truth).T).min() > 2  # where it started


def test_marks_that_cannot_be_seen_go_with_the_others():
    nominal, _ = reseaus.nominal("VOYAGER_2", "NA")
    truth = bent(nominal.place)
    frame = painted(truth)
    frame[:, 250:330], frame[500:560] = 0, special.NULL
    found = reseaus.refined(frame, nominal)
    hidden = (truth > [503, 0]).all(1) & (truth < [558, 800]).all(1)
    hidden |= (truth[:, 1] > 253) & (truth[:, 1] < 328)
    assert hidden.sum() > 15 and not found.valid[hidden].any()
    off = np.hypot(*(found.place - truth)[hidden].T)
    assert off.max() < 1.5 < np.hypot(*(nominal.place - truth)[hidden].T).min()


def test_dark_spots_of_the_scene_are_no_marks():
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    truth = bent(nominal.place)
    craters = truth[::4] + [-6.0, 5.0]
    hidden = truth.copy()
    hidden[::4] = craters  # a spot 8 px beside where the mark would be, and no mark
    found = reseaus.refined(painted(hidden), nominal)
    assert not found.valid[::4].any() and found.valid[1::4].sum() > 35
    assert np.hypot(*(found.place - truth)[::4].T).max() < 1.5


def test_a_frame_without_marks_leaves_the_nominal_places():
    nominal, _ = reseaus.nominal("VOYAGER_1", "WA")
    for frame in (painted([]), np.zeros(SHAPE, np.float32), np.full(SHAPE, special.NULL)):
        assert reseaus.refined(frame, nominal) is nominal
    assert not marks.found(painted([]), nominal.place)[1].any()


@pytest.mark.parametrize("out", [{"Removed": "BILINEAR"}, {"Status": "Removed"}])
def test_marks_that_are_taken_out_are_not_looked_for(out):
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    camera = {"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "NA"}
    image = cube.new(painted(bent(nominal.place))[None], Instrument=camera)
    image.isis.append(nominal.group(SHAPE))
    assert reseaus.of_cube(image, None).status == "Refined"
    image.group("Reseaus").update(**out)
    known = reseaus.of_cube(image, None)
    assert not known.valid.any() and known.status == out.get("Status", "Nominal")
    assert_allclose(known.place, nominal.place, atol=0.006)


def test_the_unit_of_the_samples_does_not_matter():
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    frame = painted(bent(nominal.place))
    dn, other = (reseaus.refined(f, nominal) for f in (frame, frame * np.float32(1e-4) - 0.01))
    assert np.array_equal(dn.valid, other.valid)
    assert_allclose(dn.place, other.place, atol=1e-3)


def test_a_label_keeps_marks_as_isis_does(testdata):
    text = (testdata / "labels/voy2isis_output.pvl").read_text()
    known = reseaus.of_label(label.loads(text).object("IsisCube"))
    assert known.status == "Nominal" and not known.valid.any()
    assert known.place[0].tolist() == [12.6, 0.4] and known.place[201].tolist() == [120.0, 591.0]
    nominal, _ = reseaus.nominal("VOYAGER_2", "NA")
    assert_allclose(known.place, nominal.place)
    given = reseaus.Reseaus(known.place, np.arange(202) < 5, "Refined")
    image = cube.new(np.zeros((1, 2, 2)))
    image.isis.append(given.group(SHAPE))
    assert image.group("Reseaus")["Type"][:5] == [0, 5, 5, 0, 0]  # 0.4 and -1.2 are outside
    again = reseaus.of_label(image.isis)
    assert again.status == "Refined" and again.valid.sum() == 5
    assert np.array_equal(again.place, known.place)
    assert reseaus.of_label(cube.new(np.zeros((1, 2, 2))).isis) is None


def test_a_label_whose_marks_do_not_fit_together_is_refused():
    image = cube.new(np.zeros((1, 2, 2)), Reseaus={"Line": [1.0, 2.0], "Sample": [3.0]})
    with pytest.raises(Error, match="Group Reseaus has 2 lines, 1 samples"):
        reseaus.of_label(image.isis)


@pytest.mark.parametrize("places", [([], []), ([900.0], [5.0])])
def test_a_label_without_a_mark_in_the_frame_is_refused(places):
    camera = {"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "NA"}
    marks_of = dict(zip(("Line", "Sample"), places, strict=True))
    image = cube.new(np.zeros((1, 800, 800)), Instrument=camera, Reseaus=marks_of)
    with pytest.raises(Error, match="no mark lies in the frame of 800 lines, 800 samples"):
        reseaus.of_cube(image, None)


def test_places_of_a_file(tmp_path, testdata):
    (tmp_path / "a.txt").write_text("10 20\n30.5 40\n")
    found = reseaus.given(tmp_path / "a.txt", SHAPE)
    assert found.place.tolist() == [[10, 20], [30.5, 40]] and found.status == "Given"
    resloc = reseaus.given(testdata / "voyager/C2069302_RESLOC.DAT", SHAPE)
    assert_allclose(resloc.place[0], [24.08, 11.10], atol=0.005)
    assert len(reseaus.given(testdata / "voyager/vgr1na.res", SHAPE).place) == 202
    (tmp_path / "b.txt").write_text("1 2 3\n")
    with pytest.raises(Error, match="rows of 3 numbers: expected line and sample"):
        reseaus.given(tmp_path / "b.txt", SHAPE)
    (tmp_path / "c.txt").write_text("900 20\n")
    with pytest.raises(Error, match="no mark lies in the frame of 800 lines, 800 samples"):
        reseaus.given(tmp_path / "c.txt", SHAPE)


def test_viking_has_no_nominal_marks():
    with pytest.raises(Error, match="VIKING_ORBITER_1 VISA: the nominal places .* are not known"):
        reseaus.nominal("VIKING_ORBITER_1", "VISA")


def test_a_real_frame_against_the_places_that_vicar_found_in_it(testdata):
    frame = vicar.read(testdata / "voyager/C2069302_RAW.IMG").core[0].astype(np.float32)
    truth = ibis.read(testdata / "voyager/C2069302_RESLOC.DAT")[0, 5:].reshape(202, 2)
    start = reseaus.Reseaus(truth + [3.0, -4.0], np.zeros(202, bool), "Nominal")
    found = reseaus.refined(frame, start)
    off = np.hypot(*(found.place - truth)[found.valid].T)
    assert found.valid.sum() == 67  # those of the 440 columns that were sent
    assert np.median(off) < 0.2 and 0 < np.sqrt((off**2).mean()) < 0.3


@pytest.mark.parametrize(
    ("name", "seen"), [("f1636832.raw", 150), ("c3440346.img", 140), ("V1NA_0947106_RAW.vic", 140)]
)
def test_real_frames_of_planets_and_sky(testdata, name, seen):
    frame = vicar.read(testdata / "voyager" / name).core[0].astype(np.float32)
    found = reseaus.refined(frame, reseaus.nominal("VOYAGER_1", "NA")[0])
    assert found.valid.sum() >= seen
    inside = found.place[found.valid]
    assert ((inside > 0.5) & (inside < 800.5)).all()
