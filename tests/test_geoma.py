"""geoma, kit/objectspace: from the frame to object space."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.geoma import geoma, main
from perijove.kit import cube, ibis, marks, objectspace, reseaus, special, vicar
from perijove.kit.error import Error
from refusal import refusal
from vidiconfiles import spots

refused = refusal(main)

CAMERA = {"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "NA"}
ALL = np.arange(1000.0)


def everywhere(warp):
    """Line and sample of the frame, (2, 1000, 1000), 1.0 at the centre of the first."""
    return np.array(warp.pixel(ALL[:, None], ALL[None, :])) + 1


def distorted(at):
    """Places in a frame (…, 2) of those in object space: a smooth distortion of up to 20 px."""
    u = at / 500 - 1
    r2 = (u**2).sum(-1, keepdims=True)
    turned = np.stack([u[..., 1], -u[..., 0]], axis=-1)
    return 400 + u * (390 + 12 * r2) + 6 * turned + 3 * np.sin(2 * u)


def dots(place):
    """A frame 1 x 800 x 800 with bright round dots at places (n, 2)."""
    return 10 + 100 * spots(place, 8.0)[None]


def written(path, core, type="Real", **groups):
    cube.write(path, cube.new(core, Instrument=CAMERA, **groups), type=type)
    return path


def test_a_shift_by_hand():
    ties = np.array([[100.0, 100], [100, 900], [900, 100], [500, 500]])
    warp = objectspace.fit(ties, ties - 100, 0.1)
    y, x = warp.pixel(np.array([[99.0], [499.5]]), np.array([[299.0, 800.0, 11.0]]))
    assert_allclose(y, [[-1, -1, -1], [399.5, 399.5, 399.5]], atol=1e-9)
    assert_allclose(x, [[199, 700, -89]] * 2, atol=1e-9)


def test_polynomials_are_followed_to_the_edge():
    ties = reseaus.nominal("VOYAGER_1", "NA")[1]

    def cubic(at):
        u, v = np.moveaxis(at / 500 - 1, -1, 0)
        return np.stack([400 + 390 * u + 5 * u * v**2, 400 + 385 * v - 7 * u**3], axis=-1)

    found = everywhere(objectspace.fit(ties, cubic(ties), 0.25))
    truth = cubic(np.stack(np.meshgrid(ALL + 1, ALL + 1, indexing="ij"), axis=-1))
    assert np.abs(found - np.moveaxis(truth, -1, 0)).max() < 0.03  # of splines


def test_between_the_marks_a_smooth_distortion_is_followed():
    ties = reseaus.nominal("VOYAGER_1", "NA")[1]
    noise = np.random.default_rng(4).normal(0, 0.15, ties.shape)
    found = everywhere(objectspace.fit(ties, distorted(ties) + noise, 0.25))
    truth = distorted(np.stack(np.meshgrid(ALL + 1, ALL + 1, indexing="ij"), axis=-1))
    off = np.hypot(*(found - np.moveaxis(truth, -1, 0)))[25:975, 25:975]
    assert np.sqrt((off**2).mean()) < 0.15  # less than the noise of one mark, 0.21
    assert off.max() < 0.8


def test_a_bump_that_no_polynomial_has_is_followed():
    ties = reseaus.nominal("VOYAGER_1", "NA")[1]

    def bump(at):
        r2 = ((at - [480, 560]) ** 2).sum(-1)
        return np.exp(-r2 / (2 * 120.0**2))[..., None] * [1.5, -1.0]

    found = everywhere(objectspace.fit(ties, 0.8 * ties + bump(ties), 0.25))
    at = np.stack(np.meshgrid(ALL + 1, ALL + 1, indexing="ij"), axis=-1)
    off = np.hypot(*(found - np.moveaxis(0.8 * at + bump(at), -1, 0)))
    assert off[40:960, 40:960].max() < 0.25 and off[400:560, 480:640].mean() < 0.15


def test_the_error_of_a_tie_left_out_is_that_of_a_fit_without_it():
    rng = np.random.default_rng(7)
    ties = rng.uniform(30, 970, (60, 2))
    places = distorted(ties) + rng.normal(0, 0.3, ties.shape)
    at = np.array([float(round(v)) for v in ties[17]])  # lattice of whole pixels is enough
    ties[17] = at
    places[17] = distorted(at) + [0.4, -0.2]
    error = objectspace.fit(ties, places, 0.25).error[17]
    rest = np.arange(60) != 17
    without = everywhere(objectspace.fit(ties[rest], places[rest], 0.25))
    there = without[:, int(at[0]) - 1, int(at[1]) - 1]
    assert_allclose(error, places[17] - there, atol=0.02)
    assert np.hypot(*error) > 0.05


def test_a_mark_that_was_not_seen_has_less_say():
    nominal, ties = reseaus.nominal("VOYAGER_1", "NA")
    shape = (800, 800)
    places = nominal.place.copy()
    n = 102  # in the middle
    places[n] += [3.0, 0.0]
    at = tuple(np.rint(ties[n]).astype(int) - 1)
    shift = {}
    for seen in (True, False):
        valid = np.ones(202, bool)
        valid[n] = seen
        e = objectspace.errors(reseaus.Reseaus(places, valid, "Refined"), shape)
        before = everywhere(objectspace.fit(ties, nominal.place, e))[0][at]
        shift[seen] = everywhere(objectspace.fit(ties, places, e))[0][at] - before
    assert shift[True] > 1.0 > 0.5 > shift[False] > 0
    outside = ~nominal.inside(shape)
    e = objectspace.errors(nominal, shape)
    assert (e[outside] == 2.0).all() and (e[~outside] == 1.0).all() and outside.sum() > 10


@pytest.mark.parametrize(
    ("ties", "words"),
    [
        ([[1, 1], [2, 5]], "2 ties: expected 3 to 3000"),
        ([[1, 1], [2, 2], [5, 5], [9, 9]], "the 4 ties lie on one line"),
    ],
)
def test_ties_that_tell_nothing(ties, words):
    ties = np.array(ties, float)
    with pytest.raises(Error, match=words):
        objectspace.fit(ties, ties, 0.25)


def test_the_edge_of_the_frame_and_special_samples():
    ties = np.array([[100.0, 100], [100, 900], [900, 100], [900, 900]])
    warp = objectspace.fit(ties, ties - 100, 0.1)
    core = np.full((2, 800, 800), 5.0, np.float32)
    core[0, 300:320, 300:320], core[1, 0, 0] = special.HIS, special.LRS
    out = geoma(core, warp, "BILINEAR")
    assert out.shape == (2, 1000, 1000)
    assert (special.kinds(out)[0] == 4).sum() == 400
    assert np.isnan(out[0, 400:420, 400:420]).all() and special.kinds(out)[1, 100, 100] == 2
    seen = special.kinds(out) != 1
    assert seen[:, 100:900, 100:900].all() and seen.sum() == 2 * 800 * 800


def test_dots_come_to_where_the_table_of_object_space_says(tmp_path, capsys):
    nominal, objects = reseaus.nominal("VOYAGER_1", "NA")
    core = dots(nominal.place)
    core[0, 0, 0] = special.HRS
    written(tmp_path / "a.cub", core, Radiometry={"Units": "I/F"})
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", "FIND=NO", "INTERP=CUBIC")
    out = cube.read(f"{tmp_path}/b.cub")
    off, (y, x) = [], np.mgrid[1:1001, 1:1001]
    for (line, sample), at in zip(nominal.place, objects, strict=True):
        if min(line, sample) > 60 and max(line, sample) < 740:
            l0, s0 = np.rint(at).astype(int)
            near = np.s_[l0 - 9 : l0 + 8, s0 - 9 : s0 + 8]
            w = out.core[0][near] - 10
            off.append(
                [(w * y[near]).sum() / w.sum() - at[0], (w * x[near]).sum() / w.sum() - at[1]]
            )
    off = np.hypot(*np.transpose(off))
    assert len(off) > 75 and np.sqrt((off**2).mean()) < 0.2 and off.max() < 0.8
    group = out.group("Geoma")
    assert [group[k] for k in ("Space", "Source", "Ties", "Seen")] == ["Object", "Nominal", 202, 0]
    assert (group["ImageLines"], group["ImageSamples"]) == (800, 800)
    assert out.group("Radiometry")["Units"] == "I/F" and not out.isis.nodes("Reseaus")
    assert "reseau_vg1na.sav" in out.history
    assert "202 ties (Nominal), 0 of them measured" in capsys.readouterr().err
    line = refused(capsys, 2, f"FROM={tmp_path}/b.cub", f"TO={tmp_path}/c.cub")
    assert "Group Geoma: this is no frame as the camera drew it" in line


def test_places_of_the_label_and_of_the_frame(tmp_path):
    nominal, objects = reseaus.nominal("VOYAGER_1", "NA")
    moved = reseaus.Reseaus(nominal.place + [5.0, 0.0], np.ones(202, bool), "Refined")
    plain = cube.new(dots(moved.place), Instrument=CAMERA)
    told = plain.replace()
    told.isis.append(moved.group((800, 800)))
    cube.write(tmp_path / "told.cub", told)
    holes = cube.new(np.rint(120 - dots(moved.place)), Instrument=CAMERA)  # dark dots: marks
    cube.write(tmp_path / "holes.cub", holes)
    main(f"FROM={tmp_path}/told.cub", f"TO={tmp_path}/a.cub")
    main(f"FROM={tmp_path}/holes.cub", f"TO={tmp_path}/b.cub")
    told, found = (cube.read(f"{tmp_path}/{name}.cub") for name in "ab")
    assert told.group("Geoma")["Source"] == found.group("Geoma")["Source"] == "Refined"
    assert told.group("Geoma")["Seen"] > 180 and found.group("Geoma")["Seen"] > 140
    assert found.group("Geoma").number("LeftOutError") < 0.3
    at = tuple(np.rint(objects[102]).astype(int) - 1)
    assert told.core[0][at] > 100 and found.core[0][at] < 20


def test_ties_of_a_text(tmp_path, capsys):
    core = np.full((1, 800, 800), 3.0, np.float32)
    core[0, 299, 399] = 90
    written(tmp_path / "a.cub", core, "SignedWord")
    (tmp_path / "t.txt").write_text("# out, in\n150 110 50 10\n950 110 850 10\n150 910 50 810\n")
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub"
    main(*words, f"GEOM={tmp_path}/t.txt", "INTERP=NEAREST")
    out = cube.read(f"{tmp_path}/b.cub")
    assert np.argwhere(out.core[0] == 90).tolist() == [[399, 499]]  # line 400, sample 500
    assert out.group("Geoma")["Source"] == "t.txt" and "t.txt" in out.history
    assert "3 ties (t.txt), 3 of them measured; 64.0 % seen" in capsys.readouterr().err
    assert "LeftOutError" not in out.group("Geoma")  # three ties tell a plane, and nothing of it
    for text, line in {
        "1 2 3\n" * 4: "rows of 3 numbers, expected 4: line and sample of object space",
        "1 1 1 1\n9 9 9 9\n1 9 2000 9\n": "1, 9, 2000, 9 lies far outside: expected",
        "-2000 1 1 1\n9 9 9 9\n1 9 2 9\n": "-2000, 1, 1, 1 lies far outside: expected",
        "1050 1 1 1\n1050 9 1 9\n1060 9 11 9\n": "by its ties the frame lies outside of object",
    }.items():
        (tmp_path / "t.txt").write_text(text)
        assert line in refused(capsys, 2, *words, f"GEOM={tmp_path}/t.txt")


def test_refusals(tmp_path, capsys):
    small = np.ones((1, 100, 100), np.float32)
    ten = {"Line": list(range(1, 11)), "Sample": list(range(1, 11)), "Status": "Given"}
    cases = {
        "whole frames of 800 x 800": (small, {}),
        "Group Mapping: this is no frame": (small, dict(Mapping={"A": 1})),
        "10 reseau marks are known, expected 202: give GEOM": (dots([]), dict(Reseaus=ten)),
    }
    for words, (core, groups) in cases.items():
        written(tmp_path / "a.cub", core, **groups)
        assert words in refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    viking = {"SPACECRAFT_NAME": "VIKING_ORBITER_1", "INSTRUMENT_ID": "VISA"}
    known = {"Line": [5.0, 9.0], "Sample": [5.0, 9.0], "Status": "Refined"}
    core = np.ones((1, 1056, 1204), np.float32)
    cube.write(tmp_path / "a.cub", cube.new(core, Instrument=viking, Reseaus=known))
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert "VIKING_ORBITER_1 VISA: the nominal places" in line
    assert [f.name for f in tmp_path.iterdir()] == ["a.cub"]


def test_a_frame_with_geometry_is_refused(tmp_path, capsys):
    head = cube.Node("Object", "Table", [("Name", "Geometry")])
    table = cube.Blob("Table", "Geometry", head, b"12345678")
    cube.write(tmp_path / "a.cub", cube.new(dots([]), Instrument=CAMERA).with_blob(table))
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert "its geometry is the frame's: spiceinit comes after geoma" in line


def test_a_pipe_gives_the_bytes_of_a_file_whatever_the_jobs(tmp_path, shell):
    written(tmp_path / "a.cub", dots(reseaus.nominal("VOYAGER_1", "NA")[0].place), "SignedWord")
    shell("geoma < a.cub > b.cub; geoma FROM=a.cub TO=c.cub -jobs=1")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()


def test_the_grid_of_vicar_and_its_own_marks_agree(testdata):
    ties = np.unique(ibis.read(testdata / "voyager/vgr1.cam7.vic"), axis=0)
    nominal, objects = reseaus.nominal("VOYAGER_1", "NA")
    grid = everywhere(objectspace.fit(ties[:, :2], ties[:, 2:], 0.25))
    own = everywhere(objectspace.fit(objects, nominal.place, 0.25))
    assert np.sqrt(((grid - own) ** 2).mean()) < 0.1 and np.abs(grid - own).max() < 0.5


def test_saturn_becomes_the_ellipse_that_the_kernels_predict(tmp_path, testdata):
    raw = vicar.read(testdata / "voyager/c3440346.img").core.astype(np.float32)
    written(tmp_path / "a.cub", raw, "SignedWord")
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    plane = np.nan_to_num(cube.read(f"{tmp_path}/b.cub").core[0])
    assert np.nanmax(plane) > 100
    # steepest fall along rays from the disc's middle, on the sunlit side (upper left)
    angles, r = np.radians(np.arange(150, 330)), np.arange(250, 350, 0.25)
    y = 395 + np.sin(angles)[:, None] * r
    x = 616 + np.cos(angles)[:, None] * r
    dn = cv2.remap(plane, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    fall = dn[:, :-12] - dn[:, 12:]
    at = fall.argmax(1) + 6
    n = np.arange(len(angles))
    keep = (fall.max(1) > 40) & ~((angles > np.radians(222)) & (angles < np.radians(246)))
    points = np.column_stack([x[n, at], y[n, at]])[keep].astype(np.float32)
    rest = np.inf
    while True:  # an ellipse of any shape, without the rays that end in the ring
        (cx, cy), axes, angle = cv2.fitEllipseDirect(points)
        t = np.radians(angle)
        u = (points - [cx, cy]) @ [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]
        rest = np.hypot(*u.T) * (1 - 1 / np.hypot(*(2 * u / axes).T))
        near = np.abs(rest) < max(3 * np.median(np.abs(rest)), 0.6)
        if near.all():
            break
        points = points[near]
    assert len(points) > 90 and np.sqrt((rest**2).mean()) < 0.4
    assert_allclose(sorted(axes), [2 * 286.0, 2 * 316.3], rtol=0.015)


def test_a_frame_and_the_places_vicar_found_in_it(testdata):
    frame = vicar.read(testdata / "voyager/C2069302_RAW.IMG").core[0].astype(np.float32)
    nominal, objects = reseaus.nominal("VOYAGER_2", "WA")
    start = nominal.place + [2.0, -3.0]
    place, seen = marks.found(frame, start)
    ours = everywhere(objectspace.fit(objects, place, np.where(seen, 0.25, 1.0)))
    vicars = everywhere(objectspace.fit(objects, nominal.place, 0.25))
    off = np.hypot(*(ours - vicars))[100:900, 280:720]  # where the frame was sent
    assert np.sqrt((off**2).mean()) < 0.3 and off.max() < 1
