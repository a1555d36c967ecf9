"""Tells when a filter asks for what is not traced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvtui.agent.targets import Owner
from gvtui.points.edit import lacks_context
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.agent.targets import Key
    from gvtui.query.numbers.points import Tally
    from gvtui.tui.points.state import PointsState

_WORD = re.compile(r"[a-z][\w/]*")
_MAX_EVENTS = 3


def lacking_fields(
    needs: Iterable[str],
    state: PointsState,
    tally: Tally,
    connections_of: Callable[[Key], set[int]],
) -> dict[str, str]:
    """The context fields that sessions do not collect, each with why one thinks so.

    A session that is known is asked; for others, and in recordings, the rows tell.
    """
    found: dict[str, str] = {}
    for need in sorted(needs):
        lacking = []
        for target in state.targets:
            edit = state.edit_of(target.key)
            if target.owner is Owner.FILE or edit.applied is None:
                continue
            if edit.is_guess:
                if tally.lacks(need, connections_of(target.key)):
                    lacking.append(f"{target.title} does not send it")
                continue
            catalogue = state.catalogue_of(target.key)
            specs = [catalogue.get(name) for name in lacks_context(edit.applied, need)]
            without = [spec for spec in specs if spec and need in spec.context_fields]
            if without:
                lacking.append(
                    f"{len(without)} of {len(edit.applied.points)} points of {target.title} go "
                    "without it"
                )
        if lacking:
            more = len(lacking) - 1
            others = f", and {counted(more, 'more sandbox', 'more sandboxes')}" if more else ""
            found[need] = lacking[0] + others
        if not state.targets and tally.lacks(need, set(tally.trace.connections)):
            found[need] = "most messages came without it"
    return found


def untraced_events(text: str, state: PointsState) -> list[str]:
    """System calls and events that a filter names, that are known, and that no point sends."""
    words = dict.fromkeys(_WORD.findall(text.lower()))
    if not words:
        return []
    known: dict[str, list[str]] = {}
    for spec in state.catalogue:
        if spec.event in words:
            known.setdefault(spec.event, []).append(spec.name)
    points = state.edit.points(applied=True)
    return [
        event
        for event, names in known.items()
        if not any(name in points or name in state.counts for name in names)
    ][:_MAX_EVENTS]
