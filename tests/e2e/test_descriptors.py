"""What gvtui says of descriptors and paths, against strace outside and procfs inside."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.resolved.call import Outcome
from gvtui.query.resolved.description import FdKind
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from tests.e2e.containers import RunscBinary, running_container, wait_until
from tests.e2e.recorded import everything, recording, run_do, write_pod_init
from tests.e2e.strace_paths import CALLS, COPYING, Used, used_in
from tests.e2e.tools import compiled, need_tools

pytestmark = pytest.mark.e2e


def prepare(folder: Path) -> Path:
    """The program, in a new folder with its files."""
    need_tools("strace")
    work = folder / "work"
    (work / "sub").mkdir(parents=True)
    for name in ("a", "sub/b"):
        (work / name).write_text("some text\n")
    return compiled("descriptors_program.c", work / "program")


def used(trace: Trace) -> list[list[Used]]:
    """What each process did as gvtui resolves it, in the order in which the processes appear."""
    analysis = Analysis(trace)
    resolved = analysis.resolved
    while analysis.context.advance():
        pass
    start = trace.first_row
    rows = trace.rows(start, trace.end_row)
    doubled = resolved.doubles(start, len(rows))
    found: dict[int, list[Used]] = defaultdict(list)
    for place in range(len(rows)):
        is_message = rows["kind"][place] == Kind.MESSAGE
        if doubled[place] or not is_message or rows["direction"][place] != Direction.EXIT:
            continue
        call = resolved.call(start + place)
        assert call is not None
        if call.process is None or call.outcome is not Outcome.RETURNED:
            continue
        calls = found[call.process.number]
        if call.name not in CALLS or call.description is None or call.fd is None:
            continue
        copied = call.description.kind is not FdKind.UNKNOWN and call.name in COPYING
        copy = int(call.result) if copied and call.result is not None else -1
        kind = call.description.kind
        what = "socket" if kind.is_socket else "pipe" if kind is FdKind.PIPE else call.path
        calls.append(Used(call.name, call.fd, what, copy))
    return [found[number] for number in sorted(found)]


def test_strace_outside_says_the_same_of_descriptors_and_paths(
    binary: RunscBinary, folder: Path
) -> None:
    program = prepare(folder)
    command = [str(program), str(program.parent), "end"]
    outside = folder / "strace.out"
    # The same place for both: what the first run made is there in the second too.
    subprocess.run(["strace", "-f", "-yy", "-o", outside, *command], check=True, cwd="/")
    with recording(folder) as one:
        pod_init = write_pod_init(folder / "pod.json", everything(one.socket))
        run_do(binary, folder, pod_init, *command)
        one.wait_for(1)
        trace = one.end()
    try:
        inside = used(trace)
    finally:
        trace.close()
    expected = used_in(outside.read_text())
    assert len(expected) == 2
    assert sum(map(len, expected)) > 60
    assert inside == expected


def listed(text: str) -> list[dict[int, str]]:
    """The open descriptors of each process with their paths, as `runsc trace procfs` has them."""
    found = []
    for line in text.splitlines():
        if line.startswith("{"):
            entries = json.loads(line).get("fdlist") or []
            found.append({entry["number"]: entry.get("path", "") for entry in entries})
    return found


@pytest.fixture
def visible() -> Iterator[Path]:
    """A folder that the container sees: its /tmp is its own."""
    with tempfile.TemporaryDirectory(prefix="gv", dir="/var/tmp") as name:
        yield Path(name)


def test_procfs_inside_has_the_same_descriptors_open(
    binary: RunscBinary, folder: Path, visible: Path
) -> None:
    program = prepare(visible)
    with recording(folder) as one:
        pod_init = write_pod_init(folder / "pod.json", everything(one.socket))
        flags = [f"--pod-init-config={pod_init}"]
        command = [str(program), "/tmp/work", "stay"]
        shell = "mkdir -p /tmp/work/sub; echo text > /tmp/work/a; cp /tmp/work/a /tmp/work/sub/b"
        words = ["/bin/sh", "-c", f"{shell}; exec {' '.join(command)}"]
        with running_container(binary, folder, words, flags=flags) as container:
            trace = Trace.open(one.path)
            try:
                analysis = Analysis(trace)
                resolved = analysis.resolved

                def is_ready() -> bool:
                    trace.refresh()
                    while analysis.context.advance():
                        pass
                    held = trace.rows(max(trace.first_row, trace.end_row - 8), trace.end_row)
                    points = {trace.string(int(number)) for number in held["point"]}
                    return any("/pause/" in point or "sysno/34/" in point for point in points)

                assert wait_until(is_ready)
                told = listed(container.runsc("trace", "procfs", container.id).stdout)
                process = next(each for each in resolved.processes if each.args[-1:] == ["stay"])
                opened = dict(resolved.descriptors(process.number))
            finally:
                trace.close()
    (expected,) = [each for each in told if "/tmp/work/ready" in each.values()]
    inside = {number: path for number, path in expected.items() if number > 2}
    assert {fd: each.path for fd, each in opened.items() if fd > 2} == inside
    # Eight of twelve are left open, with what came before.
    assert sum("/leak" in path for path in inside.values()) == 8
