import os
import pty
import signal
import subprocess

import numpy as np
import pytest

from passage import JUNOCAM, made, passage, strip
from perijove.kit import cube, label, page, parm, reserved
from perijove.kit.error import Error

DECLARED = label.loads("""
Name = trial  Brief = "A tool of the tests"
Group = FROM   Type = Cube  Default = "-"  Brief = "in" End_Group
Group = TO     Type = Cube  Default = "-"  Brief = "out" Mode = Output End_Group
Group = EXP    Type = Real  Unit = ms  Minimum = 0  InternalDefault = "label"  Brief = "e" End_Group
Group = EXACT  Type = Logical  Default = Yes  Brief = "x" End_Group
Group = MODE   Type = Combo  Valid = (SUBTRACT, DIVIDE)  Default = SUBTRACT Brief = "m" End_Group
Group = BANDS  Type = Integer  Count = "*"  InternalDefault = "all"  Brief = "b" End_Group
Group = NAMES  Type = String  Count = 2  InternalDefault = "none"  Brief = "n" End_Group
Group = TABLE  Type = Table  Default = "juno/compand.sav"  Brief = "t" End_Group
End
""")


def values(*words):
    return parm.parse(DECLARED, words).values


def test_case_prefix_units_and_lists_as_isis_takes_them():
    assert values("exp=360ms")["EXP"] == values("EXP=0.36<s>")["EXP"] == values("Exp = 360")["EXP"]
    assert values("EXP=", "3e2")["EXP"] == 300.0
    assert values("EXP", "=", "5")["EXP"] == 5.0
    assert values("exa=no")["EXACT"] is False and values("mode=div")["MODE"] == "DIVIDE"
    assert values("bands=(3,1,2)")["BANDS"] == [3, 1, 2] and values("bands=7")["BANDS"] == [7]
    assert values("names=(\"a b\",'c,d')")["NAMES"] == ["a b", "c,d"]
    assert values("FROM=a=b.cub")["FROM"] == "a=b.cub"
    assert values("EXP=")["EXP"] is None


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("EX=1", "parameter EX is not unique: EXP, EXACT"),
        ("MODDE=x", "parameter MODDE is unknown; did you mean MODE?"),
        ("EXP=fast", "EXP = fast: expected a number in <ms>"),
        ("EXP=3<km>", "EXP = 3.0 <km>: expected a value in <ms>"),
        ("EXP=-1", "EXP = -1: expected at least 0"),
        ("EXP=nan", "EXP = nan: expected a number"),
        ("EXACT=perhaps", "EXACT = perhaps: expected YES or NO"),
        ("MODE=ADD", "MODE = ADD is unknown"),
        ("BANDS=1.5", "BANDS = 1.5: expected an integer"),
        ("BANDS=2km", "BANDS takes no unit"),
        ("NAMES=(a)", "1 values, expected 2"),
        ("NAMES=(a,b", "a list is"),
        ('NAMES=(a,"b)', "a list is"),
        ("NAMES=(a,(b))", "a list is"),
        ("NAMES=(a,b)c", "a list is"),
        ("BANDS=()", "expected an integer"),
        ("BANDS=1_000", "BANDS = 1_000: expected an integer"),
        ("BANDS=9223372036854775808", "expected an integer"),  # 2^63
        ("BANDS=" + "9" * 5000, "expected an integer"),
        ("EXP=" + "9" * 5000, "expected a number"),
        ("stray", "stray is no KEY=value"),
        ("=stray", "=stray is no KEY=value"),
        ("-", "- is no KEY=value"),
        ("--", "-- is no KEY=value"),
        ("", "'' is no KEY=value"),
    ],
)
def test_a_wrong_word_says_what_was_found_and_expected(word, message):
    with pytest.raises(Error) as caught:
        values(word)
    assert message in str(caught.value)


def test_twice_given_is_an_error():
    with pytest.raises(Error, match="parameter EXP is given twice"):
        values("EXP=1", "exp=2")
    with pytest.raises(Error, match="-quiet is given twice"):
        values("-quiet", "-QU")


def test_lists_are_taken_to_the_letter():
    assert values('names=("",b)')["NAMES"] == ["", "b"]
    assert values(r"names=( a\,b , 'c\d' )")["NAMES"] == ["a,b", r"c\d"]
    assert values("bands=-3")["BANDS"] == [-3]
    assert values("bands=", "-3")["BANDS"] == [-3] and values("from=", "-")["FROM"] == "-"
    assert values("bands=(9007199254740993,1e3)")["BANDS"] == [2**53 + 1, 1000]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("-gui", "-gui is ISIS's: there is no window; NAME -help tells the parameters"),
        ("-NOGUI", "-nogui is ISIS's: there is no window: leave -nogui away"),
        ("-webh", "perijove -man=NAME prints the manual page"),
        ("-info=x", "-info is ISIS's: NAME -version tells the version, -log=FILE keeps"),
        ("-verb", "a tool speaks unless -quiet is given"),
        ("-preference=p", "there are no preferences; -restore=FILE gives parameters"),
        ("-pid=3", "-pid is ISIS's: there is no window"),
        ("-l", "reserved parameter l is not unique: last, log"),
        ("-p", "reserved parameter p is not unique: preference, pid"),
        ("-ver", "reserved parameter ver is not unique: version, verbose"),
        ("-batchlst=x", "reserved parameter batchlst is unknown; did you mean BATCHLIST?"),
        (
            "-onerrorcontinue",
            "reserved parameter onerrorcontinue is unknown; did you mean ONERROR?",
        ),
        ("-quiet=yes", "-quiet = yes: -quiet takes no value"),
        ("-last=2", "-last = 2: -last takes no value"),
        ("-log", "-log needs a value: -log=FILE"),
        ("-restore=", "-restore needs a value: -restore=FILE"),
        ("-jobs", "-jobs needs a value: -jobs=N"),
        ("-jobs=two", "-jobs = two: expected an integer, 1 to 1024"),
        ("-jobs=-1", "expected an integer, 1 to 1024"),
        ("-jobs=1025", "expected an integer, 1 to 1024"),
        ("-jobs=" + "9" * 5000, "expected an integer, 1 to 1024"),
        ("-jobs=\u00b2", "expected an integer, 1 to 1024"),
        ("-cluster", "-cluster needs a value: -cluster=ADDRESS"),
        (
            "-cluster=host",
            "-cluster = host: expected the address of a scheduler, as tcp://host:8786",
        ),
        ("-cluster=tcp://host:0", "expected the address of a scheduler"),
        ("-cluster=host:65536", "expected the address of a scheduler"),
        ("-cluster=http://host:8786", "expected the address of a scheduler"),
        ("-cluster=tcp://a b:8786", "expected the address of a scheduler"),
        ("-cluster=host:8786", "-cluster goes with -batchlist only"),
        ("-onerror=continue", "-onerror goes with -batchlist only"),
        ("-errlist=todo", "-errlist goes with -batchlist only"),
    ],
)
def test_a_reserved_word_that_is_wrong_says_what_to_do(word, message):
    with pytest.raises(Error) as caught:
        values(word)
    assert message in str(caught.value)


def test_some_tools_take_words_of_a_list_without_one():
    """Those whose parameter files say so."""
    words = ["-cluster=host:8786", "-onerror=cont", "-errlist=todo"]
    spread = label.loads("Name = trial\n Cluster = Yes\n OnError = Yes")
    p = parm.parse(spread, words)
    assert p.reserved == {"cluster": "tcp://host:8786", "onerror": "CONTINUE", "errlist": "todo"}
    assert not p.history().group("UserParameters").items
    spread.update(Brief="Trial")
    assert "`-cluster`, `-onerror`, `-errlist` need no `-batchlist`" in page.document(spread)
    with pytest.raises(Error, match="-onerror goes with -batchlist only"):
        parm.parse(label.loads("Name = trial\n Cluster = Yes\n OnError = No"), words)
    with pytest.raises(Error, match="-cluster goes with -batchlist only"):
        parm.parse(label.loads("Name = trial\n OnError = Yes"), words)


@pytest.mark.parametrize("address", ["tcp://[::1]:8786", "tls://10.0.0.1:1", "tcp://a-b.c_d:65535"])
def test_addresses_of_schedulers(address):
    spread = label.loads("Name = trial\n Cluster = Yes")
    assert parm.parse(spread, [f"-cluster={address}"]).reserved["cluster"] == address


def test_last_and_restore_exclude_each_other():
    with pytest.raises(Error, match="-last and -restore exclude each other"):
        values("-last", "-restore=a.par")


def test_precedence_is_command_line_then_saved_then_label_then_table_then_default(tmp_path):
    (tmp_path / "a.par").write_text("Group = UserParameters\n EXP = 0.7 <s>\nEnd_Group\nEnd\n")
    restore = f"-restore={tmp_path}/a.par"
    for words, label_, table, expected, source in (
        (["EXP=5", restore], 4.0, 3.0, 5.0, "CommandLine"),
        ([restore], 4.0, 3.0, 700.0, "Restored"),
        ([], 4.0, 3.0, 4.0, "Label"),
        ([], None, 3.0, 3.0, "Table"),
        ([], None, None, None, "Default"),
    ):
        p = parm.parse(DECLARED, words)
        assert p.resolve("EXP", label=label_, table=table) == expected
        assert p.sources["EXP"] == source


def test_history_holds_values_with_sources_and_no_path(tmp_path):
    table = tmp_path / "mine.sav"
    table.write_text("x")
    p = parm.parse(DECLARED, ["FROM=a.cub", "TO=b.cub", "EXP=5", f"TABLE={table}"])
    p.use(str(table))
    entry = p.history()
    assert entry.group("UserParameters")["EXP"] == label.Quantity(5.0, "ms")
    assert entry.group("UserParameters")["TABLE"] == "mine.sav"
    assert "FROM" not in entry.group("UserParameters") and "TO" not in entry.group("UserParameters")
    assert entry.group("Sources")["EXP"] == "CommandLine"
    assert entry.group("Sources")["MODE"] == "Default"
    # sha256 of "x", from coreutils
    assert entry.group("Files")["mine.sav"].startswith("2d711642b726b04401627ca9fbac32f5")
    assert str(tmp_path) not in label.dumps(entry)


def raw_cube(path, **instrument):
    codes = np.arange(256, dtype=np.float32).reshape(1, 16, 16)
    made = cube.new(codes, Instrument={"SampleBits": 8, "SampleBitMode": "SQROOT", **instrument})
    cube.write(str(path), made, type="SignedWord")


def test_the_reserved_parameters_of_an_executable(shell, tmp_path):
    raw_cube(tmp_path / "raw.cub")
    assert shell("decompand -version").stdout.startswith(b"decompand 0.")
    assert b"TABLE" in shell("decompand -help").stdout
    assert b"compand.sav" in shell("decompand -help=tab").stdout
    assert shell("perijove decompand --help").stdout == shell("decompand -HELP").stdout
    shell("decompand FROM=raw.cub TO=a.cub -log=run.txt -quiet")
    assert (tmp_path / "run.txt").read_text() == "decompand: run: FROM=raw.cub TO=a.cub -quiet\n"


def test_help_tells_the_reserved_parameters(shell):
    words = shell("decompand -help").stdout.decode()
    for name in reserved.RESERVED:
        assert f"\n  -{name}" in words
    assert max(map(len, words.splitlines())) <= 100


def test_a_wrong_word_is_kept_in_the_log_too(shell, tmp_path):
    shell("decompand TABEL=x -log=run.txt", check=False)
    assert "**USER ERROR** decompand: parameter TABEL" in (tmp_path / "run.txt").read_text()


def test_an_error_never_plays_with_the_terminal(shell):
    done = shell(r"decompand FROM=$'\e[31m\a\xff\u202e.cub'", check=False)
    assert done.stderr.startswith(b"**I/O ERROR** decompand: \\x1b[31m\\x07\\udcff\\u202e.cub: ")


@pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("HUP", 129), ("INT", 130)])
def test_a_signal_leaves_no_half_file(tmp_path, drained, name, code):
    raw_cube(tmp_path / "raw.cub")
    os.mkfifo(tmp_path / "pipe")
    line = ["decompand", "FROM=pipe", "TO=a.cub"]
    done = subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.PIPE)
    with open(tmp_path / "pipe", "wb") as pipe:
        pipe.write((tmp_path / "raw.cub").read_bytes()[:-100])
        pipe.flush()
        drained(pipe)
        assert list(tmp_path.glob(".a.cub*"))
        done.send_signal(getattr(signal, f"SIG{name}"))
        assert done.communicate(timeout=60) == (None, b"") and done.returncode == code
    assert sorted(os.listdir(tmp_path)) == ["pipe", "raw.cub"]


def test_jobs_are_the_threads_of_a_tool():
    assert parm.parse(DECLARED, ["-jobs=3"]).jobs == 3
    assert parm.parse(DECLARED, []).jobs == len(os.sched_getaffinity(0))


def test_jobs_are_the_threads_of_opencv(tmp_path):
    (tmp_path / "trial.pvl").write_text(label.dumps(DECLARED))
    code = (
        "from perijove.kit import parm\n"
        "def load():\n    import cv2\n    return lambda p: print(cv2.getNumThreads())\n"
        "for n in '35': parm.execute('trial.pvl', load, ['-jobs=' + n])\n"
    )
    done = subprocess.run(["python", "-c", code], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b"3\n5\n"


def test_the_same_bytes_with_any_number_of_jobs(shell, tmp_path):
    """Through the filters of OpenCV (flatten) and the workers of the resampling (midplane)."""
    g = passage(20000, frames=8, camera=JUNOCAM.summed(4))
    cube.write(str(tmp_path / "geo.cub"), made(g, strip(g), InterFrameDelay=0.372))
    for jobs in (1, 2, 5):
        shell(
            f"midplane FROM=geo.cub TO=mid{jobs}.cub -quiet -jobs={jobs};"
            f"flatten FROM=mid{jobs}.cub TO=flat{jobs}.cub -jobs={jobs}"
        )
    for name in ("mid", "flat"):
        first, *others = ((tmp_path / f"{name}{jobs}.cub").read_bytes() for jobs in (1, 2, 5))
        assert all(other == first for other in others)


def test_exit_codes_and_one_line(shell, tmp_path):
    raw_cube(tmp_path / "raw.cub")
    raw_cube(tmp_path / "linear.cub", SampleBits=12)
    for line, code, kind in (
        ("decompand FROM=absent.cub TO=a.cub", 4, "**I/O ERROR** decompand: absent.cub"),
        ("decompand FROM=raw.cub TO=no/such/a.cub", 4, "**I/O ERROR** decompand: no/such/a.cub"),
        ("decompand FROM=raw.cub TO=.", 4, "**I/O ERROR** decompand: .: cannot be written"),
        ("decompand FROM=linear.cub TO=a.cub", 2, "**USER ERROR** decompand: "),
        ("decompand TABEL=x", 2, "**USER ERROR** decompand: parameter TABEL is unknown"),
        ("decompand < /dev/null", 4, "**I/O ERROR** decompand: -: the input is empty"),
        ("decompand FROM=raw.cub > /dev/full", 4, "**I/O ERROR** decompand: "),
        (
            "head -c 70000 raw.cub | tee a1 | head -c 66000 | decompand | cat > a2",
            4,
            "**I/O ERROR**",
        ),
        ("perijove nothing", 2, "**USER ERROR** perijove: no tool nothing"),
    ):
        done = shell(line, check=False)
        assert done.returncode == code, (line, done.stderr)
        assert done.stderr.decode().startswith(kind) and done.stderr.count(b"\n") == 1, done.stderr
    assert not (tmp_path / "a.cub").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_a_reader_that_stops_early_ends_the_chain_quietly(shell, tmp_path):
    codes = np.zeros((3, 1000, 1648), np.float32)
    made = cube.new(codes, Instrument={"SampleBits": 8, "SampleBitMode": "SQROOT"})
    cube.write(str(tmp_path / "raw.cub"), made, type="SignedWord")
    done = shell("decompand FROM=raw.cub | head -c 100")
    assert done.stderr == b"" and len(done.stdout) == 100


def test_piped_or_filed_the_same_bytes(shell, tmp_path):
    raw_cube(tmp_path / "raw.cub")
    shell("decompand FROM=raw.cub TO=a.cub; cat raw.cub | decompand | cat > b.cub")
    assert (tmp_path / "a.cub").read_bytes() == (tmp_path / "b.cub").read_bytes()


def test_a_device_is_written_to_and_never_replaced(shell, tmp_path):
    raw_cube(tmp_path / "raw.cub")
    shell("mkfifo pipe; cat pipe > a.cub & decompand FROM=raw.cub TO=pipe; wait; test -p pipe")
    shell("decompand FROM=raw.cub TO=b.cub")
    assert (tmp_path / "a.cub").read_bytes() == (tmp_path / "b.cub").read_bytes()


def test_what_nobody_foresaw_is_exit_3_one_line_and_a_traceback_in_the_log(tmp_path, capsys):
    pvl = tmp_path / "trial.pvl"
    pvl.write_text(label.dumps(DECLARED))

    def load():
        return lambda p: 1 / 0

    with pytest.raises(SystemExit) as stopped:
        parm.execute(str(pvl), load, [f"-log={tmp_path}/run.txt"])
    said = capsys.readouterr().err
    assert stopped.value.code == 3 and said.count("\n") == 1
    assert said.startswith("**PROGRAMMER ERROR** trial: ZeroDivisionError: division by zero")
    assert "Traceback" in (tmp_path / "run.txt").read_text()


def test_a_cube_is_never_written_to_a_terminal(tmp_path):
    raw_cube(tmp_path / "raw.cub")
    terminal, ours = pty.openpty()
    line = ["decompand", f"FROM={tmp_path}/raw.cub"]
    done = subprocess.run(line, stdout=ours, stderr=subprocess.PIPE, text=True)
    os.close(terminal), os.close(ours)
    assert done.returncode == 2
    assert "TO is the terminal: give TO=file or pipe the cube on" in done.stderr
