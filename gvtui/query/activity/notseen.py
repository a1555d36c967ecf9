"""What an activity may lack: what was not traced, what was lost, and what gVisor does not send."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from gvtui.points.document import SessionError, parse_document
from gvtui.query.activity.activity import SECTIONS, Unseen
from gvtui.query.activity.calls import untraced
from gvtui.query.activity.letgo import let_go_before, let_go_since
from gvtui.query.resolved.transfers import UNTOLD
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from gvtui.query.activity.gaps import Gaps
    from gvtui.query.activity.reader import ActivityReader
    from gvtui.query.source import RowSource
    from gvtui.trace.reader import Trace
    from gvtui.trace.survey import Survey

_LACKS = {
    "deleted": "what was deleted",
    "renamed": "what was renamed, and to what",
    "linked": "what was linked",
    "folders_made": "which folders were created",
    "nodes": "which nodes were created",
    "mounts": "what was mounted, and where",
    "permissions": "whose owner, mode, size, times or attributes were changed",
    "namespaces": "which folder became the root",
    "read": "which file was opened",
    "written": "which file was opened",
}


def not_seen(
    trace: Trace,
    reader: ActivityReader,
    gaps: Gaps,
    survey: Survey | None = None,
    zone: tzinfo | None = UTC,
) -> tuple[Unseen, ...]:
    """Everything that may be missing in an activity, the gravest first.

    Args:
        trace: what was read.
        reader: it has read the rows.
        gaps: it has read the same ones.
        survey: the account of the whole recording, if there is one.
        zone: the time zone of times; None for the local one.
    """
    found = gaps.told(zone)
    found += _losses(trace, reader, survey, zone)
    found += _points(trace, reader, gaps)
    found += _of_gvisor(reader)
    found += _limits(reader)
    text = "environments of programs are left out; command lines are shown as they were"
    found.append(Unseen("environment", text))
    return tuple(found)


def unseen_calls(found: Iterable[Unseen]) -> list[str]:
    """The calls and events that no point tells of, each once."""
    return list(dict.fromkeys(name for each in found for name in each.calls))


def _losses(
    trace: Trace, reader: ActivityReader, survey: Survey | None, zone: tzinfo | None
) -> list[Unseen]:
    found = []
    if survey is None and trace.first_row:
        text = (
            f"{counted(trace.first_row, 'row was', 'rows were')} let go with the oldest segments; "
            "lines count those that were read before"
        )
        found.append(Unseen("rows", text, trace.first_row))
    if survey is not None:
        if survey.may_lack_drops:
            text = (
                "sandboxes may have dropped points after their last message: nothing tells of them"
            )
            found.append(Unseen("drops", text))
        if survey.accounting.let_go:
            let_go = survey.accounting.let_go
            text = (
                f"{counted(let_go, 'message was', 'messages were')} let go with the oldest segments"
            )
            found.append(Unseen("rows", text, let_go))
        refused = sum(survey.accounting.refused.values())
        if refused:
            text = f"{counted(refused, 'message was', 'messages were')} refused by limits"
            found.append(Unseen("limits", text, refused))
        found += [Unseen("rows", problem) for problem in survey.problems]
    found += let_go_before(trace)
    found += let_go_since(trace, zone)
    if trace.damage:
        found.append(Unseen("rows", trace.damage.words, len(trace.damage)))
    if trace.damaged_bytes:
        text = f"{counted(trace.damaged_bytes, 'byte')} of the recording cannot be read"
        found.append(Unseen("rows", text, trace.damaged_bytes))
    if words := trace.lost.losses.words(zone=zone):
        found.append(Unseen("rows", words))
    missed = max(reader.missed_rows, reader.context.resolved.resolver.missed_rows)
    if missed:
        text = f"{counted(missed, 'row was', 'rows were')} let go before being read"
        found.append(Unseen("rows", text, missed))
    if reader.unread:
        text = (
            f"{counted(reader.unread, 'message')} could not be read: cut off, malformed or of an "
            "unknown type"
        )
        found.append(Unseen("rows", text, reader.unread))
    return found


def _points(trace: RowSource, reader: ActivityReader, gaps: Gaps) -> list[Unseen]:
    on = {trace.string(number) for number in reader.points}
    is_told = False
    for mark in gaps.sessions:
        try:
            on |= parse_document(mark.session).session.point_names
        except SessionError:
            continue
        is_told = True
    found = []
    for subject, names in untraced(on, trace.architecture).items():
        if is_told:
            text = f"{subject}: {', '.join(names)} {noun_for(len(names), 'is', 'are')} not traced"
        else:
            text = (
                f"{subject}: nothing came of {', '.join(names)}; whether nobody called "
                f"{noun_for(len(names), 'it', 'them')} or no point is on, is not told"
            )
        found.append(Unseen("points", text, len(names), tuple(names)))
    return found


def _of_gvisor(reader: ActivityReader) -> list[Unseen]:
    found = []
    for section, count in reader.untold.items():
        lack = _LACKS.get(section, "the path")
        title = SECTIONS[section].lower()
        text = f"{title}: of {counted(count, 'call')} gVisor sends no path, so not {lack}"
        found.append(Unseen("gvisor", text, count))
    found += _of_programs(reader)
    for names, told in UNTOLD.items():
        if count := reader.vague.get(names, 0):
            text = (
                f"{counted(count, 'call')} of {', '.join(names.split())}: the result tells {told}"
            )
            found.append(Unseen("gvisor", text, count))
    text = "what was read and written: gVisor sends sizes, never the bytes"
    found.append(Unseen("gvisor", text))
    return found


def _of_programs(reader: ActivityReader) -> list[Unseen]:
    found, programs = [], reader.programs
    tells = "gVisor tells it since 2026, where sentry/execve is asked for"
    if count := programs.untold_origins:
        text = f"where {counted(count, 'program')} came from: {tells} binary_info"
        found.append(Unseen("gvisor", text, count))
    if count := programs.untold_stdio:
        text = (
            f"what the standard input and output of {counted(count, 'program')} were, and so which "
            f"shells are on sockets: {tells} fd_info"
        )
        found.append(Unseen("gvisor", text, count))
    if (count := programs.untold_first) and not programs.untold_origins:
        text = (
            f"where the first program of {counted(count, 'container')} came from, and what its "
            "standard input and output were: gVisor does not send it"
        )
        found.append(Unseen("gvisor", text, count))
    if count := programs.new:
        stand = noun_for(
            count, "stands in place of a file of the image", "stand in place of files of the image"
        )
        text = (
            f"whether {counted(count, 'program')} that came from NEW files {stand}: gVisor tells it "
            "only where somebody had the former file open all the while"
        )
        found.append(Unseen("gvisor", text, count))
    if count := programs.untold_commands:
        text = (
            f"with which arguments {counted(count, 'exec session')} began: gVisor does not send "
            "them for the first program of one, and no sandbox that was asked has told them"
        )
        found.append(Unseen("gvisor", text, count))
    if programs.untold_sessions:
        text = (
            "who came in from outside: nothing tells that all sessions ask for is_exec_session, "
            "which gVisor before 2026 lacks; without it that is known of a process without parent "
            "alone, where clones are traced"
        )
        found.append(Unseen("gvisor", text))
    return found


def _limits(reader: ActivityReader) -> list[Unseen]:
    found = []
    resolved, context = reader.context.resolved, reader.context
    if reader.descriptions:
        count = len(reader.descriptions)
        text = (
            f"{counted(count, 'descriptor')} was open before the trace tells of it: how is not known"
            if count == 1
            else f"{counted(count, 'descriptor')} were open before the trace tells of them: how is "
            "not known"
        )
        found.append(Unseen("descriptors", text, count))
    for count, text in (
        (reader.lines.refused, "rows without a line, since their sections were full"),
        (resolved.descriptions.forgotten, "closed descriptors that were forgotten"),
        (resolved.texts.refused, "paths that had no room"),
        (context.processes.tree.forgotten, "processes that were forgotten"),
        (reader.forgotten_programs, "processes with more programs than are kept of one"),
    ):
        if count:
            found.append(Unseen("limits", f"a limit was reached: {count:,} {text}", count))
    return found
