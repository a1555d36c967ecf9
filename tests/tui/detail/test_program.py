from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.trace.reader import Trace
from gvtui.tui.detail.program import program_lines
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2
from tests.query.processes.box import Box
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model

DATA = Path(__file__).parents[2] / "data"


def model_of(name: str) -> Model:
    model = FakeViewer(trace=Trace.open(DATA / name)).model
    while model.analysis.context.advance():
        pass
    return model


def test_the_program_of_a_row_is_told() -> None:
    model = model_of("newest/investigation.gvtrace")
    lines = dict(program_lines(model, 545))
    assert lines["program"] == "/bin/busybox"
    assert lines["program from"].startswith("image ")
    assert lines["program's sha256"].startswith("3d9f2889")
    assert lines["program's stdin"] == "socket 127.0.0.1:60110 ⇄ 127.0.0.1:8081"
    assert lines["notice"] == "◀ shell on a socket 127.0.0.1:60110 ⇄ 127.0.0.1:8081"
    # The exec's own row has the digests among its fields.
    assert "program's sha256" not in dict(program_lines(model, 542))


def test_the_other_end_of_a_pipe_is_told() -> None:
    model = model_of("newest/investigation.gvtrace")
    assert dict(program_lines(model, 78))["program's stdin"] == "pipe:[5]   from pid 1901"
    assert dict(program_lines(model, 71))["program's stdout"] == "pipe:[5]   to pid 1902"


def test_mapped_code_is_told_in_the_same_words(tmp_path: Path) -> None:
    memory = dict(program_lines(model_of("newest/investigation.gvtrace"), 306))
    assert memory["mapped code from"] == "MEMORY   anonymous executable memory"
    box = Box(tmp_path / "t.gvtrace")
    told: list[dict[str, Any]] = [{"mapped_ino": 3, "overlayfs_upper": True}, {}]
    for fields in told:
        mapped = sentry_pb2.MmapInfo(context_data=box.context(1), mapped_path="/x", **fields)
        box.send(MessageType.SENTRY_MMAP, mapped)
    box.writer.close()
    model = FakeViewer(trace=Trace.open(box.path)).model
    while model.analysis.context.advance():
        pass
    new = "NEW   written since the start; perhaps in place of a file of the image"
    assert program_lines(model, 1) == (("mapped code from", new),)
    assert program_lines(model, 2) == ()


@pytest.mark.parametrize("row", [None, 0, 10**6])
def test_other_rows_tell_nothing(row: int | None) -> None:
    assert program_lines(model_of("newest/investigation.gvtrace"), row) == ()


def test_an_older_gvisor_tells_nothing() -> None:
    model = model_of("traces/compile-2024.trace")
    found = {program_lines(model, row) for row in range(model.trace.end_row)}
    assert found == {()}
