"""Items to threads, or to the workers of a cluster."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import workers
from perijove.kit import cluster, farm, files, label, parm
from perijove.kit.error import Error, IoError

DECLARED = label.loads("""
    Name = trial
    Cluster = Yes
    Group = TO Type = Cube Default = "-" End_Group
""")


def given(*words):
    """The parameters of a tool that can be spread."""
    return parm.parse(DECLARED, [*words, "-quiet"])


# ------------------------------------------------------------------- threads
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(jobs):
    ended = [threading.Event() for _ in range(20)]

    def slow(n):  # an item ends after the one that follows it, where threads allow
        if n % 2 == 0 and jobs > 1:
            assert ended[n + 1].wait(60)
        ended[n].set()
        return n * n

    assert list(farm.spread(given(f"-jobs={jobs}"), slow, range(20))) == [n * n for n in range(20)]


def test_no_more_results_than_can_be_taken():
    begun = []
    results = farm.spread(given("-jobs=3"), lambda n: begun.append(n) or n, iter(range(1000)))
    assert next(results) == 0 and len(begun) <= 6
    assert next(results) == 1 and len(begun) <= 7
    results.close()
    assert len(begun) <= 7


@pytest.mark.parametrize("jobs", [1, 4])
def test_what_an_item_raises_is_raised_in_its_turn(jobs):
    def work(n):
        if n in (5, 6):
            raise Error(f"item {n}")
        return n

    found = []
    with pytest.raises(Error, match="item 5"):
        for value in farm.spread(given(f"-jobs={jobs}"), work, range(100)):
            found.append(value)
    assert found == [0, 1, 2, 3, 4]


def test_opencv_has_one_thread_a_worker_and_its_own_afterwards():
    import cv2

    before = cv2.getNumThreads()
    jobs = before + 1
    cv2.setNumThreads(jobs)  # as kit/parm does
    threads = farm.spread(given(f"-jobs={jobs}"), lambda _: cv2.getNumThreads(), range(5))
    assert list(threads) == [1] * 5 and cv2.getNumThreads() == jobs
    cv2.setNumThreads(before)


# ------------------------------------------------------------------- workers
@pytest.fixture(scope="module")
def local(tmp_path_factory):
    made = workers.Workers(tmp_path_factory.mktemp("cluster"), failures=1)
    yield made
    made.close()


def test_functions_run_on_the_workers_in_order(local):
    p = given(f"-cluster={local.have(2)}")
    assert farm.shared(p) and not farm.shared(given())
    assert list(farm.spread(p, abs, iter(range(-40, 0)), total=40)) == list(range(40, 0, -1))
    told = list(farm.spread(p, eval, ["__import__('os').getpid()"] * 8))
    assert len(told) == 8 and set(told) <= set(local.workers)
    assert list(farm.spread(p, eval, ["__import__('cv2').getNumThreads()"])) == [1]


def test_what_a_function_raises_there_is_raised_here(local, tmp_path):
    p = given(f"-cluster={local.have(1)}")
    (tmp_path / "a").write_text("A")
    results = farm.spread(p, files.whole, [f"{tmp_path}/a", f"{tmp_path}/b"])
    assert next(results) == b"A"
    with pytest.raises(IoError, match="b: cannot be read: no such file"):
        next(results)


def test_a_lost_worker_costs_its_item_only(local, tmp_path):
    p = given(f"-cluster={local.have(2)}")
    (tmp_path / "a").write_text("A")
    with workers.fifo(tmp_path / "p") as pipe, ThreadPoolExecutor() as pool:
        items = [f"{tmp_path}/{name}" for name in "aaapaaaaaaa"]
        found = pool.submit(lambda: list(farm.spread(p, files.whole, items)))
        first = local.at(tmp_path / "p")
        local.kill(first)
        assert local.at(tmp_path / "p") != first
        pipe.write(b"P")
        pipe.close()
        assert found.result(workers.PATIENCE) == [b"A"] * 3 + [b"P"] + [b"A"] * 7


def test_an_item_that_kills_its_workers_is_an_error(local, tmp_path):
    p = given(f"-cluster={local.have(2)}")
    with workers.fifo(tmp_path / "p"), ThreadPoolExecutor() as pool:
        found = pool.submit(lambda: list(farm.spread(p, files.whole, [f"{tmp_path}/p"])))
        for _ in range(2):
            local.kill(local.at(tmp_path / "p"))
        with pytest.raises(IoError, match=r"killed with its worker \(workers lost: 2\)"):
            found.result(workers.PATIENCE)


def test_all_workers_are_lost_on_the_way(local, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "WAIT", 0.1)
    monkeypatch.setattr(cluster, "LOOK", 0.05)
    p = given(f"-cluster={local.have(1)}")
    with workers.fifo(tmp_path / "p"), ThreadPoolExecutor() as pool:
        found = pool.submit(lambda: list(farm.spread(p, files.whole, [f"{tmp_path}/p", 1, 2])))
        last = local.at(tmp_path / "p")
        for pid in {*local.workers} - {last}:
            local.kill(pid)
        local.kill(last)
        with pytest.raises(IoError, match="no worker for 0.1 s"):
            found.result(workers.PATIENCE)


def test_no_worker_is_told_waited_for_and_then_an_error(local, monkeypatch, capsys):
    for worker in local.workers:
        local.kill(worker)
    monkeypatch.setattr(cluster, "WAIT", 0.1)
    p = parm.parse(DECLARED, [f"-cluster={local.address}"])
    with pytest.raises(
        IoError, match=f"no worker for 0.1 s: start one with dask worker {p.reserved['cluster']}"
    ):
        list(farm.spread(p, abs, [1]))
    assert capsys.readouterr().err == (
        f"trial: {local.address} has no worker: waiting 0.1 s for one\n"
    )


def test_a_worker_that_joins_later_is_to_be_like_the_others(local, tmp_path, monkeypatch):
    p = given(f"-cluster={local.have(1)}", f"TO={tmp_path}/x.cub")
    monkeypatch.setattr(cluster, "LOOK", 0.05)
    with cluster.connected(p, {str(tmp_path)}) as workplace:
        assert workplace.known == workplace.there and len(list(tmp_path.iterdir())) == 1
        monkeypatch.setattr(cluster, "PRESENCE", "'0.0.1', {!r}")
        local.have(2)
        workers.until(lambda: workplace.lost, "the new worker is not looked at")
        with pytest.raises(Error, match="runs perijove 0.0.1, this is"):
            workplace.submit(print)
    assert not list(tmp_path.iterdir())
