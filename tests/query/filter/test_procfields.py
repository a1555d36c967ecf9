from __future__ import annotations

from gvtui.query.filter.procfields import PROCESS_FIELDS
from tests.query.filter.world import TextTrace, open_message, passing


def test_a_name_that_was_not_kept_is_known_from_its_message() -> None:
    trace = TextTrace()
    trace.add(lost=["process"], message=open_message("/a", process="bash"))
    trace.add(lost=["process"], message=open_message("/a"))
    assert passing(trace, "proc.name = bash") == passing(trace, "proc.name exists") == [0]


def test_falcos_names_for_ids_inside_mean_the_same_ids() -> None:
    trace = TextTrace()
    trace.add(pid=3, tid=4)
    trace.add(pid=5, tid=5)
    for own, theirs in (("proc.pid", "proc.vpid"), ("thread.tid", "thread.vtid")):
        for value in (3, 4, 5):
            assert passing(trace, f"{theirs} = {value}") == passing(trace, f"{own} = {value}")
    assert passing(trace, "proc.vpid = 3") == [0]


def test_what_the_processes_tell_needs_their_ids() -> None:
    of_context = [field for field in PROCESS_FIELDS if field.of_context]
    assert len(of_context) > 5
    assert all("group_id" in field.needs for field in of_context)
