from __future__ import annotations

from gvtui.query.filter.fdfields import DESCRIPTOR_FIELDS
from tests.query.filter.world import TextTrace, open_message, passing


def test_a_path_that_was_not_kept_is_known_from_its_message() -> None:
    trace = TextTrace()
    trace.add(lost=["path"], message=open_message("../etc/passwd"))
    trace.add(path="/etc/passwd")
    assert passing(trace, "fd.nameraw = ../etc/passwd") == [0]
    assert passing(trace, "fd.nameraw exists") == [0, 1]


def test_both_ends_of_a_socket_have_each_field() -> None:
    names = {field.name for field in DESCRIPTOR_FIELDS}
    for one in ("ip", "net", "port"):
        assert {f"fd.{one}", f"fd.c{one}", f"fd.s{one}"} <= names
