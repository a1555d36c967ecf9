from pathlib import Path
from shutil import copy

from gvtui.query.activity.activity import Section
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES, activity_in, activity_of

EXECS = Path(__file__).parents[2] / "data" / "execs"


def told(section: Section) -> list[tuple[str, str]]:
    return [(line.what, line.details) for line in section.lines]


def test_each_program_that_ran_is_told_with_who_ran_it() -> None:
    activity = activity_in("shell-2024")
    script = activity.section("programs").lines[0]
    assert script.what.startswith("/bin/bash -c ")
    assert script.details == "as the container's first program"
    assert told(activity.section("programs"))[1:] == [
        ("cat /etc/hostname", "/usr/bin/cat, by bash (pid 1)"),
        ("sort", "/usr/bin/sort, by bash (pid 1)"),
        ("tr a-z A-Z", "/usr/bin/tr, by bash (pid 1)"),
        ("ls -la /usr", "/usr/bin/ls, by bash (pid 1)"),
        ("head -3", "/usr/bin/head, by bash (pid 1)"),
        ("rm /tmp/x", "/usr/bin/rm, by bash (pid 1)"),
        ("cat /nonexistent", "/usr/bin/cat, by bash (pid 1)"),
    ]
    assert activity.total("not_started") == 0
    [forks] = activity.section("forks").lines
    assert (forks.what, forks.behind.count) == ("by bash (pid 1)", 8)


def test_a_program_that_failed_to_start_did_not_run(tmp_path: Path) -> None:
    trace = Trace.open(copy(EXECS / "failed-exec.gvtrace", tmp_path))
    activity = activity_of(trace)
    trace.close()
    ran = {line.what for line in activity.section("programs").lines}
    failed = {line.what for line in activity.section("not_started").lines}
    assert failed
    assert not ran & failed


def test_a_new_process_s_first_program_is_its_parent_s_doing(tmp_path: Path) -> None:
    """The process has the program's name from then on, which is not who asked for it."""
    trace = Trace.open(copy(EXECS.parent / "newest/exec-session.gvtrace", tmp_path))
    activity = activity_of(trace)
    trace.close()
    assert {
        (line.what, line.details, line.behind.count) for line in activity.section("programs").lines
    } == {
        ("/bin/true", "/bin/busybox, from image, by sh (pid 1)", 8),
        ("sleep 1", "/bin/busybox, from image, by sh (pid 1)", 8),
        ("cat", "/bin/busybox, from image, by sh (pid 58)", 1),
        ("/bin/echo hello", "/bin/busybox, from image, by sh (pid 58)", 1),
        ("sleep 1", "/bin/busybox, from image, by sh (pid 58)", 1),
    }


def test_where_programs_came_from_is_told_or_said_to_be_untold() -> None:
    trace = Trace.open(TRACES.parent / "newest" / "investigation.gvtrace")
    try:
        activity = activity_of(trace)
    finally:
        trace.close()
    details = {line.what: line.details for line in activity.section("programs").lines}
    assert details["/tmp/id"].startswith("/tmp/evil2, from elsewhere, by sh")
    assert "from MEMORY, sha256 3d9f" in details["memexec 'a b'"]
    assert [line.what for line in activity.section("mapped").lines] == [
        "anonymous executable memory"
    ]
    assert not [each for each in activity.not_seen if "came from" in each.text]
    old = activity_in("compile-2024")
    (untold,) = [each for each in old.not_seen if "came from" in each.text]
    assert untold.count
    assert not old.section("mapped").lines
