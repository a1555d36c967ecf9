from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.process import Process

TRACES = Path(__file__).parents[1] / "data" / "traces"


@pytest.fixture
def analysis() -> Iterator[Analysis]:
    trace = Trace.open(TRACES / "compile-2024.trace")
    found = Analysis(trace)
    while found.context.advance():
        pass
    yield found
    trace.close()


def processes(analysis: Analysis, text: str) -> set[tuple[int, str]]:
    """The ids of the processes of the rows that pass, each with the name that its rows tell."""
    trace = analysis.trace
    condition = compile_filter(text, analysis.context)
    mask = condition.mask(trace, trace.rows(0, trace.end_row), 0)
    return {
        (row.pid, trace.string(row.process)) for row in map(trace.row, mask.nonzero()[0].tolist())
    }


def pids(analysis: Analysis, text: str) -> set[int]:
    return {pid for pid, _ in processes(analysis, text)}


def test_ancestors_are_those_of_the_tree(analysis: Analysis) -> None:
    tree = analysis.processes.tree
    below = {each.pid for each in tree if any(p.name == "gcc" for p in _parents(each))}
    assert below
    assert pids(analysis, "proc.aname = gcc and proc.duration > 0s") == below
    children = {each.pid for each in tree if each.parent is not None and each.parent.name == "gcc"}
    assert pids(analysis, "proc.pname = gcc") >= children
    assert pids(analysis, "proc.aname[1] = gcc") == pids(analysis, "proc.pname = gcc")
    everyone = pids(analysis, "proc.pid > 0")
    assert pids(analysis, "proc.pid > 0 and not proc.pname exists") == {
        each.pid for each in tree if each.parent is None
    }
    assert pids(analysis, "proc.aname[0] exists") == everyone
    assert pids(analysis, "proc.aname[99] exists") == set()


def test_a_program_is_known_by_path_and_arguments(analysis: Analysis) -> None:
    programs = {
        (each.pid, entry.path, tuple(entry.args))
        for each in analysis.processes.tree
        for entry in each.programs
    }
    assert programs
    for pid, path, args in programs:
        assert pid in pids(analysis, f"proc.exepath = {path}")
        assert pid in pids(analysis, f"proc.exe = '{args[0]}'")
        assert pid in pids(analysis, f"proc.args = '{' '.join(args[1:])}'") or len(args) < 2
        assert pid in pids(analysis, f"proc.cmdline endswith '{' '.join(args[1:])}'")


def test_whole_arguments_are_compared(analysis: Analysis) -> None:
    process = next(each for each in analysis.processes.tree if each.programs)
    entry = process.programs[-1]
    whole = list(entry.args)
    assert analysis.context.facts.args(process, entry.row) == whole
    # What a process keeps of a long command line ends so; the message has all of it.
    entry.args = [*whole[:1], "…"]
    assert analysis.context.facts.args(process, entry.row) == whole


def test_of_a_command_line_whose_message_is_gone_it_is_told_that_only_the_beginning_is_compared(
    analysis: Analysis,
) -> None:
    facts = analysis.context.facts
    process = next(
        each for each in analysis.processes.tree if each.programs and each.programs[-1].exit_row > 0
    )
    entry = process.programs[-1]
    assert facts.cut_text() == ""
    entry.args = [*entry.args[:1], "…"]
    entry.row = analysis.trace.end_row + 5
    assert facts.args(process, entry.exit_row) == entry.args
    assert facts.cut_text().startswith("of 1 command line the filter compared only the beginning")


def test_how_files_are_opened(analysis: Analysis) -> None:
    trace = analysis.trace
    found = {}
    for name in ("read", "write", "create"):
        condition = compile_filter(f"evt.is_open_{name} = true", analysis.context)
        mask = condition.mask(trace, trace.rows(0, trace.end_row), 0)
        found[name] = set(mask.nonzero()[0].tolist())
        assert found[name]
    words = compile_filter("evt.arg.flags contains O_CREAT and evt.type in (open, openat, creat)")
    mask = words.mask(trace, trace.rows(0, trace.end_row), 0)
    assert found["create"] == set(mask.nonzero()[0].tolist())
    words = compile_filter("evt.arg.flags regex 'O_WRONLY|O_RDWR' and evt.type in (open, openat)")
    mask = words.mask(trace, trace.rows(0, trace.end_row), 0)
    assert found["write"] == set(mask.nonzero()[0].tolist())


def _parents(process: Process) -> Iterator[Process]:
    while process.parent is not None:
        process = process.parent
        yield process


@pytest.mark.parametrize("name", ["oldest-2022", "newest-2026"])
def test_the_rows_of_an_exec_that_is_done_have_the_command_line_of_the_new_program(
    name: str,
) -> None:
    path = Path(__file__).parents[1] / "data" / "falco" / f"{name}.trace"
    with closing(Trace.open(path)) as trace:
        analysis = Analysis(trace)
        while analysis.context.advance():
            pass
        rows = trace.rows(trace.first_row, trace.end_row)
        start = trace.first_row
        of_exec = compile_filter(
            "evt.type in (execve, sentry/execve) and fd.nameraw endswith shred"
            " or evt.type = sentry/execve and evt.arg.argv[0] endswith shred",
            analysis.context,
        ).mask(trace, rows, start)
        same = compile_filter(
            "proc.exe endswith /bin/shred and proc.cmdline startswith 'shred -n 1'"
            " and proc.args startswith '-n' and proc.exepath endswith busybox",
            analysis.context,
        ).mask(trace, rows, start)
        points = [trace.string(int(number)) for number in rows["point"][of_exec & same]]
        assert sorted(points) == ["sentry/execve", "syscall/execve/exit"]
