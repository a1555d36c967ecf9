"""Puts sandboxes, problems and outcomes of `gvtui session` into words and into JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gvtui.saying import say, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.agent.containers import Container
    from gvtui.agent.outcome import ChangeOutcome
    from gvtui.points.problems import Problem


def sandbox_row(container: Container, containers: tuple[Container, ...]) -> dict[str, Any]:
    """A sandbox with its other containers and its sessions, as plain values; asks runsc."""
    from gvtui.agent.runsc import RunscError

    sessions, error = [], ""
    if container.can_be_traced:
        try:
            for status in container.runsc.list_sessions(container.root, container.id):
                sinks = [{"name": sink.name, "dropped": sink.dropped} for sink in status.sinks]
                sessions.append({"name": status.name, "sinks": sinks})
        except RunscError as failure:
            error = str(failure)
    return {
        "id": container.id,
        "root": str(container.root),
        "runsc": container.runsc.path,
        "runsc_why": container.runsc_why,
        "status": container.status,
        "pid": container.pid,
        "label": container.label,
        "names": container.names.details(),
        "containers": [
            {
                "id": each.id,
                "status": each.status,
                "label": each.label,
                "names": each.names.details(),
            }
            for each in containers
            if each.sandbox_key == container.sandbox_key and not each.is_sandbox
        ],
        "sessions": sessions,
        "error": error,
    }


def sandbox_lines(rows: list[dict[str, Any]], *, verbose: bool) -> Iterator[str]:
    """Sandboxes of `sandbox_row` as lines, with the names of those that have one in front."""
    called = [_called(row) for row in rows]
    name_width = max(map(len, called), default=0)
    width = max([len(row["id"]) for row in rows], default=0)
    wide = max([8, *(len(row["status"]) for row in rows)])
    for row, name in zip(rows, called, strict=True):
        said = ", ".join(session_words(each) for each in row["sessions"]) or "no session"
        if row["error"] or row["status"] == "unmanaged":
            said = "not known"
        pid = f"pid {row['pid']}" if row["pid"] else "no pid"
        front = f"{name or '-':<{name_width}}  " if name_width else ""
        image = row["names"].get("image", "")
        yield (
            f"{front}{row['id']:<{width}}  {row['status']:<{wide}}  {pid:<11}  {said}  "
            f"{row['root']}  {image}"
        ).rstrip()
        if verbose:
            yield f"  by {row['runsc']} ({row['runsc_why']})"
            labels = (f"{key}={value}" for key, value in row["names"].get("labels", {}).items())
            yield from (f"  label {label}" for label in labels)
        for inner in row["containers"]:
            yield f"  + {inner['id']}  {inner['status']}  {inner['label']}".rstrip()


def _called(row: dict[str, Any]) -> str:
    from gvtui.trace.names import Names

    return Names.read(row["names"]).full


def session_words(values: dict[str, Any]) -> str:
    """A session of `sandbox_row` in words."""
    sinks = [f"{sink['name']}, {sink['dropped']:,} dropped" for sink in values["sinks"]]
    return f"{values['name']} ({'; '.join(sinks) or 'no sink'})"


def report(outcome: ChangeOutcome, as_json: bool, confirm: str) -> None:
    """Print the outcome of a change; `confirm` is the hint if the change needs confirmation."""
    from gvtui.decode.escape import escape

    if as_json:
        print_json(outcome.as_dict())
        return
    print_problems(list(outcome.problems))
    for note in outcome.notes:
        say(f"gvtui: {escape(note)}")
    for name in (*outcome.skipped_points, *outcome.skipped_fields):
        say(f"gvtui: skipped: {escape(name)}")
    hint = f"; {confirm}" if outcome.needs_confirmation and confirm else ""
    line = escape(f"{outcome.container.called}: {outcome.sentence}{hint}")
    if outcome.applied:
        show(line)
    else:
        say(f"gvtui: {line}")
        for detail in outcome.detail.splitlines():
            say(f"  {escape(detail)}")


def print_problems(problems: list[Problem]) -> None:
    """Print each problem as a line on standard error."""
    from gvtui.decode.escape import escape

    for problem in problems:
        say(f"{problem.severity}: {escape(str(problem))}")


def print_json(values: dict[str, Any]) -> None:
    """Print values as JSON on standard output."""
    click.echo(json.dumps(values, indent=2))
