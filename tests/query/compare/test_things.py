from gvtui.query.activity.activity import Activity, ActivityLine, Behind, Section
from gvtui.query.compare.folding import RunNames, ThingFolding
from gvtui.query.compare.things import (
    FAILURES,
    TITLES,
    Thing,
    ThingKey,
    is_timing,
    levelled,
    things_of,
)


def line(
    what: str, details: str = "", *, row: int = 1, bytes_in: int = 0, bare: str = ""
) -> ActivityLine:
    behind = Behind()
    behind.add([row], ["openat"])
    return ActivityLine(what, behind, details, bytes_in=bytes_in, bare=bare)


def made(key: str, *lines: ActivityLine) -> dict[ThingKey, Thing]:
    section = Section(key, "", lines, len(lines))
    return things_of(Activity((section,), (), 0, 0, 0), ThingFolding(RunNames()))


def things(key: str, *lines: ActivityLine) -> dict[ThingKey, tuple[int, int]]:
    found = made(key, *lines)
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


def test_failed_programs_are_one_thing_where_the_other_side_tells_no_errors() -> None:
    bare = "/bin/x, by sh, the error is not sent"
    one = made(
        "not_started",
        line("x", "/bin/x, by sh, ENOENT", row=1, bare=bare),
        line("x", "/bin/x, by sh, EACCES", row=2, bare=bare),
        line("y", "/bin/y, by sh, ENOENT", row=3, bare=bare.replace("x", "y")),
    )
    found, told = levelled(one, made("not_started", line("x", bare, row=9)))
    assert {(key.what, key.details): thing.count for key, thing in found.items()} == {
        ("x", bare): 2,
        ("y", "/bin/y, by sh, ENOENT"): 1,
    }
    assert [thing.key.details for thing in told] == [
        "/bin/x, by sh, ENOENT",
        "/bin/x, by sh, EACCES",
    ]
    # Where both tell errors, these are what differs.
    assert levelled(one, one) == (one, [])


def test_each_section_has_a_heading() -> None:
    assert all(TITLES.values())
