"""Exec sessions that are runs of one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvtui.query.processes.runs import LEAST, repeated_runs
from tests.query.processes.box import Box

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.query.processes.tree import ProcessTree


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "made-up.gvtrace")


def _run(box: Box, pid: int, *argv: str, name: str = "sh", ends: bool = True) -> None:
    """A session of one shell that executes something, if given."""
    fields: dict[str, Any] = {"is_exec_session": True, "process_name": name}
    box.read(box.context(pid, **fields))
    if argv:
        box.clone(pid, pid + 1000)
        box.executed(box.context(pid + 1000, **fields), *argv)
        box.task_exit(box.context(pid + 1000, **fields))
    if ends:
        box.task_exit(box.context(pid, **fields))


def _found(tree: ProcessTree) -> list[tuple[str, list[int]]]:
    runs = repeated_runs(tree, tree.roots())
    return [(key.words, [each.pid for each in own]) for key, own in runs.items()]


def test_sessions_that_did_the_same_stand_together(box: Box) -> None:
    box.read(box.context(1))
    for pid in (11, 12, 13):
        _run(box, pid, "/bin/probe", "-q")
    _run(box, 14, "/bin/nc", "10.0.0.1")
    assert _found(box.tree()) == [("[sh] » /bin/probe -q", [11, 12, 13])]


def test_one_that_runs_and_few_stand_alone(box: Box) -> None:
    for pid in range(20, 20 + LEAST - 1):
        _run(box, pid, "/bin/probe")
    _run(box, 50, "/bin/probe", ends=False)
    assert _found(box.tree()) == []


def test_other_names_terminals_and_programs_are_other_commands(box: Box) -> None:
    for pid in (11, 12, 13):
        _run(box, pid, "/bin/probe", name=f"sh{pid}")
    assert _found(box.tree()) == []


def test_what_a_dump_told_is_the_command(box: Box) -> None:
    for pid in (11, 12, 13):
        _run(box, pid)
    tree = box.tree()
    assert _found(tree) == [("[sh]", [11, 12, 13])]
    for process in tree:
        process.begin_with(["sh", "-c", "true"])
        process.listed_ns = 1
    assert _found(tree) == [("sh -c true", [11, 12, 13])]
