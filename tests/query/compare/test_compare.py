from pathlib import Path
from typing import Any

import pytest

from gvtui.query.compare.compare import CALLS, Thresholds, compare
from tests.query.compare.sides import briefly, compared, opens, recorded, sides_of
from tests.query.processes.box import Box
from tests.trace.factory import TIME_NS


def many(path: str, count: int, *, step_ns: int = 10_000) -> list[bytes]:
    return [each for place in range(count) for each in opens(path, at_ns=TIME_NS + place * step_ns)]


def test_the_same_recording_differs_in_nothing(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b", errno=2))
    found = compared(path, path)
    assert (found.differences, found.untold) == ((), ())
    assert found.same == {"programs": 1, "read": 1, "failed": 1, "failures": 1, CALLS: 1}


def test_what_is_new_gone_or_failed_is_told(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/c"), opens("/d", errno=13))
    found = compared(before, after)
    assert briefly(found.differences) == [
        ("read", "new", "/c"),
        ("read", "gone", "/b"),
        ("failed", "new", "openat /d"),
        ("failures", "new", "openat"),
    ]
    [error] = [each.details for each in found.differences if each.section == "failures"]
    assert error == "EACCES"
    assert found.untold == ()


def programs(path: Path, *told: dict[str, Any]) -> Path:
    """A recording in which a program ran as often, told of so."""
    box = Box(path)
    box.start(1, "init")
    for fields in told:
        box.executed(box.context(1), "/bin/x", **fields)
    box.writer.close()
    return path


IMAGE = {"binary_ino": 3, "binary_overlayfs_lower": True}
MODIFIED = {**IMAGE, "binary_overlayfs_upper": True}


def test_a_program_of_which_one_side_is_not_told_where_it_came_from_is_no_other(
    tmp_path: Path,
) -> None:
    old = programs(tmp_path / "a.gvtrace", {}, {})
    new = programs(tmp_path / "b.gvtrace", IMAGE, MODIFIED)
    found = compared(old, new)
    assert found.differences == ()
    assert found.same["programs"] == 3
    # What one should look at is told all the same: it may have been so before.
    assert [(each.sign.value, each.details) for each in found.untold] == [
        ("new", "/bin/x, from MODIFIED, by x")
    ]
    assert found.untold[0].untold == (
        "where it came from, and what its input was, is not told before"
    )
    again = compared(new, old)
    assert (again.differences, [each.sign.value for each in again.untold]) == ((), ["gone"])
    image = programs(tmp_path / "c.gvtrace", IMAGE, IMAGE)
    assert [each.details for each in compared(image, new).differences] == [
        "/bin/x, from MODIFIED, by x",
        "/bin/x, from image, by x",
    ]


def test_another_digest_is_another_program(tmp_path: Path) -> None:
    one, other = (
        programs(tmp_path / f"{byte}.gvtrace", MODIFIED | {"binary_sha256": bytes([byte]) * 32})
        for byte in (7, 8)
    )
    assert [each.sign.value for each in compared(one, other).differences] == ["new", "gone"]
    assert compared(one, one).differences == ()


def test_no_claim_from_few_reads_or_from_chance(tmp_path: Path) -> None:
    few = recorded(tmp_path / "a.gvtrace", many("/a", 4))
    more = recorded(tmp_path / "b.gvtrace", many("/a", 9))
    assert compared(few, more).differences == ()
    most = recorded(tmp_path / "c.gvtrace", many("/a", 60))
    found = compared(few, most)
    assert briefly(found.differences) == [
        ("read", "changed", "/a"),
        (CALLS, "changed", "openat"),
    ]
    assert [(each.name, each.before, each.after) for each in found.differences[0].measures] == [
        ("times", 4, 60)
    ]


def test_a_count_that_drops_may_explain_has_not_changed(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", many("/a", 60))
    after = recorded(tmp_path / "b.gvtrace", many("/a", 10), opens("/a", dropped=60))
    found = compared(before, after)
    assert found.differences == ()
    assert {each.untold for each in found.untold} == {"60 points were dropped"}


def test_windows_are_compared_per_second(tmp_path: Path) -> None:
    short = recorded(tmp_path / "a.gvtrace", many("/a", 50, step_ns=10**7))
    long = recorded(tmp_path / "b.gvtrace", many("/a", 500, step_ns=10**7))
    assert compared(short, long).differences
    found = compare(*sides_of(short, long, is_window=True))
    assert found.is_per_second
    assert found.differences == ()


def test_a_percentile_has_changed_only_with_enough_calls(tmp_path: Path) -> None:
    def slow(path: Path, count: int, slow_ns: int) -> Path:
        parts = []
        for place in range(count):
            enter, exit_ = opens("/a", at_ns=TIME_NS + place * 10**7)
            late = opens("/a", at_ns=TIME_NS + place * 10**7 + slow_ns)[1]
            parts.append([enter, late if place % 20 == 0 else exit_])
        return recorded(path, *parts)

    few = (slow(tmp_path / "a.gvtrace", 400, 0), slow(tmp_path / "b.gvtrace", 400, 10**6))
    assert compared(*few).differences == ()
    enough = (slow(tmp_path / "c.gvtrace", 1_200, 0), slow(tmp_path / "d.gvtrace", 1_200, 10**6))
    [found] = compared(*enough).differences
    assert briefly([found]) == [(CALLS, "changed", "openat")]
    [measure] = found.measures
    assert (measure.name, measure.before, measure.after) == ("p99_ns", 1_000, 1_000_000)


@pytest.mark.parametrize("per_second", [True, False])
def test_thresholds_are_told(per_second: bool) -> None:
    words = Thresholds(counts=3).words(per_second=per_second)
    assert "3 times" in words[0]
    assert ("per second" in words[0]) == per_second
