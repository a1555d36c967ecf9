"""What the stream says while it has no rows: how to get some."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from gvtui.monitor.options import DEFAULT_LISTEN
from gvtui.tui.points.needs import untraced_events
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model


class Line(NamedTuple):
    """One line of advice."""

    text: str
    is_command: bool = False


def state(model: Model) -> tuple[object, ...]:
    """What the advice depends on."""
    view = model.view
    return (model.is_live, bool(len(model.trace.connections)), view.total, view.complete)


def lines(model: Model) -> list[Line]:
    """The advice for the state that the model is in."""
    view = model.view
    if model.filtered and view.total:
        if not view.complete:
            return [Line(f"Filtering {counted(view.total, 'row')}: {view.progress:.0%}")]
        return [
            Line(f"No row matches: the filters hide {view.total:,}."),
            Line("\\ switches them off and on, ⌫ removes the last one."),
            *_untraced(model),
        ]
    if not model.live:
        return [Line("This recording holds no rows.")]
    if len(model.trace.connections):
        return [
            Line("A sandbox has connected and has sent nothing yet."),
            Line("Rows come as soon as a traced call is made."),
        ]
    listen = model.live.monitor.listen
    endpoint = "" if listen == DEFAULT_LISTEN else f" --endpoint {shlex.quote(str(listen))}"
    return [
        Line("No sandbox has connected yet. Start one that does, in another terminal:"),
        Line(""),
        Line(f"gvtui session new --pod-init{endpoint} > session.json", True),
        Line("runsc --pod-init-config=session.json do COMMAND", True),
        Line(""),
        Line("A container that runs already: o shows the points, space switches one on,"),
        Line("L stages a ready-made choice, a applies. Without the viewer:"),
        Line(""),
        Line("gvtui session apply session.json CONTAINER", True),
    ]


def _untraced(model: Model) -> list[Line]:
    """Which key has it traced, if the filter asks for what is not."""
    events = untraced_events(model.condition.text, model.points) if model.condition else []
    if not events or not model.is_live:
        return []
    names = " and ".join(events)
    are = "are" if len(events) > 1 else "is"
    return [
        Line(""),
        Line(f"{names} {are} not traced: o shows the points, space switches on, a applies."),
    ]
