from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.filter.compile import compile_filter
from gvtui.query.lacking import lacking, program_needs, untold_programs
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.query.resolved.world import World
from tests.trace.factory import TRACES
from tests.trace.recorder import open_message

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("proc.name = cat", {"process_name": ["proc.name"]}),
        (
            "not proc.name = cat or user.uid = 0 and proc.pid = 1",
            {"process_name": ["proc.name"], "credentials": ["user.uid"]},
        ),
        ("proc.pid = 1 and proc.pname = cat and evt.time > 00:00", {}),
        ("container.id = box", {}),
        ("", {}),
    ],
)
def test_what_no_message_has_is_lacking(
    tmp_path: Path, text: str, needs: dict[str, list[str]]
) -> None:
    world = World(tmp_path / "a.gvtrace")
    for fd in (3, 4, 5):
        world.open(fd, "/x")
    world.writer.close()
    trace = Trace.open(world.path)
    found = lacking(trace, compile_filter(text))
    assert {each.need: each.names for each in found} == needs
    assert all(each.absent == each.messages == 3 for each in found)
    trace.close()


def test_what_most_messages_have_is_not_lacking() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    assert lacking(trace, compile_filter("proc.name = nobody and user.uid = 7")) == []
    trace.close()


@pytest.mark.parametrize(("without", "is_lacking"), [(1, False), (2, False), (3, True)])
def test_what_most_messages_lack_is_lacking_with_how_many_do(
    tmp_path: Path, *, without: int, is_lacking: bool
) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, 1, {})
    for number in range(5 - without):
        writer.message(1, 2, open_message(f"/{number}", pid=7))
    for number in range(without):
        writer.message(1, 2, open_message(f"/{number}", pid=0))
    writer.close()
    trace = Trace.open(path)
    found = [each.text for each in lacking(trace, compile_filter("proc.pid = 7"))]
    words = "the filter cannot know proc.pid: group_id is missing in 3 of 5 messages"
    assert found == ([words] if is_lacking else [])
    trace.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proc.exe_origin = new", ["binary_info"]),
        ("proc.sha256 = 1234 or proc.stdin.type = ipv4", ["binary_sha256", "fd_info"]),
        ("proc.exe_writable = true and proc.exepath = /bin/sh", []),
    ],
)
def test_what_no_message_tells_of_programs_is_lacking(text: str, expected: list[str]) -> None:
    condition = compile_filter(text)
    assert list(program_needs(condition)) == expected
    old = Trace.open(TRACES / "compile-2024.trace")
    assert untold_programs(old, condition) == [
        f"the filter cannot know {names[0]}: no message of sentry/execve tells {need}, which gVisor "
        "has since 2026"
        for need, names in program_needs(condition).items()
    ]
    old.close()
    new = Trace.open(TRACES.parent / "newest" / "investigation.gvtrace")
    assert untold_programs(new, condition) == []
    new.close()
