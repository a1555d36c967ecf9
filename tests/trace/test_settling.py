from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.settling import Settling
from tests.trace.factory import read_message, write_trace


def said(*arguments: Path) -> tuple[int, list[list[str]]]:
    """The exit code of the process, and the words of each of its lines."""
    command = [sys.executable, "-m", "gvtui.trace.settling", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, [line.split("\t") for line in done.stdout.splitlines()]


def test_it_says_what_it_does(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()] * 20)])
    code, lines = said(path, tmp_path)
    assert (code, lines[-1]) == (0, ["settled"])
    assert lines[0][:2] == ["checked", "22"]
    index = files.index_path(path)
    index.unlink()
    code, lines = said(path, tmp_path)
    assert (code, lines[-1]) == (0, ["made", str(index), str(files.strings_path(path))])
    assert lines[0][0] == "making"
    path.unlink()
    code, lines = said(path, tmp_path)
    assert (code, lines[-1][0]) == (1, "failed")
    assert "No such file" in lines[-1][1]


def test_lines_may_come_in_pieces(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()] * 20)])
    settling = Settling(path, 5)
    assert settling.rows == 5
    settling.wait()
    assert settling.is_done
    assert (settling.rows, settling.progress, settling.made, settling.problem) == (
        22,
        1.0,
        None,
        "",
    )
    settling.close()


def test_a_process_that_ends_early_is_told(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    settling = Settling(path, 0)
    settling.poll()
    assert settling._process is not None
    settling._process.kill()
    settling._process.wait()
    settling._rest = b"x" * 10_000
    settling.wait()
    assert settling.is_done
    settling.close()


@pytest.mark.parametrize("words", [["checked", "10", "1", "2"], ["making", "1", "2"]])
def test_progress_is_a_share(tmp_path: Path, words: list[str]) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    settling = Settling(path, 3)
    settling._take(words)
    assert settling.progress == 0.5
    assert settling.is_making == (words[0] == "making")
    assert settling.rows == (10 if words[0] == "checked" else 3)
    settling.close()


def test_it_begins_when_it_is_first_looked_at(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    unseen, seen = Settling(path, 0), Settling(path, 0)
    assert unseen._process is None
    unseen.close()
    seen.poll()
    assert seen._process is not None
    seen.close()


def test_where_no_process_can_be_started_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    settling = Settling(tmp_path / "a.gvtrace", 0)
    settling.wait()
    assert settling.is_done
    assert "python does not start" in settling.problem
    settling.close()
