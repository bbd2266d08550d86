"""What the tests share."""

import os
import pathlib
import subprocess
import sys

import pytest

# the executables beside the interpreter that runs the tests, wherever that is
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


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
