"""-batchlist on the workers of a dask.distributed scheduler."""

import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys

import pytest

import workers
from perijove.decompand import main as decompand
from perijove.kit import cluster, cube, scheduler

OTHER_DISK = """__import__('perijove').__version__, [p for p in {!r} if '.perijove-' in p]"""
LINE = "decompand -batchlist=list FROM='$1' TO='$2'"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    made = workers.Workers(tmp_path_factory.mktemp("cluster"), failures=1)
    yield made
    made.close()


def made(tmp_path):
    return sorted(p.name for p in tmp_path.glob("?2.cub"))


def begun(tmp_path, *words):
    """Begin to decompand the list, in a process."""
    return subprocess.Popen(
        [*shlex.split(LINE), *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )


def outputs(tmp_path):
    """The names of outputs that are being written."""
    return [path.name[1:3] for path in sorted(tmp_path.glob(".*.part"))]


# ------------------------------------------------------------------- what it gives
def test_the_same_as_one_line_after_the_other(local, shell, tmp_path, raws):
    address = local.have(2)
    found = []
    for words in ("-jobs=1", f"-cluster={address}", f"-jobs=1 -cluster={address[6:]}"):
        line = f"rm -f log todo *2.cub; {LINE} -onerror=continue -log=log -errlist=todo {words}"
        done = shell(line, check=False)
        files = {p.name: p.read_bytes() for p in tmp_path.glob("*2.cub")}
        log = [w for w in (tmp_path / "log").read_text().split() if w[:3] not in ("-jo", "-cl")]
        found.append((done.returncode, done.stderr, files, log, (tmp_path / "todo").read_text()))
    assert len(found[0][2]) == 3 and found[0][0] == 2 and found[0][4] == "c.cub c2\n"
    assert found[1] == found[0] and found[2] == found[0]


def test_texts_stand_in_the_order_of_the_list(local, shell, raws):
    line = f"getkey -batchlist=list FROM='$1' KEYWORD=SampleBits -cluster={local.have(2)}"
    done = shell(line)
    assert done.stdout == b"8\n8\n12\n8\n" and done.stderr == b""
    assert shell(f"{line} | head -n 1").stdout == b"8\n"


def test_the_tools_take_our_variables_along(local, shell, tmp_path, raws):
    (tmp_path / "own").mkdir()
    rows = "".join(f"{n} {2 * n}\n" for n in range(256))
    (tmp_path / "own/twice.sav").write_text(f"Name = twice\nColumns = (DN8, DN12)\nEnd\n{rows}")
    shell("head -n 2 list > two")
    line = f"{LINE.replace('=list', '=two')} TABLE=twice.sav -cluster={local.have(1)}"
    assert b"twice.sav" in shell(line, check=False).stderr
    shell(line, env=os.environ | {"PERIJOVE_DATA": str(tmp_path / "own")})
    assert cube.read(str(tmp_path / "b2.cub")).core[0, 0, 0] == 20


# ------------------------------------------------------------------- what is lost on the way
def test_a_killed_worker_costs_its_line_only(local, tmp_path, raws, drained):
    address = local.have(2)
    (tmp_path / "list").write_text("a.cub a2\np p2\nb.cub b2\nd.cub d2\n")
    data = (tmp_path / "d.cub").read_bytes()
    with workers.fifo(tmp_path / "p") as pipe:
        batch = begun(tmp_path, f"-cluster={address}")
        pipe.write(data[:65600])
        first = local.at(tmp_path / "p")
        drained(pipe)
        workers.until(lambda: outputs(tmp_path) == ["p2"], "p2 is not begun")
        local.kill(first)
        workers.until(lambda: not outputs(tmp_path), "the tool of a killed worker goes on")
        assert local.at(tmp_path / "p") != first
        pipe.write(data), pipe.close()
        assert batch.communicate(timeout=workers.PATIENCE) == (None, "")
    assert batch.returncode == 0 and made(tmp_path) == ["a2.cub", "b2.cub", "d2.cub", "p2.cub"]
    assert (tmp_path / "p2.cub").read_bytes() == (tmp_path / "d2.cub").read_bytes()


def test_a_line_that_kills_worker_after_worker_fails(local, tmp_path, raws):
    address = local.have(2)
    (tmp_path / "list").write_text("p p2\na.cub a2\n")
    with workers.fifo(tmp_path / "p"):
        batch = begun(tmp_path, f"-cluster={address}", "-onerror=continue", "-errlist=todo")
        workers.until(lambda: made(tmp_path), "a2 is not made")  # by a worker that may be killed
        for _ in range(2):
            local.kill(local.at(tmp_path / "p"))
            local.have(1)
        _, said = batch.communicate(timeout=workers.PATIENCE)
    told = "line 1 (p): it was killed with its worker (workers lost: 2)"
    assert said.splitlines()[:2] == [told, told] and batch.returncode == 137
    assert made(tmp_path) == ["a2.cub"] and (tmp_path / "todo").read_text() == "p p2\n"


def test_a_failure_stops_later_lines(local, tmp_path, raws, drained):
    address = local.have(2)
    (tmp_path / "list").write_text("c c2\nq q2\nd.cub d2\n")
    with workers.fifo(tmp_path / "c") as c, workers.fifo(tmp_path / "q") as q:
        batch = begun(tmp_path, f"-cluster={address}", "-errlist=todo")
        q.write((tmp_path / "a.cub").read_bytes()[:65600])
        local.at(tmp_path / "q"), drained(q)
        workers.until(lambda: outputs(tmp_path) == ["q2"], "q2 is not begun")
        c.write((tmp_path / "c.cub").read_bytes()), c.close()
        _, said = batch.communicate(timeout=workers.PATIENCE)
        workers.until(lambda: not outputs(tmp_path), "a line goes on")
    assert batch.returncode == 2 and made(tmp_path) == []
    assert "1 of 3 lines failed: line 1 (c); 2 after it were not run" in said
    assert (tmp_path / "todo").read_text() == "c c2\nq q2\nd.cub d2\n"


def test_a_signal_stops_all(local, tmp_path, raws, drained):
    address = local.have(2)
    (tmp_path / "list").write_text("a.cub a2\nq q2\nd.cub d2\n")
    with workers.fifo(tmp_path / "q") as q:
        batch = begun(tmp_path, f"-cluster={address}", "-errlist=todo")
        q.write((tmp_path / "a.cub").read_bytes()[:65600])
        local.at(tmp_path / "q"), drained(q)
        workers.until(lambda: made(tmp_path) == ["a2.cub", "d2.cub"], "the others are not made")
        batch.send_signal(signal.SIGINT)
        assert batch.communicate(timeout=workers.PATIENCE) == (None, "")
        workers.until(lambda: not outputs(tmp_path), "a line goes on")
    assert batch.returncode == 130 and "q q2\n" in (tmp_path / "todo").read_text()


def test_a_scheduler_that_is_lost(tmp_path_factory, tmp_path, raws):
    own = workers.Workers(tmp_path_factory.mktemp("own"), failures=1)
    try:
        own.have(1)
        (tmp_path / "list").write_text("a.cub a2\nq q2\n")
        with workers.fifo(tmp_path / "q"):
            batch = begun(tmp_path, f"-cluster={own.address}", "-errlist=todo")
            own.at(tmp_path / "q")
            own.scheduler.kill()
            _, said = batch.communicate(timeout=workers.PATIENCE)
        assert batch.returncode == 4 and said == (
            f"**I/O ERROR** decompand: -cluster = {own.address}: "
            "the connection to the scheduler is lost\n"
        )
        assert (tmp_path / "todo").read_text() == "q q2\n"
    finally:
        own.close()


# ------------------------------------------------------------------- what is refused
@pytest.fixture
def refused(monkeypatch, capsys, tmp_path, raws):
    """Return a function: decompand the list on a cluster, which fails; the code and the words."""
    monkeypatch.chdir(tmp_path)

    def run(address):
        with pytest.raises(SystemExit) as stop:
            decompand(*shlex.split(LINE)[1:], f"-cluster={address}", "-errlist=todo")
        assert (tmp_path / "todo").read_text() == (tmp_path / "list").read_text()
        assert made(tmp_path) == [] and not [*tmp_path.glob(".perijove-*")]
        return stop.value.code, capsys.readouterr().err

    return run


def test_no_scheduler(refused):
    workers.needed()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        port = taken.getsockname()[1]
        address = f"tcp://127.0.0.1:{port}"
        assert refused(address) == (
            4,
            f"**I/O ERROR** decompand: -cluster = {address}: no scheduler answers (connection "
            f"refused): start one with dask scheduler --port {port}, and its workers with "
            f"dask worker {address}\n",
        )


def test_something_else_that_answers(refused, monkeypatch):
    workers.needed()
    monkeypatch.setattr(scheduler, "CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        code, said = refused(f"127.0.0.1:{server.getsockname()[1]}")
    assert code == 4 and said.count("\n") == 1
    assert "no scheduler answers (it is none): start one" in said


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("'0.0.1', []", 2, "runs perijove 0.0.1, this is {}: expected the same version\n"),
        ("__import__('no_such_module')", 2, "has no perijove: install {} there\n"),
        ("__import__('perijove').__version__, {!r}", 4, "sees no folder {folder}: the workers"),
        (OTHER_DISK, 4, "sees no folder {folder}: the workers"),
    ],
)
def test_workers_that_are_not_like_us(local, refused, monkeypatch, answer, code, said):
    monkeypatch.setattr(cluster, "PRESENCE", answer)
    found, words = refused(local.have(1))
    said = said.format(cluster.__version__, folder=os.getcwd())
    assert found == code and said in words and words.count("\n") == 1


def test_a_worker_of_another_version_that_joins_later(local, refused, monkeypatch):
    monkeypatch.setattr(cluster, "__version__", "9.9")
    code, said = refused(local.have(1))
    assert code == 2 and said.endswith(", this is 9.9: expected the same version\n")


def test_without_dask(tmp_path, raws):
    words = [*shlex.split(LINE), "-cluster=127.0.0.1:8786"]
    code = "import sys; sys.modules['distributed'] = None; from perijove import __main__; "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}__main__.main(*{words})"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "**USER ERROR** decompand: -cluster needs dask.distributed: pip install 'perijove[dist]'\n",
    )


def test_no_thread_or_word_of_dask_in_a_run_without_it(tmp_path, raws):
    code = (
        "import sys; from perijove import __main__; "
        f"__main__.main(*{[*shlex.split(LINE), '-onerror=continue']})"
    )
    probe = "import atexit, sys; atexit.register(lambda: print('dask' in sys.modules)); "
    done = subprocess.run(
        [sys.executable, "-c", probe + code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "False\n" and pathlib.Path(tmp_path, "d2.cub").exists()
