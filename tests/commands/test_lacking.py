from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.cli import run
from tests.query.resolved.world import World

if TYPE_CHECKING:
    import pytest

PROCESSES = Path(__file__).parents[1] / "data" / "processes"
_WORDS = "gvtui: the filter cannot know proc.name: process_name is missing in all 2 messages\n"


def test_what_a_filter_cannot_know_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/x")
    world.open(4, "/y")
    world.writer.close()
    words = [str(world.path), "--filter", "proc.name = cat"]
    for command in (["print", *words], ["print", *words, "--stats"]):
        assert run(command) == 0
        assert capfd.readouterr().err == _WORDS
    assert run(["convert", words[0], str(tmp_path / "b.jsonl"), *words[1:]]) == 0
    assert _WORDS in capfd.readouterr().err
    assert run(["print", str(world.path), "--filter", "proc.pid = 7"]) == 0
    assert capfd.readouterr().err == ""


def test_a_recording_of_a_session_without_process_names(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = shutil.copy(PROCESSES / "no-process-name.gvtrace", tmp_path)
    assert run(["print", str(path), "--filter", "proc.name = cat"]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "cannot know proc.name: process_name is missing in all 35" in err


def test_that_nobody_tells_who_came_in_from_outside_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/x")
    world.open(4, "/y")
    world.writer.close()
    words = [str(world.path), "--filter", "context.is_exec_session = false"]
    said = "gvtui: of 2 messages the filter cannot know whether their processes are of an exec"
    for command in (["print", *words], ["print", *words, "--stats"]):
        assert run(command) == 0
        assert capfd.readouterr().err.startswith(said)
    assert run(["convert", words[0], str(tmp_path / "b.jsonl"), *words[1:]]) == 0
    assert said in capfd.readouterr().err
