from __future__ import annotations

import json

import pytest

from gvtui.export.jsonlines import JsonExport
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from tests.trace.factory import TRACES


@pytest.mark.parametrize("name", ["shell-2022", "shell-2024"])
def test_calls_of_a_recording_have_paths_and_parents(name: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    try:
        selection = Selection(trace)
        selection.joins_points = True
        lines = [json.loads(line) for line in JsonExport(selection).lines(0, trace.end_row)]
    finally:
        trace.close()
    calls = [line["call"] for line in lines if "call" in line and line["dir"] == "X"]
    (opened,) = (
        call for call in calls if call["name"] == "openat" and call["given"] == "/etc/hostname"
    )
    assert (opened["outcome"], opened["path"]) == ("returned", "/etc/hostname")
    assert opened["fd"]["type"] == "file"
    assert opened["proc"]["args"] == ["cat", "/etc/hostname"]
    assert [parent["pid"] for parent in opened["proc"]["parents"]] == [1]
    assert not opened["proc"]["has_more_parents"]
    read = [call for call in calls if call["name"] == "read" and call["path"] == "/etc/hostname"]
    assert sum(call["bytes_in"] for call in read) > 0
    assert all("call" in line for line in lines if line["dir"])
