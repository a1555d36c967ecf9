from __future__ import annotations

from typing import Any

from gvtui.decode.stdio import Stdio
from gvtui.query.processes.pipes import Pipes
from gvtui.query.processes.process import Evidence, Process

PIPE = Stdio("pipe", "pipe:[5]", 5)
OTHER = Stdio("pipe", "pipe:[6]", 6)
FILE = Stdio("file", "/tmp/x", 5)


def process(pid: int, **fields: Any) -> Process:
    return Process(pid, "c", pid, 0, Evidence.EVENT, 0, 0, **fields)


def test_both_ends_of_a_pipe_know_each_other_whoever_begins_first() -> None:
    for turned in (False, True):
        pipes, writer, reader = Pipes(), process(1), process(2)
        steps = [(writer, None, PIPE), (reader, PIPE, FILE)]
        for each in reversed(steps) if turned else steps:
            pipes.join(*each)
        assert writer.pipe_to == reader.id
        assert reader.pipe_from == writer.id


def test_other_pipes_and_files_join_nobody() -> None:
    pipes, one, two = Pipes(), process(1), process(2)
    pipes.join(one, None, PIPE)
    pipes.join(two, OTHER, None)
    pipes.join(two, FILE, None)
    assert one.pipe_to is None
    assert two.pipe_from is None


def test_a_pipe_of_another_life_is_another_pipe() -> None:
    pipes, one, two = Pipes(), process(1), process(2, life=1)
    pipes.join(one, None, PIPE)
    pipes.join(two, PIPE, None)
    assert two.pipe_from is None
