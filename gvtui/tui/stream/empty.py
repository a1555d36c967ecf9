"""The advice that the stream shows while it has no rows."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from gvtui.monitor.options import DEFAULT_LISTEN
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.tui.viewer import Viewer


class AdviceLine(NamedTuple):
    """One line of advice."""

    text: str
    is_command: bool = False


def lines(viewer: Viewer, start: str) -> list[AdviceLine]:
    """The advice for the model's present state.

    Args:
        viewer: the viewer.
        start: the command that starts a sandbox with `session.json`.
    """
    model, keys_of = viewer.model, viewer.commands.keys_of
    view = model.view
    if view.total and (model.filtered or not view.complete):
        if not view.complete:
            return [AdviceLine(f"Filtering {counted(view.total, 'row')}: {view.progress:.0%}")]
        return [
            AdviceLine(f"No row matches: the filters hide {view.total:,}."),
            AdviceLine(
                f"{keys_of('filter.suspend')} switches them off and on, "
                f"{keys_of('filter.remove')} removes the last one."
            ),
            *map(AdviceLine, viewer.advice()),
        ]
    if model.trace.is_behind:
        return [AdviceLine(f"Reading: {model.trace.read_share:.0%}")]
    if not model.live:
        return [AdviceLine("This recording holds no rows.")]
    if len(model.trace.connections):
        return [
            AdviceLine("A sandbox has connected, but has sent nothing yet."),
            AdviceLine("Rows appear as soon as a program makes a traced call."),
            *map(AdviceLine, viewer.advice()),
        ]
    listen = model.live.monitor.listen
    endpoint = "" if listen == DEFAULT_LISTEN else f" --endpoint {shlex.quote(str(listen))}"
    return [
        AdviceLine("No sandbox has connected yet. Start one that does, in another terminal:"),
        AdviceLine(""),
        AdviceLine(f"gvtui session new --pod-init{endpoint} > session.json", True),
        AdviceLine(start, True),
        AdviceLine(""),
        *map(AdviceLine, _running(viewer, readonly=model.live.readonly)),
        AdviceLine(""),
        AdviceLine("gvtui session apply session.json CONTAINER", True),
        *map(AdviceLine, viewer.advice()),
    ]


def _running(viewer: Viewer, *, readonly: bool) -> list[str]:
    """How a container that runs already is traced."""
    if readonly:
        return ["A container that runs already, from another terminal:"]
    keys_of = viewer.commands.keys_of
    return [
        f"A container that runs already: {keys_of('points.show')} shows the points, "
        f"{keys_of('points.switch')} switches one on,",
        f"{keys_of('points.load')} stages a ready-made choice, "
        f"{keys_of('points.apply')} applies. Without the viewer:",
    ]
