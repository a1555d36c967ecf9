from pathlib import Path

from tests.query.compare.sides import OPEN, briefly, compared, opens, recorded
from tests.query.processes.box import Box


def untold(before: Path, after: Path, **options: bool) -> list[tuple[str, str]]:
    """What cannot be told, and why."""
    found = compared(before, after, **options)
    assert not [each for each in found.differences if each.section == "read"]
    return [(each.what, each.untold) for each in found.untold if each.section == "read"]


def test_what_a_side_dropped_is_no_difference(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a", dropped=2))
    assert untold(before, after) == [("/b", "2 points were dropped")]
    # The other way round nothing is missing.
    assert ("read", "new", "/b") not in briefly(compared(after, before).differences)
    lossless = compared(recorded(tmp_path / "c.gvtrace", opens("/a")), before)
    assert ("read", "new", "/b") in briefly(lossless.differences)


def test_a_call_that_only_one_side_is_known_to_have_traced_is_no_difference(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/b", sysno=OPEN))
    assert untold(before, after) == [("/b", "whether a point of open was on before is not told")]
    told = compared(before, after, same_points=True)
    assert ("read", "new", "/b") in briefly(told.differences)
    assert "taken as given: both sides had the same points on" in told.folded


def test_a_relative_path_may_be_the_absolute_one(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/etc/hostname"))
    after = recorded(tmp_path / "b.gvtrace", opens("hostname"))
    assert untold(before, after) == [
        ("hostname", "this path is without its folder, and one before may be it"),
        ("/etc/hostname", "a path without its folder after may be this one"),
    ]


def test_what_is_missing_in_a_damaged_recording_is_no_difference(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/b"))
    whole = bytearray(after.read_bytes())
    at = whole.index(b"/b")
    whole[at] ^= 1
    after.write_bytes(whole)
    assert all(each.section != "read" for each in compared(before, after).differences)


def sandbox(path: Path) -> Box:
    """One of 2026 whose shell has run a program, so that its points are known to be on."""
    box = Box(path)
    box.start(1, "sh")
    box.clone(1, 2)
    ran(box, 2, "/bin/true")
    box.task_exit(box.context(2))
    box.clone(1, 3)
    return box


def ran(box: Box, pid: int, program: str) -> None:
    """An exec that is done, in the order in which gVisor of 2026 tells it."""
    box.execve(box.context(pid), program)
    box.execve(box.context(pid), program, errno=0)
    box.executed(box.context(pid), program)


def test_an_error_that_one_side_does_not_send_is_no_difference(tmp_path: Path) -> None:
    for name, errno in (("a", 13), ("b", 0)):
        box = sandbox(tmp_path / f"{name}.gvtrace")
        box.execve(box.context(3), "/bin/x")
        box.execve(box.context(3), "/bin/x", errno=errno)
        box.task_exit(box.context(3))
        box.writer.close()
    for before, after, where in (("a", "b", "after"), ("b", "a", "before")):
        found = compared(tmp_path / f"{before}.gvtrace", tmp_path / f"{after}.gvtrace")
        assert not [each for each in found.differences if each.section == "not_started"]
        [untold] = [each for each in found.untold if each.section == "not_started"]
        assert (untold.what, untold.details) == ("/bin/x", "/bin/x, by sh, EACCES")
        assert (untold.sign.value, untold.untold) == ("changed", f"its error is not told {where}")
        assert untold.before is not None
        assert untold.after is not None
        assert found.same["not_started"] == 1


def test_a_start_of_which_one_side_tells_no_end_is_no_difference(tmp_path: Path) -> None:
    starts = ("programs", "not_started", "maybe_started")
    for name, happens in (("ran", True), ("begun", False)):
        box = sandbox(tmp_path / f"{name}.gvtrace")
        if happens:
            ran(box, 3, "/bin/x")
        else:
            box.execve(box.context(3), "/bin/x")
        box.writer.close()
    for before, after, where in (("ran", "begun", "after"), ("begun", "ran", "before")):
        found = compared(tmp_path / f"{before}.gvtrace", tmp_path / f"{after}.gvtrace")
        assert not [each for each in found.differences if each.section in starts]
        assert {(each.section, each.untold) for each in found.untold} == {
            (section, f"whether it started is not told {where}")
            for section in ("programs", "maybe_started")
        }
