from __future__ import annotations

import os

import pytest

from gvtui.monitor.goingon import GoingOn, WentBefore, stored_name


def test_it_goes_to_another_process_and_back() -> None:
    one = GoingOn(7, "n", 12, {"peer_pid": 3, "names": {"a": ["b"]}}, [(5, {"kind": "binary"})])
    before = WentBefore([one, GoingOn(8, "m")], [(4, {"kind": "session"})], "2 go on")
    fd = before.pack()
    again = WentBefore.unpack(fd)
    assert again.marks == before.marks
    assert again.text == before.text
    assert [each.values()[:4] for each in again.connections] == [
        each.values()[:4] for each in before.connections
    ]
    assert [tuple(each) for each in again.connections[0].marks] == one.marks
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)


def test_a_name_fits_the_store() -> None:
    name = stored_name(2**32 - 1, bytes(range(16)))
    assert len(name) <= 255
    assert ":" not in name
