import struct

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from perijove.kit import coverage, kernels, platforms, simkernels
from perijove.kit.error import Error, IoError

CODES, NAMES = [-61501, -61502, -61503], ["BLUE", "GREEN", "RED"]


@pytest.fixture(scope="module")
def passage(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("kernels"))


def names(paths):
    return [path.rsplit("/", 1)[-1] for path in paths]


def test_a_folder_gives_its_kernels_and_names_the_rest(passage, tmp_path):
    folder = tmp_path / "kernels"
    folder.mkdir()
    for name in ("sim.tls", "sim.bsp", "sim.tm"):
        (folder / name).symlink_to(passage.folder / name)
    (folder / "spk_pre_9.bsp").symlink_to(passage.folder / "sim.bsp")
    (folder / "readme.txt").write_text("no kernel")
    (folder / "addendum.ti").write_text("no first line\n\\begindata\nX = 1\n\\begintext\n")
    found, odd = kernels.files([str(folder)])
    assert names(found) == ["spk_pre_9.bsp", "addendum.ti", "sim.bsp", "sim.tls"]
    assert names(odd) == ["readme.txt"]


def test_a_meta_kernel_is_followed_from_its_own_folder(passage):
    found, odd = kernels.files([str(passage.folder / "sim.tm")])
    assert names(found) == names(passage.kernels) and not odd


def test_a_meta_kernel_s_symbols_and_continued_paths(tmp_path):
    (tmp_path / "a.tls").write_text("KPL/LSK\n")
    folder = str(tmp_path)
    text = (
        f"KPL/MK\n\\begindata\nPATH_VALUES = ( '{folder[:20]}+'\n'{folder[20:]}' )\n"
        "PATH_SYMBOLS = ( 'K' )\nKERNELS_TO_LOAD = ( '$K/a.tls' )\n\\begintext\n"
    )
    (tmp_path / "all.tm").write_text(text)
    assert kernels.files([str(tmp_path / "all.tm")]) == ([f"{folder}/a.tls"], [])
    (tmp_path / "a.tls").unlink()
    with pytest.raises(IoError, match=r"all.tm: .*a.tls: no such file"):
        kernels.files([str(tmp_path / "all.tm")])


def test_a_path_that_is_not_there_is_an_io_error():
    with pytest.raises(IoError, match="nowhere.bsp: no such file or folder"):
        kernels.files(["nowhere.bsp"])


@pytest.mark.parametrize(
    ("place", "kind", "value"),  # of the first summary record: next, count, first segment's ends
    [
        (0, "d", 1e9),
        (0, "d", np.nan),
        (16, "d", -1),
        (16, "d", 5000),
        (56, "i", -3),
        (60, "i", 1 << 30),
    ],
)
def test_a_list_of_segments_that_is_none_is_an_io_error(passage, tmp_path, place, kind, value):
    data = bytearray((passage.folder / "sim.bsp").read_bytes())
    first = struct.unpack("<i", data[76:80])[0]
    struct.pack_into(f"<{kind}", data, 1024 * (first - 1) + place, value)
    (tmp_path / "a.bsp").write_bytes(data)
    with pytest.raises(IoError, match="a.bsp: damaged: its list of segments"):
        kernels.files([str(tmp_path / "a.bsp")])


@pytest.mark.parametrize("kind", coverage.PLACES)
def test_what_is_missing_is_named(passage, kind):
    suffixes = dict(LSK="tls", PCK="tpc", FK="tf", IK="ti", SCLK="tsc", SPK="bsp", CK="bc")
    suffix = suffixes[kind]
    rest = [path for path in passage.kernels if not path.endswith("." + suffix)]
    with kernels.loaded(rest), pytest.raises(Error, match=f"missing: {kind}, .*naif.jpl.nasa.gov"):
        coverage.need(coverage.PLACES, "JUPITER", -61501)


def test_what_is_missing_is_that_of_the_spacecraft(passage):
    viking = platforms.of("VIKING_ORBITER_2", "VISA")
    examples = {
        "FK": "VIKING/kernels/fk",
        "SCLK": "VIKING/kernels/sclk",
        "SPK": "VIKING/kernels/spk",
        "CK": "VIKING/kernels/ck",
    }
    with kernels.loaded(passage.kernels):  # Juno's
        for kind, place in examples.items():
            with pytest.raises(Error, match=f"missing: {kind}, .*as vo2.*/naif/{place}/$"):
                coverage.need({kind}, platform=viking)
        coverage.need({"LSK", "PCK"}, platform=viking)
        with pytest.raises(
            Error, match=r"SPK, positions of VIKING 2 ORBITER \(as vo2_.*VIKING/ker"
        ):
            coverage.covers("SPK", -30, "VIKING 2 ORBITER", np.zeros(1), viking)


def test_kernels_of_the_caller_are_put_back(passage):
    with kernels.loaded(passage.kernels[:1]):
        with kernels.loaded(passage.kernels):
            assert sp.ktotal("ALL") == 7
        assert sp.ktotal("ALL") == 1
    assert sp.ktotal("ALL") == 0


def test_a_time_that_is_not_covered(passage):
    late = passage.perijove + np.array([0.0, 5 * 3600.0])
    with kernels.loaded(passage.kernels):
        camera = kernels.camera(CODES, NAMES, (128, 1648), (23, 1631))
        with pytest.raises(Error, match=r"SPK of JUNO covers 2020.* to 2020.*; needed: 2020"):
            kernels.states(late, "Jupiter", camera)


def test_the_camera_is_the_instrument_kernel_s(passage):
    with kernels.loaded(passage.kernels):
        camera = kernels.camera(CODES, NAMES, (128, 1648), (23, 1631))
    assert_allclose(camera.focal, 1480.590541, rtol=1e-9)  # 10.95637 mm / 7.4 um
    assert camera.cy.tolist() == [158.48, 3.48, -151.52]


def test_spin_points_the_axis_at_the_earth(passage):
    et = passage.perijove + np.arange(4) * 0.372
    with kernels.loaded(passage.kernels):
        camera = kernels.camera(CODES, NAMES, (128, 1648), (23, 1631))
        g = kernels.states(et, "Jupiter", camera, "SPIN")
        truth = kernels.states(et, "Jupiter", camera, "CK")
    assert (g.attitude, g.solved, truth.solved) == ("SPIN", False, True)
    axis = g.av[0] / np.linalg.norm(g.av[0])
    assert_allclose(axis, g.earth, rtol=0, atol=1e-15)
    assert_allclose(np.linalg.norm(g.av, axis=1), 2 * 2 * np.pi / 60, rtol=1e-12)
    # the passage was written with an axis (0.2, -0.1) degrees off the Earth
    off = np.degrees(np.arccos(axis @ truth.av[0] / np.linalg.norm(truth.av[0])))
    assert_allclose(off, np.hypot(0.2, 0.1), rtol=0.05)


def test_offset_moves_the_spacecraft_alone(passage):
    et = passage.perijove + np.arange(4) * 0.372
    with kernels.loaded(passage.kernels):
        camera = kernels.camera(CODES, NAMES, (128, 1648), (23, 1631))
        still = kernels.states(et, "Jupiter", camera)
        moved = kernels.states(et, "Jupiter", camera, offset=2.0)
    assert moved.et.tolist() == still.et.tolist() and moved.q.tolist() == still.q.tolist()
    assert_allclose(moved.sun, still.sun, rtol=0, atol=1e-3)
    assert_allclose((moved.sc - still.sc) / 2.0, still.vsc - still.vt, rtol=0, atol=0.05)
