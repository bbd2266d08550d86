"""-batchlist: a tool run once per line of a list."""

import fcntl
import os
import shlex
import signal
import subprocess
import time

import pytest

from perijove import __main__
from perijove.decompand import main as decompand
from perijove.kit import batchlist, label
from perijove.kit.error import Error


def made(tmp_path):
    return sorted(p.name for p in tmp_path.glob("?2.cub"))


# ------------------------------------------------------------------- the list
@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a b c", ("a", "b", "c")),
        ("  a\tb  c \t", ("a", "b", "c")),
        ("a,b , c,\td", ("a", "b", "c", "d")),
        ("'a b' \"c, 'd'\",e", ("a b", "c, 'd'", "e")),
        ("a,,b", ("a", "", "b")),
        ("a,\"\" '',b", ("a", "", "", "b")),
        (",a,", ("", "a", "")),
        ("it's 5\"", ("it's", '5"')),
        ("x=1 $2 -5", ("x=1", "$2", "-5")),
    ],
)
def test_columns_by_hand(text, columns):
    assert batchlist.columns(text) == columns


@pytest.mark.parametrize("text", ["'a b", 'a "', "'a'b"])
def test_quotes_that_do_not_close_where_a_column_ends(text):
    with pytest.raises(Error, match="quote"):
        batchlist.columns(text)


def test_columns_in_place_of_dollars():
    columns = ("A", "$1", "C C")
    assert batchlist.filled("$1/$2-$3.$1", columns, "l") == "A/$1-C C.A"  # a column is not filled
    assert batchlist.filled("$$1 $ $dawn/x $0 a$", columns, "l") == "$A $ $dawn/x $0 a$"
    assert batchlist.filled("$12", columns, "l") == "A2"  # one digit, as in ISIS
    with pytest.raises(Error, match=r"\$4\$1: the lines of l have 3 columns, none for \$4"):
        batchlist.filled("$4$1", columns, "l")


def test_comments_and_empty_lines_make_no_run(tmp_path):
    path = tmp_path / "list"
    path.write_bytes(b"# two\n\n a 1 \r\n  # no\n\t\nb,\xff")
    lines = batchlist.lines(str(path), [("FROM", "$1"), ("TO", "$2.cub")], ["-quiet"])
    assert [line.number for line in lines] == [3, 6]
    assert lines[0].text == " a 1 \r" and lines[0].columns == ("a", "1")
    assert lines[0].words == ("FROM=a", "TO=1.cub", "-quiet")
    assert os.fsencode(lines[1].words[1]) == b"TO=\xff.cub"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no lines"),
        (b"# nothing\n\n", "holds no lines"),
        (b"a b\n\na\n", "line 3 has 1 columns, line 1 has 2: expected equally many"),
        (b"a b\n'a b\n", "line 2: 'a b: the quote is not closed"),
        (b"a\0b\n", "expected a list of words"),
    ],
)
def test_a_list_that_is_wrong(tmp_path, data, words):
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(Error) as caught:
        batchlist.lines(str(tmp_path / "list"), [("FROM", "$1")])
    assert words in str(caught.value) and "list" in str(caught.value)


# ------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("-batchlist=absent FROM='$1' TO='$2'", 4, "absent: cannot be read: no such file"),
        ("-batchlist=. FROM='$1' TO='$2'", 4, ".: cannot be read: is a directory"),
        ("-batchlist", 2, "-batchlist needs a value: -batchlist=FILE"),
        ("-batchlist=list FROM='$1' TO='$3'", 2, "none for $3"),
        ("-batchlist=list TO='$2'", 2, "FROM = -: the runs of a list cannot share standard input"),
        ("-batchlist=list FROM= TO='$2'", 2, "in quotes, or the shell takes the $1 away"),
        ("-batchlist=list FROM='$1'", 2, "TO = -: the runs of a list cannot share standard output"),
        (
            "-batchlist=list FROM='$1' TO=x",
            2,
            "line 2 (b.cub) and line 1 (a.cub) both write TO = x",
        ),
        ("-batchlist=list FROM='$1' TO='$2' TABEL=x", 2, "list: line 1 (a.cub): parameter TABEL"),
        ("-batchlist=list FROM='$1' TO='$2' -save", 2, "-batchlist and -save exclude each other"),
        ("-batchlist=list FROM='$1' TO='$2' -last", 2, "-batchlist and -last exclude each other"),
        ("-batchlist=list FROM='$1' TO='$2' -onerror=halt", 2, "there are ABORT, CONTINUE"),
        ("-batchlist=list FROM='$1' TO='$2' -errlist=list", 2, "would replace the list"),
        (
            "-batchlist=list FROM='$1' TO='$2' -errlist=b.cub",
            2,
            "b.cub: line 2 (b.cub) has it as FR",
        ),
        ("-batchlist=list FROM='$1' TO='$2' -errlist=./d2.cub", 2, "has it as TO: it would be rep"),
        ("-batchlist=list FROM='$1' TO='$2' -errlist=no/e", 4, "no/e: cannot be written"),
        ("-batchlist=list FROM='$1' TO='$2' -log=no/l", 4, "no/l: cannot be written"),
        ("-batchlist=list FROM='$1' TO='$2' -jobs=0", 2, "-jobs = 0: expected an integer"),
        ("-onerror=continue", 2, "-onerror goes with -batchlist only"),
        ("-errlist=e", 2, "-errlist goes with -batchlist only"),
    ],
)
def test_refused_before_anything_runs(tmp_path, monkeypatch, capsys, raws, words, code, said):
    monkeypatch.chdir(tmp_path)
    before = sorted(os.listdir())
    with pytest.raises(SystemExit) as stopped:
        decompand(*shlex.split(words))
    told = capsys.readouterr().err
    assert stopped.value.code == code and said in told and told.count("\n") == 1, told
    assert told.startswith("**") and sorted(os.listdir()) == before


def test_a_line_that_reads_what_another_writes_does_not_run_beside_it(shell, tmp_path, raws):
    (tmp_path / "list").write_text("a.cub 8bit+0:255\n./a.cub+1 b\n")
    (tmp_path / "chain").write_text("a.cub x\nx.cub y\n")
    line = "stretch -batchlist=chain FROM='$1' TO='$2' PAIRS='0:0 1:2'"
    done = shell(f"{line} -jobs=2", check=False)
    assert done.returncode == 2
    assert b"line 2 (x.cub) reads x.cub, which line 1 (a.cub) writes" in done.stderr
    shell(line)  # one after the other they may
    assert (tmp_path / "y.cub").exists()


def test_a_list_of_cubes_stands_for_from(tmp_path):
    declared = label.loads("""
        Name = trial
        Group = FROM Type = Cube Default = "-" End_Group
        Group = FROMLIST Type = File InternalDefault = "FROM" End_Group
        Group = TO Type = Cube Mode = Output Default = "-" End_Group
    """)
    (tmp_path / "list").write_text("a.lis a\nb.lis b\n")
    pairs = [("FROMLIST", "$1"), ("TO", "$2")]
    lines = batchlist.lines(str(tmp_path / "list"), pairs)
    batchlist.check(declared, lines, "list", 1, lenient=False)
    with pytest.raises(Error, match="cannot share standard output"):
        batchlist.check(
            declared, batchlist.lines(str(tmp_path / "list"), pairs[:1]), "list", 1, False
        )


# ------------------------------------------------------------------- the runs
def test_the_first_line_that_fails_ends_the_list(shell, tmp_path, raws):
    done = shell("decompand -batchlist=list FROM='$1' TO='$2' -errlist=todo", check=False)
    assert done.returncode == 2 and made(tmp_path) == ["a2.cub", "b2.cub"]
    assert done.stderr.decode().splitlines() == [
        "line 3 (c.cub): **USER ERROR** decompand: c.cub: SampleBits = 12: already decompanded",
        "**USER ERROR** decompand: list: 1 of 4 lines failed: line 3 (c.cub); "
        "1 after it were not run",
    ]
    assert (tmp_path / "todo").read_text() == "c.cub c2\nd.cub d2\n"  # as ISIS: still to be done


def test_or_the_list_goes_on_and_what_failed_can_be_run_again(shell, tmp_path, raws):
    (tmp_path / "list").write_text("a.cub a2\nno.cub  'e2'\n\nb.cub,b2\nc.cub\tc2\nd.cub d2\n")
    line = "decompand FROM='$1' TO='$2' -onerror=cont"
    done = shell(f"{line} -batchlist=list -errlist=todo", check=False)
    assert done.returncode == 4  # that of the first line that failed, not of the worst
    assert made(tmp_path) == ["a2.cub", "b2.cub", "d2.cub"]
    assert (tmp_path / "todo").read_text() == "no.cub  'e2'\nc.cub\tc2\n"
    *_, first, second, last = done.stderr.decode().splitlines()
    assert first.startswith("line 2 (no.cub): **I/O ERROR** decompand: no.cub: cannot be read")
    assert second.startswith("line 5 (c.cub): **USER ERROR** decompand: c.cub: SampleBits = 12")
    assert last.endswith("2 of 5 lines failed: line 2 (no.cub), line 5 (c.cub)")
    shell("mv a.cub no.cub; cp b.cub c.cub")
    assert shell(f"{line} -batchlist=todo -errlist=rest").stderr == b""
    assert (tmp_path / "rest").read_bytes() == b"" and "c2.cub" in made(tmp_path)


def test_a_line_whose_words_are_wrong_fails_alone_where_the_list_goes_on(shell, tmp_path, raws):
    (tmp_path / "list").write_text("a.cub a2 1\nb.cub b2 soon\nd.cub d2 3\n")
    line = "stretch -batchlist=list FROM='$1' TO='$2' PAIRS='0:0 1:1' OUTMAX='$3'"
    done = shell(line, check=False)
    assert done.returncode == 2 and made(tmp_path) == []
    assert b"list: line 2 (b.cub): OUTMAX = soon: expected a number" in done.stderr
    done = shell(f"{line} -onerror=continue", check=False)
    assert done.returncode == 2 and made(tmp_path) == ["a2.cub", "d2.cub"]


def test_the_same_whatever_the_number_of_jobs(shell, tmp_path, raws):
    line = "decompand -batchlist=list FROM='$1' TO='$2' -onerror=continue -log=log -errlist=todo"
    found = []
    for jobs in ("", "-jobs=1", "-jobs=2", "-jobs=9"):
        done = shell(f"rm -f log todo *2.cub; {line} {jobs}", check=False)
        files = {p.name: p.read_bytes() for p in tmp_path.glob("*2.cub")}
        log = (tmp_path / "log").read_text().replace(f" {jobs}\n", "\n").replace(" -jobs=1\n", "\n")
        found.append((done.returncode, done.stderr, files, log, (tmp_path / "todo").read_text()))
    assert len(found[0][2]) == 3 and all(f == found[0] for f in found)
    runs = [w for w in found[0][3].splitlines() if "run:" in w]
    assert [w.split()[2] for w in runs[1:]] == [
        "FROM=a.cub",
        "FROM=b.cub",
        "FROM=c.cub",
        "FROM=d.cub",
    ]


def test_texts_on_standard_output_stand_in_the_order_of_the_list(shell, raws):
    line = "getkey -batchlist=list FROM='$1' KEYWORD=SampleBits -jobs=3"
    assert shell(line).stdout == b"8\n8\n12\n8\n"
    assert shell(f"{line} | head -n 1").stdout == b"8\n"
    assert shell(f"cut -d' ' -f1 list | {line.replace('=list', '=-')}").stdout == b"8\n8\n12\n8\n"


def test_restore_holds_what_the_lines_share(shell, tmp_path, raws):
    shell("getkey FROM=a.cub KEYWORD=SampleBitMode -save=mode.par")
    done = shell("getkey -batchlist=list -restore=mode.par FROM='$1' TO='$2.txt'")
    assert done.stdout == b"" and (tmp_path / "d2.txt").read_text() == "SQROOT\n"


def test_nothing_of_a_list_is_remembered(shell, tmp_path, raws):
    environment = os.environ | {"PERIJOVE_HISTORY": str(tmp_path / "history")}
    shell("getkey -batchlist=list FROM='$1' KEYWORD=SampleBits", env=environment)
    assert not (tmp_path / "history").exists()


def test_a_device_takes_every_output(shell, raws):
    shell("head -n 2 list > two; decompand -batchlist=two FROM='$1' TO=/dev/null -jobs=2")


# ------------------------------------------------------------------- the end
def test_a_signal_within_an_import_ends_the_tool_after_it():
    code = compile("import signal\nsignal.raise_signal(15)\nran.append(1)", "importlib", "exec")
    before, ran = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGALRM)}, []
    signal.signal(signal.SIGTERM, __main__._stopped)
    try:
        with pytest.raises(SystemExit) as stop:
            exec(code, {"ran": ran})
            signal.pause()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert stop.value.code == 143 and ran == [1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_all_and_leaves_no_half_file(shell, tmp_path, raws, drained, number, code):
    """The runs wait in the middle of their output, since their input comes through a pipe."""
    shell("mkfifo p q")
    (tmp_path / "list").write_text("a.cub a2\np p2\nq q2\nd.cub d2\n")
    words = ["-batchlist=list", "FROM=$1", "TO=$2", "-jobs=3", "-errlist=todo"]
    batch = subprocess.Popen(["decompand", *words], cwd=tmp_path, stderr=subprocess.PIPE)
    data = (tmp_path / "a.cub").read_bytes()
    with open(tmp_path / "p", "wb") as p, open(tmp_path / "q", "wb") as q:
        for pipe in (p, q):
            pipe.write(data[:65600])
            pipe.flush()
        drained(p), drained(q)
        waiting = time.monotonic() + 60
        while made(tmp_path) != ["a2.cub", "d2.cub"]:
            assert time.monotonic() < waiting
            time.sleep(0.01)
        assert len(list(tmp_path.glob(".*.part"))) == 2
        batch.send_signal(number)
        assert batch.communicate(timeout=60) == (None, b"") and batch.returncode == code
    assert made(tmp_path) == ["a2.cub", "d2.cub"] and not list(tmp_path.glob(".*"))
    assert (tmp_path / "todo").read_text() == "p p2\nq q2\nd.cub d2\n"  # d2 was not yet reported


def wide(pipe):
    """Open a named pipe that holds a small cube, whether or not somebody reads it."""
    stream = open(os.open(pipe, os.O_RDWR), "wb", buffering=0)
    fcntl.fcntl(stream, 1031, 1 << 20)  # F_SETPIPE_SZ
    return stream


def test_a_failure_stops_later_lines_and_lets_earlier_ones_end(shell, tmp_path, raws):
    shell("mkfifo p c q")
    (tmp_path / "list").write_text("p p2\nc c2\nq q2\nd.cub d2\n")
    words = ["-batchlist=list", "FROM=$1", "TO=$2", "-jobs=3", "-errlist=todo"]
    batch = subprocess.Popen(["decompand", *words], cwd=tmp_path, stderr=subprocess.PIPE)
    data, limit = (tmp_path / "a.cub").read_bytes(), time.monotonic() + 60

    def until(*begun):  # these outputs are begun, no other; all three runs are busy until then
        while [p.name[:3] for p in sorted(tmp_path.glob(".*"))] != list(begun):
            assert time.monotonic() < limit
            time.sleep(0.01)

    with wide(tmp_path / "p") as p, wide(tmp_path / "c") as c, wide(tmp_path / "q") as q:
        for pipe in (p, q):
            pipe.write(data[:65600])
        until(".p2", ".q2")
        c.write((tmp_path / "c.cub").read_bytes())
        until(".p2")
        p.write(data[65600:])
    _, said = batch.communicate(timeout=60)
    assert batch.returncode == 2
    assert b"1 of 4 lines failed: line 2 (c); 2 after it were not run" in said
    assert made(tmp_path) == ["p2.cub"] and not list(tmp_path.glob(".*"))
    assert (tmp_path / "todo").read_text() == "c c2\nq q2\nd.cub d2\n"


def test_a_run_that_is_killed_is_told(shell, tmp_path, raws):
    shell("mkfifo p")
    (tmp_path / "list").write_text("p p2\n")
    words = ["-batchlist=list", "FROM=$1", "TO=$2"]
    batch = subprocess.Popen(["decompand", *words], cwd=tmp_path, stderr=subprocess.PIPE)
    with open(tmp_path / "p", "wb"):
        for thread in os.listdir(f"/proc/{batch.pid}/task"):
            children = f"/proc/{batch.pid}/task/{thread}/children"
            with open(children) as stream:
                for child in stream.read().split():
                    os.kill(int(child), signal.SIGKILL)
    _, said = batch.communicate(timeout=60)
    assert batch.returncode == 137 and b"line 1 (p): it was killed" in said
