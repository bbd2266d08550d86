"""remrx: reseau marks taken out of a frame."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import cube, ibis, label, reseaus, special, vicar
from perijove.remrx import main, remrx
from refusal import refusal
from vidiconfiles import spots

refused = refusal(main)

CAMERA = {"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "NA", "SampleBits": 8}
Y, X = np.mgrid[1:801, 1:801].astype(np.float32)


def frame(place):
    """A raw frame, 1 x 800 x 800, that slopes gently, with dark spots at places (n, 2)."""
    dn = (80 + 0.05 * Y - 0.03 * X) * (1 - 0.8 * spots(place, 3.5))
    return np.rint(dn)[None]


def written(path, core, type="SignedWord", **groups):
    cube.write(path, cube.new(core, Instrument=CAMERA, **groups), type=type)
    return path


def dips(plane, place):
    """DN of marks below what is around them, where that is 8 DN and more."""
    out = []
    for line, sample in place:
        if 12 < line < 788 and 12 < sample < 788:
            near = np.s_[int(line) - 12 : int(line) + 12, int(sample) - 12 : int(sample) + 12]
            r, v = np.hypot(Y[near] - line, X[near] - sample), plane[near]
            around = np.median(v[(r > 6) & (r < 11)])
            if around > 8:
                out.append(v[r < 1.6].mean() - around)
    return np.array(out)


def test_a_constant_is_drawn_as_it_is_and_nothing_else_is_touched():
    dn = np.full((40, 50), 7.0, np.float32)
    dn[18:23, 28:33] = 1.0
    out, done = remrx(dn, np.array([[21.0, 31.0]]), 5.0)
    assert done.tolist() == [1] and (out == 7).all()
    dn[25, 31] = 3  # 5 samples away: of the ring, not of the mark
    assert remrx(dn, np.array([[21.0, 31.0]]), 5.0)[0][25, 31] == 3


def test_a_plane_is_drawn_as_the_plane():
    dn = 10 + 2.0 * Y[:40, :40] - 3.0 * X[:40, :40]
    hole = dn.copy()
    hole[15:26, 15:26] -= 9 * (np.hypot(*np.mgrid[-5:6, -5:6]) < 5)
    out, _ = remrx(hole, np.array([[21.0, 21.0]]), 5.0)
    assert_allclose(out, dn, atol=1.2)  # a ring of samples is no perfect circle
    assert abs(out[20, 20] - dn[20, 20]) < 1e-4


def test_an_edge_goes_on_through_a_mark():
    dn = np.where(X[:41, :41] > 21, 100.0, 0.0).astype(np.float32)
    dn[:, 20] = 50
    out, _ = remrx(dn, np.array([[21.0, 21.0]]), 5.0)
    assert_allclose(out[20, 20], 50, atol=1e-4)  # half of what is around, by symmetry
    assert out[20, 16] < 10 and out[20, 24] > 90  # not blurred into one grey
    assert_allclose(out + out[:, ::-1], 100, atol=1e-4)


def test_special_samples_stay_and_have_no_say():
    dn = np.full((40, 40), 7.0, np.float32)
    dn[20, 20:30], dn[5, 5] = special.HIS, special.LRS
    out, done = remrx(dn, np.array([[21.0, 21.0]]), 5.0)
    assert np.array_equal(special.kinds(out), special.kinds(dn))
    assert (out[~np.isnan(dn)] == 7).all() and done.tolist() == [1]


def test_a_mark_with_nothing_around_it_becomes_null():
    dn = np.full((40, 40), special.NULL, np.float32)
    dn[15:26, 15:26] = 1
    dn[20, 27] = 5
    out, done = remrx(dn, np.array([[21.0, 21.0], [5.0, 5.0], [-90.0, 3.0]]), 8.0)
    assert done.tolist() == [-1, -1, 0]
    kinds = special.kinds(out)
    assert kinds[20, 20] == kinds[20, 27] == 1


def test_a_mark_at_the_edge_and_one_outside():
    dn = np.full((40, 40), 7.0, np.float32)
    dn[:3, :3] = 0
    out, done = remrx(dn, np.array([[1.0, 1.0], [-20.0, 5.0], [5.0, 60.0]]), 5.0)
    assert done.tolist() == [1, 0, 0] and (out == 7).all()


def test_null_leaves_a_hole_of_the_radius():
    dn = np.full((40, 40), 7.0, np.float32)
    for radius, count in ((2.0, 9), (5.0, 69)):  # whole samples nearer than that, by hand for 2
        out, _ = remrx(dn, np.array([[21.0, 21.0]]), radius, "NULL")
        assert np.isnan(out).sum() == count == (special.kinds(out) == 1).sum()


def test_a_raw_frame_stays_signed_words_and_its_label_tells_the_places(tmp_path, capsys):
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    truth = nominal.place + [3.0, -2.0]
    raw = written(tmp_path / "a.cub", frame(truth))
    main(f"FROM={raw}", f"TO={tmp_path}/b.cub")
    assert "202 marks (Refined)" in capsys.readouterr().err
    out = cube.read(f"{tmp_path}/b.cub")
    assert b"Type       = SignedWord" in (tmp_path / "b.cub").read_bytes()[:1000]
    assert np.median(dips(frame(truth)[0], truth)) < -40
    assert np.abs(out.core[0] - frame([])[0])[4:-4, 4:-4].max() <= 1
    found = reseaus.of_label(out.isis)
    assert found.valid.sum() > 150 and found.status == "Refined"
    assert np.hypot(*(found.place - truth)[found.valid].T).max() < 0.5
    assert out.group("Reseaus")["Removed"] == "BILINEAR"
    assert out.group("Instrument")["SampleBits"] == 8
    assert "reseau_vg1na.sav" in out.history
    line = refused(capsys, 2, f"FROM={tmp_path}/b.cub", f"TO={tmp_path}/c.cub")
    assert "its reseau marks are out already" in line


def test_a_calibrated_frame_stays_real(tmp_path):
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    core = frame(nominal.place + 2.0) * np.float32(1e-3)
    core[0, 300:310, 300:310] = special.HIS
    raw = written(tmp_path / "a.cub", core, "Real", Radiometry={"Units": "I/F"})
    main(f"FROM={raw}", f"TO={tmp_path}/b.cub")
    out = cube.read(f"{tmp_path}/b.cub")
    assert b"Type       = Real" in (tmp_path / "b.cub").read_bytes()[:1000]
    assert (special.kinds(out.core) == 4).sum() == 100
    assert out.group("Radiometry")["Units"] == "I/F"
    assert reseaus.of_label(out.isis).valid.sum() > 150


def test_places_from_a_file_radius_and_action(tmp_path, capsys):
    raw = written(tmp_path / "a.cub", frame([(100.0, 200.0)]))
    (tmp_path / "m.txt").write_text("100 200\n400 400 # nothing is there\n")
    words = f"FROM={raw}", f"TO={tmp_path}/b.cub", f"RESEAUS={tmp_path}/m.txt"
    main(*words, "ACTION=NULL", "RADIUS=2")
    out = cube.read(f"{tmp_path}/b.cub")
    assert special.kinds(out.core)[0, 98:101, 198:201].tolist() == [[1] * 3] * 3
    assert np.isnan(out.core).sum() == 18
    assert out.group("Reseaus")["Status"] == "Given" and "m.txt" in out.history
    main(*words)
    assert np.isnan(cube.read(f"{tmp_path}/b.cub").core).sum() == 0
    assert "2 marks (Given), 2 in the frame, 2 of them measured; 2 taken out" in (
        capsys.readouterr().err
    )


def test_find(tmp_path):
    nominal, _ = reseaus.nominal("VOYAGER_1", "NA")
    raw = written(tmp_path / "a.cub", frame(nominal.place + [4.0, 4.0]))
    text = "\n".join(f"{a} {b}" for a, b in nominal.place)
    (tmp_path / "m.txt").write_text(text)
    places, both = {}, f"RESEAUS={tmp_path}/m.txt FIND=YES"
    for words in ("FIND=YES", "FIND=NO", both):
        main(f"FROM={raw}", f"TO={tmp_path}/b.cub", *words.split())
        places[words] = reseaus.of_label(cube.read(f"{tmp_path}/b.cub").isis)
    assert places["FIND=NO"].status == "Nominal"
    assert_allclose(places["FIND=NO"].place, nominal.place, atol=0.006)
    seen = places["FIND=YES"].valid
    assert seen.sum() > 150 and places["FIND=YES"].status == "Refined"
    assert_allclose(places["FIND=YES"].place[seen], (nominal.place + 4)[seen], atol=0.4)
    assert np.array_equal(places["FIND=YES"].place, places[both].place)


def test_marks_of_a_label_of_isis_are_looked_for(tmp_path, testdata):
    text = (testdata / "labels/voy2isis_output.pvl").read_text()
    known = label.loads(text).object("IsisCube").group("Reseaus")
    truth = np.column_stack([known.numbers("Line"), known.numbers("Sample")]) + [2.0, 3.0]
    camera = {"SpacecraftName": "VOYAGER_2", "InstrumentId": "NARROW_ANGLE_CAMERA"}
    image = cube.new(frame(truth), Instrument=camera)
    image.isis.append(known.copy())
    cube.write(tmp_path / "a.cub", image, type="SignedWord")
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    found = reseaus.of_label(cube.read(f"{tmp_path}/b.cub").isis)
    assert found.status == "Refined" and found.valid.sum() > 140
    assert np.hypot(*(found.place - truth)[found.valid].T).max() < 0.5


def test_refusals(tmp_path, capsys):
    small = np.ones((1, 100, 100), np.float32)
    cases = {
        "reseau marks are known in whole frames of 800 x 800": dict(Instrument=CAMERA),
        "Group Geoma: marks are taken out of a frame as it was": dict(Geoma={"Space": "Object"}),
        "Group Mapping: marks are": dict(Mapping={"ProjectionName": "Sinusoidal"}),
        "out already": dict(Reseaus={"Line": [1], "Sample": [1], "Status": "Removed"}),
        "the label has no SPACECRAFT_NAME": dict(Instrument={"SampleBits": 8}),
    }
    for words, groups in cases.items():
        cube.write(tmp_path / "a.cub", cube.new(small, **groups))
        assert words in refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    viking = {"SPACECRAFT_NAME": "VIKING_ORBITER_1", "INSTRUMENT_ID": "VISA"}
    core = np.ones((1, 1056, 1204), np.float32)
    cube.write(tmp_path / "a.cub", cube.new(core, Instrument=viking), type="SignedWord")
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert "VIKING_ORBITER_1 VISA: the nominal places of its reseau marks are not known" in line
    absent = f"RESEAUS={tmp_path}/absent.txt"
    refused(capsys, 4, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", absent)
    assert [f.name for f in tmp_path.iterdir()] == ["a.cub"]


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    written(tmp_path / "a.cub", frame([(100.0, 200.0)]))
    shell("remrx < a.cub > b.cub; remrx FROM=a.cub TO=c.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()


@pytest.mark.parametrize("given", [True, False])
def test_the_marks_of_a_real_frame_are_gone(tmp_path, testdata, given):
    core = vicar.read(testdata / "voyager/C2069302_RAW.IMG").core.astype(np.float32)
    resloc = testdata / "voyager/C2069302_RESLOC.DAT"
    place = ibis.read(resloc)[0, 5:].reshape(202, 2)
    camera = {"SPACECRAFT_NAME": "VOYAGER_2", "INSTRUMENT_ID": "WA"}
    cube.write(tmp_path / "a.cub", cube.new(core, Instrument=camera), type="SignedWord")
    words = [f"RESEAUS={resloc}"] if given else []
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", *words)
    out = cube.read(f"{tmp_path}/b.cub").core[0]
    before, after = dips(core[0], place), dips(out, place)
    assert len(before) == len(after) == 56
    assert -8 < before.mean() < -7.2 and abs(after.mean()) < 0.5 and abs(np.median(after)) < 0.3
    control = place + [17.0, 13.0]
    assert np.array_equal(dips(core[0], control), dips(out, control))
