from pathlib import Path
from shutil import copy

from gvtui.query.activity.activity import Section
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from gvtui.wire.pb import common_pb2
from tests.query.activity.runs import TRACES, activity_in, activity_of
from tests.query.processes.box import Box
from tests.query.processes.test_notices import PIPE, piped
from tests.query.processes.test_talking import address, connect

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
    assert details["/tmp/id"].startswith("/tmp/evil2, from elsewhere, sha256 3d9f")
    assert details["/bin/true"] == "/bin/busybox, from image, by sh (pid 1)"
    assert "from MEMORY, sha256 3d9f" in details["memexec 'a b'"]
    assert [line.what for line in activity.section("mapped").lines] == [
        "anonymous executable memory"
    ]
    told = [each.text for each in activity.not_seen if each.kind == "gvisor"]
    assert not [text for text in told if "came from" in text or "standard input" in text]
    old = activity_in("compile-2024")
    origins, stdio = [each for each in old.not_seen if "since 2026" in each.text]
    assert origins.text.startswith(f"where {origins.count} programs came from: ")
    assert stdio.text.startswith(f"what the standard input and output of {stdio.count} programs ")
    assert origins.count == stdio.count
    assert not old.section("mapped").lines


def test_what_gvisor_does_not_tell_of_programs_is_said(tmp_path: Path) -> None:
    box = Box(tmp_path / "t.gvtrace")
    box.start(1, "sh")
    pipe = common_pb2.FdInfo(mode=0o10600, ino=5)
    new = {"binary_overlayfs_upper": True, "binary_ino": 3, "stdin": pipe}
    box.executed(box.context(1), "/dropped", **new)
    box.writer.close()
    trace = Trace.open(box.path)
    told = [each.text for each in activity_of(trace).not_seen if each.kind == "gvisor"]
    trace.close()
    assert told[:2] == [
        "where the first program of 1 container came from, and what its standard input and output "
        "were: gVisor does not send it",
        "whether 1 program that came from NEW files stands in place of a file of the image: gVisor "
        "tells it only where somebody had the former file open all the while",
    ]


def test_who_feeds_a_shell_is_told_though_it_connected_later(tmp_path: Path) -> None:
    box = piped(tmp_path / "t.gvtrace")
    connect(box, 2, address("10.0.0.9", 80) + bytes(8))
    box.clone(1, 4)
    box.executed(box.context(4), "sh", stdin=PIPE)
    box.writer.close()
    trace = Trace.open(box.path)
    context = Analysis(trace).context
    reader = ActivityReader(context)
    # The shell's row is read before the one that connects has come.
    while any((context.advance(1), reader.advance(1))):
        pass
    shell, *others = reader.section("programs").lines
    trace.close()
    told = "◀ shell fed by curl (pid 2), which connected to 10.0.0.9:80, sh, by "
    # What one should look at comes first.
    assert shell.details.startswith(told)
    assert shell.is_noticed
    assert [(each.what, each.behind.count) for each in (shell, *others)] == [
        ("sh", 2),
        ("sh", 1),
        ("curl", 1),
    ]
    assert not any(each.is_noticed for each in others)
