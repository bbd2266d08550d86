"""What the tests share."""

import array
import fcntl
import os
import pathlib
import subprocess
import sys
import termios
import time

import pytest

# the executables beside the interpreter that runs the tests, wherever that is
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
os.environ["PERIJOVE_HISTORY"] = "none"  # no test writes into a home


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure where PERIJOVE_NOSKIP is set, as in .ci/run."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("PERIJOVE_NOSKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which may not be here: {report.longrepr[-1]}"


@pytest.fixture(scope="session")
def testdata():
    """Return the folder of real files that $PERIJOVE_TESTDATA names; none enters the project."""
    folder = os.environ.get("PERIJOVE_TESTDATA")
    if not folder:
        pytest.skip("PERIJOVE_TESTDATA is not set: the real files are not at hand")
    assert pathlib.Path(folder).is_dir(), f"PERIJOVE_TESTDATA = {folder} is no folder"
    return pathlib.Path(folder).resolve()


@pytest.fixture
def drained():
    """Return a function that waits until who reads a pipe has taken all that was written."""

    def wait(pipe):
        count, end = array.array("i", [1]), time.monotonic() + 60
        while count[0]:
            assert time.monotonic() < end
            time.sleep(0.02)
            fcntl.ioctl(pipe, termios.FIONREAD, count)
        time.sleep(0.2)  # it now waits for more

    return wait


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs a line of bash with pipefail in tmp_path."""

    def run(line, check=True, **options):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=tmp_path,
            capture_output=True,
            **options,
        )
        if check and done.returncode:
            raise AssertionError(f"{line}\nexit {done.returncode}\n{done.stderr.decode()}")
        return done

    return run


@pytest.fixture
def raws(tmp_path):
    """Write a.cub, b.cub and d.cub to decompand, and c.cub, which is refused, and their list."""
    import numpy as np

    from perijove.kit import cube

    for number, name in enumerate("abcd"):
        codes = np.full((1, 4, 5), 10.0 * number, np.float32)
        bits = {"SampleBits": 12 if name == "c" else 8, "SampleBitMode": "SQROOT"}
        cube.write(str(tmp_path / f"{name}.cub"), cube.new(codes, Instrument=bits))
    (tmp_path / "list").write_text("a.cub a2\nb.cub b2\nc.cub c2\nd.cub d2\n")
