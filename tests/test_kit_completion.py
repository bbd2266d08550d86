"""Completion in shells: what TAB offers."""

import os
import pty
import select
import shutil
import subprocess
import time

import pytest

TRIAL = """
_perijove_try() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _perijove
    printf '%s\\n' "${COMPREPLY[@]}"
}
"""


@pytest.fixture(scope="module")
def script():
    """Return the completion script of a shell."""

    def of(name):
        words = ["perijove", f"-completion={name}"]
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout

    return of


@pytest.fixture(scope="module")
def bash(script):
    return script("bash") + TRIAL


@pytest.fixture
def offered(bash, tmp_path):
    """Return a function that gives what bash offers for words, the last being completed."""

    def offer(*words):
        line = ["bash", "--norc", "-c", bash + '_perijove_try "$@"', "bash", *words]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=True, text=True)
        assert done.stderr == ""
        return [word for word in done.stdout.split("\n") if word]

    return offer


def test_bash_takes_the_script_and_each_tool_has_it(bash, shell):
    assert shell("perijove -completion=bash | bash -n").stderr == b""
    assert shell("perijove -COMPL=bas").stdout.decode() + TRIAL == bash
    found = shell("source <(perijove -completion=bash); complete -p decompand perijove crop")
    assert found.stdout.count(b"-F _perijove") == 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("flatten SIG", ["SIGMA="]),
        ("flatten sig", ["sigma="]),
        ("flatten Sig", ["sigma="]),
        ("perijove flatten SIG", ["SIGMA="]),
        ("/usr/bin/flatten SIG", ["SIGMA="]),
        ("flatten FROM = a.cub SIGMA = 3 F", ["FILTER="]),  # FROM is there
        ("flatten FROM=a.cub SIGMA=3 F", ["FILTER="]),  # where = breaks no words
        ("flatten XY", []),
        ("flatten MODE = ", ["SUBTRACT", "DIVIDE"]),
        ("flatten MODE =", ["SUBTRACT", "DIVIDE"]),
        ("flatten MODE = s", ["SUBTRACT"]),
        ("flatten mo = s", ["SUBTRACT"]),  # a unique prefix, as on the command line
        ("flatten MODE=s", ["MODE=SUBTRACT"]),
        ("perijove flatten MODE = D", ["DIVIDE"]),
        ("flatten XY = ", []),
        ("stretch M = ", []),  # MINPERCENT or MAXPERCENT
        ("stretch PERBAND = ", ["YES", "NO"]),
        ("stretch OUTMIN = ", []),
        ("flatten -on", ["-onerror="]),
        ("flatten -cl", ["-cluster="]),
        ("flatten -LA", ["-last"]),
        ("flatten -quiet -q", []),
        ("flatten -onerror = c", ["CONTINUE"]),
        ("flatten -help = MO", ["MODE"]),
        ("perijove decom", ["decompand"]),
        ("perijove -comp", ["-completion="]),
        ("perijove -completion = ", ["bash", "zsh", "fish"]),
        ("perijove -man = decom", ["decompand"]),
        ("perijove nothing FR", []),
    ],
)
def test_words_offered_by_bash(offered, words, expected):
    words = words.split(" ")
    assert offered(*words) == expected


def test_every_reserved_parameter_and_every_tool_is_offered(offered, shell):
    from perijove.__main__ import tools
    from perijove.kit.reserved import RESERVED

    assert [w.strip("-=") for w in offered("crop", "-")] == list(RESERVED)
    assert set(tools()) < set(offered("perijove", ""))


def test_files_offered_by_bash(offered, tmp_path):
    for name in ("a.cub", "my file.cub", "t.sav", "x.txt", "c.par"):
        (tmp_path / name).write_text("")
    (tmp_path / "sub.cub").mkdir()
    (tmp_path / "sub.cub/b.cub").write_text("")
    assert sorted(offered("crop", "FROM", "=")) == ["a.cub", "my file.cub", "sub.cub"]
    assert offered("crop", "FROM", "=", "sub.cub/") == ["sub.cub/b.cub"]
    assert offered("crop", "FROM", "=", "x") == ["x.txt"]  # none has the usual ending
    assert offered("crop", "FROM", "=", '"my') == ["my file.cub"]
    assert offered("crop", "FROM", "=", "my\\ f") == ["my file.cub"]
    assert offered("crop", "from=a") == ["from=a.cub"]
    assert offered("decompand", "TABLE", "=", "t") == ["t.sav"]
    assert offered("decompand", "-restore", "=", "c") == ["c.par"]
    assert sorted(offered("catlab", "FROM", "=")) == sorted(os.listdir(tmp_path))


def test_a_terminal_completes_as_one_types(bash, tmp_path):
    """What the functions offer is what readline makes of it, with its own word breaks."""
    (tmp_path / "my file.cub").write_text("")
    (tmp_path / "rc").write_text(bash + "PS1='$ '\nbind 'set bell-style none'\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.environ.update(TERM="dumb", INPUTRC="/dev/null")
        os.execvp("bash", ["bash", "--noprofile", "--rcfile", "rc", "-i"])
    shown = b""

    def until(words):
        nonlocal shown
        end = time.monotonic() + 30
        while words not in shown:
            ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
            assert ready, (words, shown)
            shown += os.read(terminal, 4096)
        shown = b""

    try:
        until(b"$ ")
        for typed, completed in (
            (b"echo;flatten MO\t", b"flatten MODE="),
            (b"s\t", b"SUBTRACT "),
            (b"fr\t", b"from="),
            (b"my\t", b"my\\ file.cub "),
            (b"-las\t", b"-last "),
        ):
            os.write(terminal, typed)
            until(completed)
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_other_shells(script, tmp_path, name):
    text = script(name)
    assert f"perijove -completion={name}" in text and "SUBTRACT DIVIDE" in text
    if shutil.which(name):  # what they offer is checked where they are
        (tmp_path / "script").write_text(text)
        subprocess.run([name, "-n", "script"], cwd=tmp_path, check=True)
    if name == "fish" and shutil.which(name):
        line = "source script; complete -C 'flatten MODE=s'; complete -C 'flatten sig'"
        done = subprocess.run([name, "-N", "-c", line], cwd=tmp_path, capture_output=True)
        assert done.stdout.split() == [b"MODE=SUBTRACT", b"SIGMA="]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-completion", "-completion needs a value: -completion=SHELL"),
        ("-completion=tcsh", "-completion = tcsh is unknown; did you mean ZSH? (there are bash"),
        ("-completion=", "-completion needs a value"),
        ("-comp=bash -help=x", "-help takes no value"),
        ("-gui", "-gui is ISIS's: there is no window"),
    ],
)
def test_refusals(shell, words, said):
    done = shell(f"perijove {words}", check=False)
    assert done.returncode == 2 and done.stderr.startswith(b"**USER ERROR** perijove: ")
    assert said in done.stderr.decode() and done.stderr.count(b"\n") == 1
