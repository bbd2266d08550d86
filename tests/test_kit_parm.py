import os
import pty
import subprocess

import numpy as np
import pytest

from perijove.kit import cube, label, parm
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
        ("stray", "stray is no KEY=value"),
        ("-verbos", "reserved parameter verbos is unknown"),
    ],
)
def test_a_wrong_word_says_what_was_found_and_expected(word, message):
    with pytest.raises(Error) as caught:
        values(word)
    assert message in str(caught.value)


def test_twice_given_is_an_error():
    with pytest.raises(Error, match="parameter EXP is given twice"):
        values("EXP=1", "exp=2")


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


def test_what_was_saved_can_be_restored(tmp_path):
    parm.parse(DECLARED, [f"-save={tmp_path}/a.par", "EXP=5", "names=(a b,c)", "mode=div"])
    p = parm.parse(DECLARED, [f"-restore={tmp_path}/a.par"])
    assert (p.EXP, p.NAMES, p.MODE) == (5.0, ["a b", "c"], "DIVIDE")


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
    assert "FROM=raw.cub" in (tmp_path / "run.txt").read_text()


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
