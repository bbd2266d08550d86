"""What every refusal is: one line on standard error, an exit code, and nothing else."""

import pytest


def refusal(main):
    """Return refused(capsys, code, *words): run main so, check how it ends, give back the line."""

    def refused(capsys, code, *words):
        with pytest.raises(SystemExit) as stop:
            main(*map(str, words))
        line = capsys.readouterr().err
        assert stop.value.code == code and line.count("\n") == 1, line
        return line

    return refused
