"""Searches of PATH, of which each try is an exec of its own."""

from __future__ import annotations

from errno import E2BIG, EACCES, ENOENT, ENOTDIR
from pathlib import Path
from shutil import copy

from gvtui.query.activity.activity import Activity
from gvtui.query.filter.compile import compile_filter
from gvtui.query.processes.process import MAX_EXECS
from gvtui.trace.reader import Trace
from gvtui.wire.pb import syscall_pb2
from tests.query.activity.runs import activity_of
from tests.query.processes.box import Box

SEARCHES = Path(__file__).parents[2] / "data" / "newest" / "path-searches.gvtrace"
FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")


class Searching(Box):
    """A shell whose children look for programs."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.start(1, "sh")

    def tried(self, pid: int, path: str, *argv: str, errno: int = ENOENT) -> None:
        """One exec that fails."""
        for is_exit in (False, True):
            message = syscall_pb2.Execve(
                context_data=self.context(pid), sysno=59, pathname=path, argv=argv
            )
            if is_exit:
                message.exit.errorno = errno
            self.send(11, message)

    def activity(self) -> Activity:
        """What it did."""
        self.writer.close()
        trace = Trace.open(self.path)
        try:
            return activity_of(trace)
        finally:
            trace.close()


def told(activity: Activity, key: str) -> list[tuple[str, str, int, int]]:
    return [
        (line.what, line.details, line.behind.count, len(line.inner))
        for line in activity.section(key).lines
    ]


def test_a_search_that_found_nothing_is_one_line(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    for child in (2, 3):
        box.clone(1, child)
        for folder in FOLDERS:
            box.tried(child, f"{folder}/nosuch", "nosuch", "-x")
        box.task_exit(box.context(child), 127 << 8)
    activity = box.activity()
    details = "nowhere: ENOENT in 3 folders, by sh (pid 1)"
    assert told(activity, "not_started") == [("nosuch -x", details, 6, 3)]
    assert activity.total("not_started") == 1
    assert activity.total("searched") == 0
    [search] = activity.section("not_started").lines
    assert search.bare == "failed in 3 folders, errors not sent, by sh (pid 1)"
    assert [(line.details, line.behind.count) for line in search.inner] == [
        (f"{folder}/nosuch, by sh (pid 1), ENOENT", 2) for folder in FOLDERS
    ]
    assert search.behind.rows is not None
    own = compile_filter(search.behind.filter_text)
    trace = Trace.open(box.path)
    rows = trace.rows(0, trace.end_row)
    assert own.mask(trace, rows, 0).nonzero()[0].tolist() == search.behind.rows.tolist()
    trace.close()


def test_a_search_that_found_its_program_is_no_failure(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    box.clone(1, 2)
    box.tried(2, "/usr/local/bin/ls", "ls")
    box.tried(2, "/usr/bin/ls", "ls")
    box.execve(box.context(2), "ls")
    box.executed(box.context(2), "/bin/busybox", "ls")
    activity = box.activity()
    details = "ran as /bin/busybox after ENOENT in 2 folders, by sh (pid 1)"
    assert told(activity, "searched") == [("ls", details, 2, 2)]
    assert activity.total("not_started") == 0
    bare = "failed in 2 folders, errors not sent, then ran as /bin/busybox, by sh (pid 1)"
    assert activity.section("searched").lines[0].bare == bare


def test_a_search_whose_errors_are_not_sent_is_one_line_too(tmp_path: Path) -> None:
    # A real sandbox of 2026: Python and env look for programs that there are and that there are not.
    trace = Trace.open(copy(SEARCHES, tmp_path))
    activity = activity_of(trace)
    trace.close()
    assert told(activity, "not_started") == [
        ("nosuchprogram", "failed in 6 folders, errors not sent, by python3 (pid 2)", 6, 6),
        ("nosuchenv", "failed in 6 folders, errors not sent, by env (pid 8)", 6, 6),
        ("/nope/abs", "/nope/abs, by dash (pid 6), the error is not sent", 1, 0),
    ]
    found = [(what, details) for what, details, _, _ in told(activity, "searched")]
    ran = "failed in 3 folders, errors not sent, then ran as /usr/bin/"
    assert found == [
        ("ls", f"{ran}ls, by python3 (pid 2)"),
        ("whoami", f"{ran}whoami, by python3 (pid 2)"),
        ("id -u", f"{ran.replace('3', '2')}id, by python3 (pid 2)"),
        ("true", f"{ran}true, by env (pid 10)"),
    ]


def test_the_way_a_search_ended_is_told(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    for child, error in ((2, E2BIG), (3, 0)):
        box.clone(1, child)
        name = f"tool{child}"
        box.tried(child, f"/usr/bin/{name}", name)
        box.tried(child, f"/bin/{name}", name)
        if error:
            box.tried(child, f"/opt/{name}", name, errno=error)
        else:
            # What comes of it is not told.
            box.execve(box.context(child), f"/opt/{name}")
    activity = box.activity()
    assert told(activity, "not_started") == [
        ("tool2", "ENOENT in 2 folders, then E2BIG at /opt/tool2, by sh (pid 1)", 2, 2),
        ("tool2", "/opt/tool2, by sh (pid 1), E2BIG", 1, 0),
        (
            "tool3",
            "ENOENT in 2 folders; nothing tells whether it started as /opt/tool3, by sh (pid 1)",
            2,
            2,
        ),
    ]


def test_a_search_goes_on_behind_what_may_not_be_executed(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    box.clone(1, 2)
    box.tried(2, "/usr/local/bin/tool", "tool", errno=ENOTDIR)
    box.tried(2, "/opt/one/tool", "tool", errno=EACCES)
    box.tried(2, "/usr/bin/tool", "tool")
    box.tried(2, "/bin/tool", "tool")
    box.clone(1, 3)
    box.tried(3, "/opt/one/ls", "ls", errno=EACCES)
    box.tried(3, "/opt/two/ls", "ls", errno=EACCES)
    box.tried(3, "/usr/bin/ls", "ls")
    box.execve(box.context(3), "ls")
    box.executed(box.context(3), "/bin/ls", "ls")
    box.clone(1, 4)
    box.tried(4, "/usr/bin/none", "none", errno=ENOTDIR)
    box.tried(4, "/bin/none", "none")
    activity = box.activity()
    met = "ENOTDIR at /usr/local/bin/tool, EACCES at /opt/one/tool, ENOENT in 2 folders"
    nowhere = "nowhere: ENOTDIR at /usr/bin/none, ENOENT in 1 folder"
    assert told(activity, "not_started") == [
        ("tool", f"{met}, by sh (pid 1)", 4, 4),
        ("none", f"{nowhere}, by sh (pid 1)", 2, 2),
    ]
    details = "ran as /bin/ls after EACCES in 2 folders, ENOENT in 1 folder, by sh (pid 1)"
    assert told(activity, "searched") == [("ls", details, 3, 3)]


def test_a_folder_that_stands_twice_in_path_is_one(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    for folder in (*FOLDERS, FOLDERS[0], "/sbin"):
        box.tried(1, f"{folder}/nosuch", "nosuch")
    # Waiting for one file is no search.
    for _ in range(3):
        box.tried(1, "/opt/late", "late")
    box.execve(box.context(1), "/opt/late")
    box.executed(box.context(1), "/opt/late")
    activity = box.activity()
    assert told(activity, "not_started") == [
        ("nosuch", "nowhere: ENOENT in 4 folders, by sh (pid 1)", 5, 4),
        ("late", "/opt/late, by sh (pid 1), ENOENT", 3, 0),
    ]
    assert activity.total("searched") == 0


def test_what_is_no_search_stays_line_by_line(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    # Other names, one folder twice, other arguments, other threads, another program afterwards.
    box.tried(1, "/usr/bin/one", "one")
    box.tried(1, "/bin/two", "two")
    box.tried(1, "/bin/two", "two")
    box.tried(1, "/usr/bin/two", "two", "-x")
    box.execve(box.context(1), "other")
    box.executed(box.context(1), "/bin/other")
    activity = box.activity()
    assert [each[0] for each in told(activity, "not_started")] == ["one", "two", "two -x"]
    assert activity.total("searched") == 0


def test_what_stood_between_two_tries_may_be_forgotten(tmp_path: Path) -> None:
    box = Searching(tmp_path / "t.gvtrace")
    box.tried(1, "/usr/local/bin/nosuch", "nosuch")
    box.tried(1, "/bin/other", "other")
    for number in range(MAX_EXECS):
        box.tried(1, f"/opt/{number}/nosuch", "nosuch")
    assert [each[1:] for each in told(box.activity(), "not_started")] == [
        ("/usr/local/bin/nosuch, by sh (pid 1), ENOENT", 1, 0),
        (f"nowhere: ENOENT in {MAX_EXECS - 1} folders, by sh (pid 1)", MAX_EXECS - 1, 255),
    ]
