from gvtui.query.activity.activity import Activity, ActivityLine, Behind, Section
from gvtui.query.compare.folding import RunNames, ThingFolding
from gvtui.query.compare.things import FAILURES, TITLES, ThingKey, is_timing, things_of


def line(what: str, details: str = "", *, row: int = 1, bytes_in: int = 0) -> ActivityLine:
    behind = Behind()
    behind.add([row], ["openat"])
    return ActivityLine(what, behind, details, bytes_in=bytes_in)


def things(key: str, *lines: ActivityLine) -> dict[ThingKey, tuple[int, int]]:
    section = Section(key, "", lines, len(lines))
    found = things_of(Activity((section,), (), 0, 0, 0), ThingFolding(RunNames()))
    return {key: (thing.count, thing.bytes_in) for key, thing in found.items()}


def test_lines_that_differ_only_in_what_is_folded_are_one_thing() -> None:
    found = things(
        "read",
        line("/tmp/tmp.aB3dEf6HiJ", row=1, bytes_in=3),
        line("/tmp/tmp.zZ9yYx8WwV", row=2, bytes_in=4),
    )
    assert found == {ThingKey("read", "/tmp/tmp.??????????", ""): (2, 7)}


def test_a_failure_counts_by_call_and_with_its_path() -> None:
    found = things("failed", line("openat /a", "ENOENT"), line("access", "ENOENT", row=2))
    assert found == {
        ThingKey(FAILURES, "openat", "ENOENT"): (1, 0),
        ThingKey("failed", "openat /a", "ENOENT"): (1, 0),
        ThingKey(FAILURES, "access", "ENOENT"): (1, 0),
    }
    # A connection that failed has a section of its own.
    assert list(things("failed", line("connect 10.0.0.1:80", "ECONNREFUSED"))) == [
        ThingKey(FAILURES, "connect", "ECONNREFUSED")
    ]


def test_failures_that_tell_of_waiting_are_left_out() -> None:
    assert is_timing("read", "EAGAIN")
    assert is_timing("futex", "ETIMEDOUT")
    assert not is_timing("connect", "ETIMEDOUT")
    assert not things("failed", line("read socket", "EAGAIN"))


def test_each_section_has_a_heading() -> None:
    assert all(TITLES.values())
