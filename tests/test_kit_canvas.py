import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perijove.kit import canvas, cube, special
from perijove.kit.error import Error
from perijove.kit.label import Node

KINDS = special.NULL, special.LRS, special.LIS, special.HIS, special.HRS


@pytest.fixture(scope="module")
def made():
    """Return a cube (2, 300, 530) that is Null here and there, with what follows samples."""
    core = np.full((2, 300, 530), special.NULL, np.float32)
    core[:, 20:130, 250:450] = np.random.default_rng(1).uniform(1, 200, (2, 110, 200))
    core[1, 22, 300:305] = KINDS
    blob = cube.Blob("OriginalLabel", "IsisCube", Node("Object", "OriginalLabel"), b"A = 1\nEnd\n")
    return cube.new(core, BandBin={"FilterName": ["A", "B"]}).with_blob(blob)


def drawn(path, made, height, width, threads=3):
    """Write a cube by windows in a random order, but those that are all Null."""
    _, lines, samples = made.core.shape
    todo = [(y, x) for y in range(0, lines, height) for x in range(0, samples, width)]
    np.random.default_rng(height).shuffle(todo)

    def put(at):
        block = made.core[:, at[0] : at[0] + height, at[1] : at[1] + width]
        if not np.isnan(block).all():
            c.put(*at, block)

    words = "Object = first\nEnd_Object\n"
    with canvas.opened(path, made.label, made.core.shape, None, made.blobs, words) as c:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(put, todo))


@pytest.mark.parametrize(
    "name",
    ["a.cub", "a.cub+Tile", "a.cub+Msb", "a.cub+16bit+0:200+Tile", "a.cub+8bit+0:200", "a.tif"],
)
@pytest.mark.parametrize(("height", "width"), [(300, 530), (8, 530), (70, 90), (256, 256)])
def test_windows_in_any_order_give_the_bytes_of_the_array(made, tmp_path, name, height, width):
    cube.write(f"{tmp_path}/{name}", made.replace(history="Object = first\nEnd_Object\n"))
    path = tmp_path / name.partition("+")[0]
    expected = path.read_bytes()
    path.unlink()
    drawn(f"{tmp_path}/{name}", made, height, width)
    assert path.read_bytes() == expected
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_of_a_tiff_do_not_depend_on_the_jobs(made, tmp_path, shell):
    cube.write(f"{tmp_path}/a.cub", made)
    shell("for n in 1 2 5; do crop FROM=a.cub TO=$n.tif -jobs=$n -quiet; done")
    shell("cmp 1.tif 2.tif && cmp 1.tif 5.tif")


def test_nothing_put_is_all_null(made, tmp_path):
    for name in ("a.cub", "a.tif"):
        with canvas.opened(f"{tmp_path}/{name}", made.label, (2, 3, 5)):
            pass
        assert (special.kinds(cube.read(f"{tmp_path}/{name}").core) == 1).all()


PIPED = """
import sys, numpy as np
from perijove.kit import canvas, cube
a = cube.read(sys.argv[1])
with canvas.opened(sys.argv[2], a.label, a.core.shape, None, a.blobs, a.history) as c:
    for line in range(0, a.core.shape[1], 7):
        c.put(line, 0, a.core[:, line : line + 7])
"""


def test_a_pipe_and_a_device_get_the_cube_at_the_end(made, tmp_path, shell):
    cube.write(f"{tmp_path}/a.cub", made)
    (tmp_path / "t.py").write_text(PIPED)
    shell("python t.py a.cub - | cmp - a.cub; mkfifo p; python t.py a.cub p & cat p | cmp - a.cub")
    shell("python t.py a.cub - | cat | catlab > l; catlab FROM=a.cub | cmp - l")
    full = shell("python t.py a.cub /dev/full", check=False).stderr.decode()
    assert "IoError: /dev/full: cannot be written: no space left on device" in full
    (tmp_path / "f.tif").symlink_to("/dev/full")
    full = shell("python t.py a.cub f.tif", check=False).stderr.decode()
    assert "IoError: f.tif: cannot be written: no space left on device" in full


@pytest.mark.parametrize("size", [10, 70_000, 800_000, -1])
@pytest.mark.parametrize("name", ["b.cub", "b.tif"])
def test_a_full_disk_is_an_io_error_and_leaves_nothing(made, tmp_path, name, size):
    """A file may not grow beyond a limit: the same failing writes as of a full disk."""
    core = np.random.default_rng(2).random((2, 300, 530), np.float32)
    cube.write(f"{tmp_path}/a.cub", made.replace(core=core))
    cube.write(f"{tmp_path}/{name}", made.replace(core=core))
    most = size % (tmp_path / name).stat().st_size  # -1: the last byte
    (tmp_path / name).unlink()
    code = f"""
import resource
from perijove.kit import canvas, cube, error
a = cube.read("a.cub")
resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
for way in ("write", "canvas"):
    try:
        if way == "write":
            cube.write("{name}", a)
        else:
            with canvas.opened("{name}", a.label, a.core.shape, None, a.blobs) as c:
                c.put(0, 0, a.core[:, :, :200])
                c.put(0, 200, a.core[:, :, 200:])
    except error.IoError as failure:
        print(failure)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("cannot be written") == 2 and not done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.cub"]


def test_a_failure_between_the_windows_leaves_nothing(made, tmp_path):
    for name in ("a.cub", "a.tif"):
        with pytest.raises(RuntimeError):
            with canvas.opened(f"{tmp_path}/{name}", made.label, made.core.shape) as c:
                c.put(0, 0, made.core)
                raise RuntimeError
    with pytest.raises(Error, match=r"\+UnsignedByte needs the range of values"):
        with canvas.opened(f"{tmp_path}/a.cub+8bit", made.label, made.core.shape):
            pass
    assert not list(tmp_path.iterdir())
