from gvtui.query.activity.activity import Activity
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES, activity_in, activity_of


def texts(activity: Activity, kind: str) -> list[str]:
    return [each.text for each in activity.not_seen if each.kind == kind]


def test_calls_of_which_nothing_came_are_named() -> None:
    points = texts(activity_in("shell-2024"), "points")
    [files] = [text for text in points if text.startswith("what changes files")]
    assert "rename" in files
    assert "unlinkat" not in files
    assert "whether nobody called them or no point is on, is not told" in files


def test_what_gvisor_does_not_send_is_told() -> None:
    told = texts(activity_in("shell-2024"), "gvisor")
    assert "deleted: of 1 call gVisor sends no path, so not what was deleted" in told
    assert any("never the bytes" in text for text in told)


def test_environment_and_unknown_descriptors_are_told() -> None:
    activity = activity_in("shell-2024")
    assert texts(activity, "environment")
    assert texts(activity, "descriptors") == [
        "5 descriptors were open before the trace tells of them: how is not known"
    ]


def test_drops_are_told_with_their_time() -> None:
    trace = Trace.open(TRACES / "newest-2026.trace")
    dropped = sum(sandbox.dropped for sandbox in trace.connections.sandboxes())
    told = [each for each in activity_of(trace).not_seen if each.kind == "drops"]
    trace.close()
    assert sum(each.count or 0 for each in told) == dropped
