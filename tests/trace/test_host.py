from __future__ import annotations

from pathlib import Path

from gvtui.trace.host import host_in, host_words, this_host
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import to_format_1


def test_a_recording_tells_its_machine(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.close()
    trace = Trace.open(writer.path)
    assert trace.host == this_host()
    trace.close()
    old = Trace.open(to_format_1(writer.path))
    assert old.host == {}
    old.close()


def test_what_makes_no_sense_is_left_out() -> None:
    assert host_in({"host": 1}) == host_in({}) == {}
    assert host_in({"host": {"name": "web-1", "kernel": 6, "more": "x"}}) == {"name": "web-1"}


def test_words() -> None:
    assert host_words({}) == ""
    assert host_words({"name": "web-1"}) == "web-1"
    host = {"name": "web-1", "kernel": "6.1.0", "machine": "x86_64"}
    assert host_words(host) == "web-1, Linux 6.1.0 on x86_64"
