from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.filter.compile import compile_filter
from gvtui.query.lacking import lacking
from gvtui.trace.reader import Trace
from tests.query.resolved.world import World
from tests.trace.factory import TRACES

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
    found, messages = lacking(trace, compile_filter(text))
    assert found == needs
    assert not found or messages == 3
    trace.close()


def test_what_some_messages_have_is_not_lacking() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    assert lacking(trace, compile_filter("proc.name = nobody and user.uid = 7"))[0] == {}
    trace.close()
