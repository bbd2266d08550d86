"""decompand: codes to 12-bit DN."""

import sys

import numpy as np
import pytest
import rasterio

from perijove.decompand import decompand, main
from perijove.kit import calfile, cube, radiometry, sink, special
from perijove.kit.error import Error
from perijove.kit.label import Node
from refusal import refusal

refused = refusal(main)

TABLE = np.array(calfile.read("juno/compand.sav")["DN12"])
PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def raw(core, bits=8, mode="SQROOT"):
    core = np.asarray(core, np.float32)
    return cube.new(core, Instrument=dict(SampleBits=bits, SampleBitMode=mode))


def test_the_table_is_the_published_one_at_every_change_of_step():
    codes = [0, 23, 24, 43, 44, 89, 90, 184, 185, 209, 210, 255]
    assert TABLE[codes].tolist() == [0, 23, 25, 63, 67, 247, 255, 1007, 1023, 1407, 1439, 2879]
    assert len(TABLE) == 256
    assert sorted(set(np.diff(TABLE).tolist())) == [1, 2, 4, 8, 16, 32]
    assert (np.diff(TABLE, 2) >= 0).all()  # like a square, steps never shrink


def test_companding_again_gives_the_same_code():
    codes = np.arange(256, dtype=np.float32)
    assert np.array_equal(radiometry.compand(decompand(codes, TABLE), TABLE), codes)


def test_special_pixels_keep_their_kind_and_zero_and_255_are_data():
    codes = np.array([0, 255, special.NULL, special.LRS, special.LIS, special.HIS, special.HRS])
    codes = codes.astype(np.float32)
    codes[2:] = [special.NULL, special.LRS, special.LIS, special.HIS, special.HRS]
    found = decompand(codes, TABLE)
    assert found[:2].tolist() == [0, 2879]
    assert special.kinds(found).tolist() == [0, 0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("strange", [-1, 256, 7.5, 3e9])
def test_what_is_no_code_is_refused(strange):
    with pytest.raises(Error, match="expected a code of 0 to 255"):
        decompand([strange], TABLE)


@pytest.mark.parametrize(
    ("mode", "last"),
    [
        ("SQROOT", 2879),
        ("LIN1", 255),
        ("LIN2", 510),
        ("LIN4", 1020),
        ("LIN8", 2040),
        ("LIN16", 4080),
    ],
)
def test_modes_and_state(tmp_path, mode, last):
    cube.write(tmp_path / "a.cub", raw([[[0, 100, 255]]], mode=mode), type="SignedWord")
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    found = cube.read(f"{tmp_path}/b.cub")
    assert found.core[0, 0, 2] == last
    assert found.group("Instrument")["SampleBits"] == 12
    assert "Type       = SignedWord" in (tmp_path / "b.cub").read_bytes()[:1000].decode()


def test_an_8_bit_cube_widens(tmp_path):
    cube.write(tmp_path / "a.cub", raw([[[1, 200]]]), type="UnsignedByte")
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert cube.read(f"{tmp_path}/b.cub").core.ravel().tolist() == [1, 1263]


def test_a_reduced_product_passes_unchanged_with_a_note(tmp_path, capsys):
    core = np.array([[[0, 9999, 65535]]], np.float32)
    cube.write(tmp_path / "a.cub", raw(core, bits=16), type="Real")
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert "SampleBits = 16: a reduced product, passed on unchanged" in capsys.readouterr().err
    was, now = cube.read(f"{tmp_path}/a.cub"), cube.read(f"{tmp_path}/b.cub")
    assert was.core.tolist() == now.core.tolist() == core.tolist()
    assert now.group("Instrument")["SampleBits"] == 16


@pytest.mark.parametrize(
    ("bits", "mode", "words"),
    [
        (12, "SQROOT", "SampleBits = 12: already decompanded"),
        (10, "SQROOT", "SampleBits = 10, expected 8"),
        (8, "LIN3", "the known modes are SQROOT, LIN1, LIN2, LIN4, LIN8, LIN16"),
    ],
)
def test_refusals(tmp_path, capsys, bits, mode, words):
    cube.write(tmp_path / "a.cub", raw([[[1]]], bits, mode), type="SignedWord")
    assert words in refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert not (tmp_path / "b.cub").exists()


def test_a_strange_sample_leaves_no_output(tmp_path, capsys):
    cube.write(tmp_path / "a.cub", raw([[[1, 300]]]), type="SignedWord")
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub")
    assert line == "**USER ERROR** decompand: a sample is 300, expected a code of 0 to 255\n"
    assert [f.name for f in tmp_path.iterdir()] == ["a.cub"]


def test_a_table_of_255_rows_is_refused(tmp_path, capsys):
    rows = "\n".join(f"{i} {i}" for i in range(255))
    (tmp_path / "t.sav").write_text(f"Name = t\nColumns = (DN8, DN12)\nEnd\n{rows}\n")
    cube.write(tmp_path / "a.cub", raw([[[1]]]), type="SignedWord")
    words = f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", f"TABLE={tmp_path}/t.sav"
    assert "255 rows, expected one for each of the 256 codes" in refused(capsys, 2, *words)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_pipe_gives_the_bytes_of_a_file_and_gdal_opens_them(tmp_path, shell):
    core = np.random.default_rng(2016).integers(0, 256, (3, 128, 1648))
    cube.write(tmp_path / "a.cub", raw(core), type="SignedWord")
    shell("decompand < a.cub > b.cub; decompand FROM=a.cub TO=c.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()
    with rasterio.open(tmp_path / "b.cub") as image:
        assert image.driver == "ISIS3"
        assert np.array_equal(image.read(), TABLE[core])
    assert "TABLE = compand.sav" in cube.read(f"{tmp_path}/b.cub").history


@pytest.mark.parametrize("tool", ["decompand", "stretch", "crop LINE=9 SINC=2"])
def test_memory_does_not_grow_with_the_cube(tmp_path, shell, tool):
    shape, pixels = (3, 85 * 128, 1648), ("SignedWord", "Lsb", 0.0, 1.0)
    root = Node()
    group = root.object("IsisCube").group("Instrument")
    group.update(SampleBits=8, SampleBitMode="SQROOT")
    with open(tmp_path / "a.cub", "wb") as file:
        file.write(sink.compose(root, shape, pixels, (), ""))
        for _ in range(shape[0]):
            file.write(np.resize(np.arange(256, dtype="<i2"), shape[1:]))
    assert (tmp_path / "a.cub").stat().st_size > 100e6
    (tmp_path / "peak.py").write_text(PEAK)
    done = shell(f"cat a.cub | {sys.executable} peak.py {tool}")
    assert int(done.stdout) < 64 * 1024  # kB
