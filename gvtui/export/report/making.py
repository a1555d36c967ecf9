"""Makes a report from a recording: the same for the same recording, byte for byte."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.decode.origin import Origin
from gvtui.export.report.recorded import (
    container_filter,
    containers_in,
    named_containers,
)
from gvtui.query.activity.gaps import Gaps
from gvtui.query.activity.notseen import not_seen
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.activity.times import utc
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.query.processes.events import AUDIT_VARIABLE
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.query.activity.activity import Activity, ActivityLine
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress


@dataclass(frozen=True, slots=True)
class Report:
    """What sandboxes did, with what the reader must know of the recording."""

    file: str
    """The recording's name, without its folder."""
    head: tuple[tuple[str, str], ...]
    """Words and what they stand for; not escaped."""
    filter_text: str
    """The condition that rows passed; "" for all rows."""
    digests: tuple[str, ...]
    """SHA-256 in hex of the recording; of a flight recorder one for each segment."""
    activity: Activity
    times: dict[int, int]
    """When the first row of each line happened, Unix nanoseconds, by row."""

    @property
    def summary(self) -> str:
        """The answer in one paragraph."""
        return summary_of(self.activity)

    def command(self, line: ActivityLine) -> str:
        """The command that prints the rows of a line."""
        text = conjunction([self.filter_text, line.behind.filter_text])
        return f"gvtui print {shlex.quote(self.file)} --filter {shlex.quote(text)}"

    def when(self, line: ActivityLine) -> str:
        """When a line's first row happened, in UTC."""
        return utc(self.times.get(line.behind.first, 0))


def make_report(
    trace: Trace,
    *,
    container: str = "",
    filter_text: str = "",
    audit_variable: str = "",
    progress: Progress | None = None,
) -> Report:
    """Read a recording and sum up what was done.

    Args:
        trace: an open recording; it stays the caller's.
        container: only this one: its ID, a beginning of it, or what its operator calls it.
        filter_text: only rows that pass this condition.
        audit_variable: the environment variable with the audit ID of exec sessions; "" for that of
            Kubernetes.
        progress: called with bytes done and bytes in all.

    Raises:
        FilterError: the text is no filter.
        NoContainerError: there is no such container.
    """
    analysis = Analysis(trace, audit_variable=audit_variable or AUDIT_VARIABLE, is_kept=True)
    containers = analysis.answer("containers", lambda: containers_in(trace))
    if container:
        only = container_filter(named_containers(containers, container))
        filter_text = conjunction([only, filter_text])
    context = analysis.context
    condition = compile_filter(filter_text, context) if filter_text.strip() else None
    reader, gaps = ActivityReader(context, condition), Gaps(trace)
    analysis.finish(reader, gaps)
    found = analysis.survey(progress)
    digests = analysis.digests()
    analysis.keep()
    activity = reader.activity(not_seen(trace, reader, gaps, found))
    lines = [line for section in activity.sections for line in section.lines]
    head = [("Recording", trace.path.name), ("Written by", ", ".join(found.programs))]
    head += [("gVisor", text) for text in gaps.binaries]
    head += [("Container", text) for text in containers.values()]
    head.append(("Time", f"{utc(activity.first_ns)} to {utc(activity.last_ns)}"))
    head.append(("Rows", f"{activity.rows:,} of {trace.end_row - trace.first_row:,}"))
    if filter_text:
        head.append(("Filter", filter_text))
    points = counted(len(reader.points), "point")
    head.append(("Points", f"{points} sent messages; {gaps.points_words}"))
    return Report(
        trace.path.name,
        tuple((label, text) for label, text in head if text),
        filter_text,
        tuple(digests),
        activity,
        {line.behind.first: _when(trace, line.behind.first) for line in lines},
    )


def summary_of(activity: Activity) -> str:
    """The answer in one paragraph: plain sentences with the counts."""
    hosts = {line.what.rpartition(":")[0] for line in activity.section("connected").lines}
    parts = [
        f"{counted(activity.total('programs'), 'program')} ran{_foreign(activity)}",
        f"{activity.total('not_started')} failed to start",
        f"{counted(activity.total('read'), 'file was', 'files were')} read",
        f"{activity.total('written')} written",
        f"connections went to {counted(len(hosts), 'host')}",
        f"{activity.total('accepted')} came in",
        f"{counted(activity.total('listening'), 'socket')} listened",
    ]
    failed = sum(line.behind.count for line in activity.section("failed").lines)
    parts.append(f"{counted(failed, 'call')} failed")
    for key, words in (
        ("sessions", "came in from outside"),
        ("users", "changes of user"),
        ("mounts", "mounts"),
        ("namespaces", "changes of namespace or root"),
        ("traced", "uses of ptrace"),
    ):
        if activity.total(key):
            parts.append(f"{activity.total(key)} {words}")
    unseen = counted(len(activity.not_seen), "thing")
    return f"{', '.join(parts)}. {unseen} may be missing: see Not seen."


def _foreign(activity: Activity) -> str:
    """How many of the programs are known not to be the image's; "" if that is told of none."""
    known = [
        line for line in activity.section("programs").lines if line.origin is not Origin.UNKNOWN
    ]
    if not known:
        return ""
    count = sum(line.folded for line in known if line.origin is not Origin.IMAGE)
    return f", {count:,} of them not from the image"


def _when(trace: Trace, row: int) -> int:
    try:
        return trace.row(row).when_ns
    except IndexError:
        return 0
