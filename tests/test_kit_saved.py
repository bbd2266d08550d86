"""Commands that are kept: -save, -restore and -last."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from perijove.kit import cube, label, parm, saved
from perijove.kit.error import Error

DECLARED = label.loads("""
Name = trial  Brief = "A tool of the tests"
Group = FROM   Type = Cube  Default = "-"  Brief = "in" End_Group
Group = TO     Type = Cube  Default = "-"  Brief = "out" Mode = Output End_Group
Group = EXP    Type = Real  Unit = ms  Minimum = 0  InternalDefault = "label"  Brief = "e" End_Group
Group = SEED   Type = Integer  InternalDefault = "none"  Brief = "s" End_Group
Group = EXACT  Type = Logical  Default = Yes  Brief = "x" End_Group
Group = BANDS  Type = Integer  Count = "*"  InternalDefault = "all"  Brief = "b" End_Group
Group = NAMES  Type = String  Count = 2  InternalDefault = "none"  Brief = "n" End_Group
Group = RES    Type = Real  Units = ("px/deg", km)  InternalDefault = "none"  Brief = "r" End_Group
Group = SHIFT  Type = Real  Unit = s  Words = (LABEL)  InternalDefault = "no"  Brief = "s" End_Group
Group = NOTE   Type = String  InternalDefault = "none"  Brief = "n" End_Group
End
""")


def parsed(*words):
    return parm.parse(DECLARED, words)


def keep(path, *words):
    saved.add(str(path), saved.command(parsed(*words)))


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Return the folder that remembers commands, as yet not there."""
    folder = tmp_path / "state" / "perijove"
    monkeypatch.setenv("PERIJOVE_HISTORY", str(folder))
    return folder


@pytest.fixture
def raw(tmp_path):
    codes = np.arange(256, dtype=np.float32).reshape(1, 16, 16)
    made = cube.new(codes, Instrument={"SampleBits": 8, "SampleBitMode": "SQROOT"})
    cube.write(str(tmp_path / "raw.cub"), made, type="SignedWord")


# ------------------------------------------------------------------- -save and -restore
WORDS = ["a b", "it's", 'say "x"', "Ünïcode", os.fsdecode(b"\xff.cub"), "(x", "a,b", "null", "End"]
WORDS += [
    "end_group",
    "#x",
    "/* c */",
    "a\\b",
    "-",
    "3 <ms>",
    "x" * 200,
    "2022-07-05T09:10:11",
    "007",
]


@pytest.mark.parametrize("word", WORDS)
def test_any_text_comes_back_as_it_was_typed(tmp_path, word):
    keep(tmp_path / "a.par", f"NOTE={word}", f"FROM={word}x")
    p = parsed(f"-restore={tmp_path}/a.par")
    assert (p.NOTE, p.FROM) == (word, f"{word}x")


@pytest.mark.parametrize("word", [w for w in WORDS if w != 'say "x"'])
def test_any_text_of_a_list_comes_back(tmp_path, word):
    keep(tmp_path / "a.par", f'NAMES=("{word}",b)')
    assert parsed(f"-restore={tmp_path}/a.par").NAMES == [word, "b"]


def test_numbers_units_and_switches_come_back(tmp_path):
    seed = 2**62 + 1  # which no float holds
    keep(tmp_path / "a.par", "EXP=0.1<s>", f"SEED={seed}", "EXACT=no", "BANDS=(3,1)", "NAMES=(a,b)")
    p = parsed(f"-restore={tmp_path}/a.par")
    assert (p.EXP, p.SEED, p.EXACT, p.BANDS) == (100.0, seed, False, [3, 1])
    keep(tmp_path / "a.par", "RES=25000m", "SHIFT=label")
    p = parsed(f"-restore={tmp_path}/a.par")
    assert (p.RES, p.SHIFT) == (label.Quantity(25.0, "km"), "LABEL")
    assert saved.typed(saved.command(p)) == "'RES=25.0 <km>' SHIFT=LABEL"
    keep(tmp_path / "a.par", "EXP=3", "EXACT=no")
    assert parsed(f"-restore={tmp_path}/a.par", "EXP=", "EXACT=").EXP is None  # typed: not given
    assert parsed(f"-restore={tmp_path}/a.par", "EXP=", "EXACT=").EXACT is True


def test_what_no_label_can_hold_is_refused_rather_than_changed(tmp_path):
    with pytest.raises(Error, match="NOTE = .* is not saved"):
        keep(tmp_path / "a.par", "NOTE=\"both\" and 'both'")
    assert not (tmp_path / "a.par").exists()


def test_a_file_keeps_ten_commands_the_latest_last(tmp_path):
    for seed in range(12):
        keep(tmp_path / "a.par", f"SEED={seed}", f"NOTE=\u00e4{seed}")
    groups = saved.kept(str(tmp_path / "a.par"))
    assert [g["SEED"] for g in groups] == list(range(2, 12))
    text = (tmp_path / "a.par").read_text()
    assert text.count("Group = UserParameters\n") == 10 and text.endswith("\nEnd\n")
    assert text.count("\u00e4") == 10  # however often it was copied
    assert parsed(f"-restore={tmp_path}/a.par").SEED == 11


@pytest.mark.parametrize("there", ["Group = Mine\n  A = 1\nEnd_Group\nEnd\n", "a text"])
def test_a_file_that_is_something_else_is_not_added_to(tmp_path, there):
    (tmp_path / "a.par").write_text(there)
    with pytest.raises(Error, match="a.par: no "):
        keep(tmp_path / "a.par", "SEED=1")
    assert (tmp_path / "a.par").read_text() == there


def test_save_and_restore_of_an_executable(shell, tmp_path, raw):
    shell("decompand FROM=raw.cub TO=a.cub -save; decompand TO=b.cub -restore=decompand.par")
    shell("decompand -restore=<(cat decompand.par) TO=c.cub; cat decompand.par | decompand -rest=-")
    assert (tmp_path / "a.cub").read_bytes() != b"" and (tmp_path / "c.cub").exists()
    done = shell("decompand TO=d.cub -save=no/such.par", check=False)
    assert done.returncode == 4 and b"no/such.par: cannot be written" in done.stderr
    assert not (tmp_path / "d.cub").exists()


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", 4, "the input is empty"),
        (b"\x00\xff\x1b[31m" * 999, 4, "no End line"),
        (b"\x00\xff\x1b[31m\nEnd\n", 2, "label"),
        (b"End\n", 2, "nothing was saved here"),
        (b"Group = UserParameters\n SEED = 1\nEnd\n", 2, "a.par: "),
        (b"Group = UserParameters\n SEED = " + b"9" * 5000 + b"\nEnd_Group\nEnd\n", 2, "integer"),
        (b"Group = UserParameters\n EXP = " + b"9" * 5000 + b"\nEnd_Group\nEnd\n", 2, "number"),
        (b"Group = UserParameters\n SEED = 1e300\nEnd_Group\nEnd\n", 2, "expected an integer"),
        (b"Group = UserParameters\n EXP = fast\nEnd_Group\nEnd\n", 2, "a.par: EXP = fast"),
        (b"Group = UserParameters\n EXP = 3 <km>\nEnd_Group\nEnd\n", 2, "a value in <ms>"),
        (b"Group = UserParameters\n EXP = (1, 2)\nEnd_Group\nEnd\n", 2, "2 values, expected 1"),
        (b"Group = UserParameters\n BANDS = (1, (2, 3))\nEnd_Group\nEnd\n", 2, "BANDS: expected"),
        (b"Group = UserParameters\n BANDS = (1, Null)\nEnd_Group\nEnd\n", 2, "BANDS: expected"),
        (b"Group = UserParameters\n Group = EXP\n End_Group\nEnd_Group\nEnd\n", 2, "EXP: expected"),
        (b"Group = UserParameters\n TIME = 3\nEnd_Group\nEnd\n", 2, "parameter TIME is unknown"),
        (b"Group = UserParameters\n exp = 3 EXP = 4\nEnd_Group\nEnd\n", 2, "given twice"),
        (b"A = " + b"(" * 20000 + b"\nEnd\n", 2, "deep"),
        (b"Group = A\n" * 3000 + b"End\n", 2, "deep"),
        (b"A = {" * 2000 + b"\nEnd\n", 2, "a.par: "),
    ],
)
def test_a_file_to_restore_that_is_wrong_is_one_line(tmp_path, capsys, data, code, words):
    (tmp_path / "trial.pvl").write_text(label.dumps(DECLARED))
    (tmp_path / "a.par").write_bytes(data)
    with pytest.raises(SystemExit) as stopped:
        parm.execute(str(tmp_path / "trial.pvl"), None, [f"-restore={tmp_path}/a.par"])
    said = capsys.readouterr().err
    assert stopped.value.code == code and said.count("\n") == 1, said
    assert said.startswith("**") and words in said and "a.par" in said, said
    assert said.strip().isprintable() and len(said) < 500, said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("decompand -restore=.", "is a directory"),
        ("decompand -restore=absent.par", "no such file"),
        ("mkfifo f; (exec > f) & decompand -restore=f", "the input is empty"),
        ("mkfifo f; printf 'Group = User' > f & decompand -restore=f", "no End line"),
        ("decompand -restore=<(head -c 2000000 /dev/zero)", "no End line"),
    ],
)
def test_a_folder_and_pipes_that_close_are_one_line(shell, line, words):
    done = shell(line, check=False)
    assert done.returncode == 4 and done.stderr.startswith(b"**I/O ERROR** decompand: ")
    assert done.stderr.count(b"\n") == 1 and words in done.stderr.decode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", 4),
        (b"\x7fELF\0\0\x1b]0;\x07" * 500, 4),
        (b"Name = (" + b"(" * 5000 + b"\nEnd\n", 2),
        (b"Name = trial Brief = x Group = SEED Brief = y End_Group\nEnd\n", 2),
        (b"Name = trial Brief = x Group = SEED Type = Integer Default = soon End_Group\nEnd\n", 2),
        (b"Name = trial Brief = x Group = S Type = Integer Default = " + b"9" * 5000, 4),
        (b"Brief = x\nEnd\n", 2),
    ],
)
def test_a_damaged_parameter_file_is_one_line(tmp_path, capsys, data, code):
    (tmp_path / "trial.pvl").write_bytes(data)
    with pytest.raises(SystemExit) as stopped:
        parm.execute(str(tmp_path / "trial.pvl"), None, [])
    said = capsys.readouterr().err
    assert stopped.value.code == code and said.count("\n") == 1 and said.strip().isprintable()


# ------------------------------------------------------------------- -last
def test_last_is_the_last_command_and_what_is_typed_goes_before_it(history, shell, tmp_path, raw):
    shell("decompand FROM=raw.cub TO=a.cub")
    done = shell("decompand -last to='b c.cub'")
    assert done.stderr == b"decompand: FROM=raw.cub 'TO=b c.cub'\n"
    assert (tmp_path / "a.cub").read_bytes() == (tmp_path / "b c.cub").read_bytes()
    assert shell("decompand -last -quiet | cat > c.cub").stderr == b""
    groups = saved.kept(str(history / "decompand.par"))
    assert [dict(g.items) for g in groups] == [
        {"FROM": "raw.cub", "TO": "a.cub"},
        {"FROM": "raw.cub", "TO": "b c.cub"},
    ]  # the same command again adds none
    shell("getkey FROM=raw.cub KEYWORD=SampleBits")
    assert shell("getkey -last").stdout == b"8\n"  # each tool has its own


def test_a_command_that_failed_is_remembered_one_that_was_not_understood_is_not(
    history, shell, tmp_path, raw
):
    assert shell("decompand FROM=raw.cbu TO=a.cub", check=False).returncode == 4
    assert shell("decompand FROM=raw.cub TO=a.cub TABEL=x", check=False).returncode == 2
    shell("decompand -help; decompand -version")
    assert shell("decompand -last FROM=raw.cub").stderr == b"decompand: FROM=raw.cub TO=a.cub\n"
    assert (tmp_path / "a.cub").exists()


def test_streams_are_not_remembered(history, shell, raw):
    shell(
        "cat raw.cub | decompand TABLE=juno/compand.sav | decompand FROM=- TO=- | cat", check=False
    )
    for group in saved.kept(str(history / "decompand.par")):
        assert "FROM" not in group and "TO" not in group
    shell("rm -r state; decompand < raw.cub > a.cub; decompand -last < raw.cub | cmp a.cub -")


@pytest.mark.parametrize("off", ["", "none", "NONE"])
def test_a_history_that_is_off_writes_nothing(shell, tmp_path, raw, off):
    environment = os.environ | {"PERIJOVE_HISTORY": off, "HOME": str(tmp_path)}
    shell("decompand FROM=raw.cub TO=a.cub", env=environment)
    done = shell("decompand -last", check=False, env=environment)
    assert done.returncode == 2 and b"no command is remembered" in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["a.cub", "raw.cub"]


def test_where_commands_are_remembered(monkeypatch):
    for name in ("PERIJOVE_HISTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    assert saved.history("crop") is None
    monkeypatch.setenv("HOME", "/home/ann")
    assert saved.history("crop") == "/home/ann/.local/state/perijove/crop.par"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # to be ignored, says the specification
    assert saved.history("crop") == "/home/ann/.local/state/perijove/crop.par"
    monkeypatch.setenv("XDG_STATE_HOME", "/var/ann")
    assert saved.history("crop") == "/var/ann/perijove/crop.par"
    monkeypatch.setenv("PERIJOVE_HISTORY", "/h")
    assert saved.history("crop") == "/h/crop.par"


def test_nothing_to_take_is_an_error(history, shell):
    done = shell("decompand -last", check=False)
    assert done.returncode == 2 and b"no command of decompand is remembered" in done.stderr


@pytest.mark.parametrize("wrong", ["a file", "a folder", "garbage", "a device"])
def test_a_place_that_cannot_be_written_to_stops_no_tool(shell, tmp_path, raw, wrong):
    place = tmp_path / "h"
    if wrong == "a file":
        place.write_text("")
    elif wrong == "a device":
        place = "/dev/null"
    else:
        place.mkdir()
        if wrong == "a folder":
            (place / "decompand.par").mkdir()
        else:
            (place / "decompand.par").write_bytes(b"\x00\xff" * 5000 + b"\nEnd\n")
    environment = os.environ | {"PERIJOVE_HISTORY": str(place)}
    done = shell("decompand FROM=raw.cub TO=a.cub", env=environment)
    assert done.stderr == b"" and (tmp_path / "a.cub").exists()
    if wrong == "garbage":  # which is begun anew
        assert len(saved.kept(str(place / "decompand.par"))) == 1


def test_many_at_once_leave_a_whole_file(history):
    code = textwrap.dedent("""
        import sys
        from perijove.kit import label, parm, saved
        declared = label.loads("Name = trial Group = SEED Type = Integer End_Group")
        for n in range(60):
            saved.remember(parm.parse(declared, [f"SEED={sys.argv[1]}{n:03d}"]))
    """)
    many = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(1, 6)]
    path = history / "trial.par"
    while any(process.poll() is None for process in many):
        if path.exists():
            assert 1 <= len(saved.kept(str(path))) <= 10  # kept raises where the file is torn
    assert [process.returncode for process in many] == [0] * 5
    assert len(saved.kept(str(path))) == 10 and os.listdir(history) == ["trial.par"]


def test_remembering_imports_nothing_heavy(history):
    code = (
        "import sys; from perijove.kit import label, parm, saved;"
        "d = label.loads('Name = trial Group = A Type = Real InternalDefault = x End_Group');"
        "saved.remember(parm.parse(d, ['A=1'])); saved.remember(parm.parse(d, ['A=2']));"
        "print(sorted({'numpy', 'pvl', 'shlex', 'tempfile', 'subprocess'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n" and len(saved.kept(str(history / "trial.par"))) == 2
