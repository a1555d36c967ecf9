"""Puts sandboxes, problems and outcomes of `gvtui session` into words and into JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gvtui.saying import say, show

if TYPE_CHECKING:
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
        "containers": [
            {"id": each.id, "status": each.status, "label": each.label}
            for each in containers
            if each.sandbox_key == container.sandbox_key and not each.is_sandbox
        ],
        "sessions": sessions,
        "error": error,
    }


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
    line = escape(f"{outcome.container.id}: {outcome.sentence}{hint}")
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
