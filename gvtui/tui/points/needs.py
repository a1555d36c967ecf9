"""Finds context fields and points that the filter or the screen needs but no session sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvtui.agent.target import SessionOwner
from gvtui.points.edit import lacks_context
from gvtui.query.filter.procfields import BINARY_INFO, FD_INFO, SHA256
from gvtui.query.lacking import missing_text, program_needs
from gvtui.tui.command.command import command
from gvtui.tui.points.survey import Targets
from gvtui.tui.viewer import Feature, Viewer
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.agent.target import Key, Target
    from gvtui.query.numbers.points import PointTally
    from gvtui.tui.points.state import PointsState

_CALLS_NEED = ("thread_id", "time")
"""The context fields that pairing of enter and exit, and durations, need."""
_WORD = re.compile(r"[a-z][\w/]*")
_MAX_EVENTS = 3


def lacking_fields(
    needs: Iterable[str],
    state: PointsState,
    tally: PointTally,
    connections_of: Callable[[Key], set[int]],
) -> dict[str, str]:
    """The needed context fields that sessions do not collect, each with the evidence.

    A known session is asked; for others, and in recordings, the rows are counted.
    """
    found: dict[str, str] = {}
    for need in sorted(needs):
        lacking = []
        for target in state.targets:
            edit = state.edit_of(target.key)
            if target.owner is SessionOwner.FILE or edit.applied is None:
                continue
            if edit.is_guess:
                if (counts := tally.lacks(need, connections_of(target.key))) is not None:
                    lacking.append(f"{missing_text(*counts)} of {target.title}")
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
        if not state.targets:
            counts = tally.lacks(need, set(tally.trace.connections))
            if counts is not None:
                found[need] = missing_text(*counts)
    return found


def untraced_events(text: str, state: PointsState) -> list[str]:
    """Known system calls and events that a filter names although no point sends them."""
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


class Needs(Feature):
    """Names the missing context fields, and stages them."""

    prefix, heading = "points", "What is traced"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.words = ""
        """A sentence on missing fields that the filter or the shown calls need; "" for none."""
        self._lacking: tuple[str, ...] = ()
        self._can_be_staged = False

    @property
    def _targets(self) -> Targets:
        return self.viewer.feature(Targets)

    def opened(self) -> None:
        """Find missing fields at the start."""
        self.tick()

    def tick(self) -> None:
        """Find missing fields now."""
        model = self.model
        by_filter = self._lacks(model.condition.needs if model.condition is not None else ())
        by_calls = self._lacks(_CALLS_NEED)
        offer = self._offer() if self._changeable() else ""
        self._can_be_staged = bool(by_calls and offer)
        words = ""
        untold = self._untold_of_programs()
        if by_filter:
            words = f" ! This filter needs {_listed(by_filter)}"
        elif untold:
            words = f" ! This filter needs {untold}."
        elif cut := model.analysis.context.facts.cut_text():
            words = f" ! {cut[0].upper()}{cut[1:]}."
        elif model.whole_calls and by_calls:
            what = "Pairs and durations" if "thread_id" in by_calls else "Durations"
            words = f" ! {what} of calls need {_listed(by_calls)}"
        self.words = words + offer if words else ""
        shows_calls = model.whole_calls or self.viewer.is_shown("numbers")
        self._lacking = tuple({**by_filter, **(by_calls if shows_calls else {})})

    def remedy(self) -> str:
        """The keys that stage the fields which calls lack."""
        return self._offer() if self._can_be_staged else ""

    def _offer(self) -> str:
        keys_of = self.viewer.commands.keys_of
        return f"  {keys_of('points.collect')} stages it, {keys_of('points.apply')} applies."

    def advice(self) -> Iterable[str]:
        """A hint with keys, if the filter asks for calls that are not traced."""
        condition = self.model.condition
        state = self._targets.state
        events = untraced_events(condition.text, state) if condition is not None else []
        if not events or not self.model.is_live:
            return []
        names = " and ".join(events)
        are = "are" if len(events) > 1 else "is"
        keys_of = self.viewer.commands.keys_of
        return [
            "",
            f"{names} {are} not traced: {keys_of('points.show')} shows the points, "
            f"{keys_of('points.switch')} switches on, {keys_of('points.apply')} applies.",
        ]

    def _untold_of_programs(self) -> str:
        """What the filter asks of programs and none was told with; "" for nothing."""
        model = self.model
        if model.condition is None:
            return ""
        tree, names = model.analysis.processes.tree, program_needs(model.condition)
        told = {
            BINARY_INFO: tree.tells_origins,
            SHA256: tree.tells_digests,
            FD_INFO: tree.tells_stdio,
        }
        untold = [need for need in names if not told[need]]
        # Live a program may start yet.
        if not untold or (model.is_live and not tree.tells_programs):
            return ""
        what = " and ".join(untold)
        return f"{what}, which no message of sentry/execve tells; gVisor has it since 2026"

    def _changeable(self) -> list[Target]:
        """The sandboxes whose sessions can be changed to send more fields."""
        state = self._targets.state
        if not self.model.is_live:
            return []
        return [
            target
            for target in state.targets
            if target.owner is not SessionOwner.FILE and state.edit_of(target.key).staged.points
        ]

    def _lacks(self, needs: Iterable[str]) -> dict[str, str]:
        targets = self._targets
        return lacking_fields(needs, targets.state, targets.tally, targets.connections_of)

    @command("Stage the missing fields that filter, calls or numbers need", "F")
    def collect(self) -> None:
        """Stage the context fields that the filter and the shown calls need."""
        state = self._targets.state
        self.tick()
        fields = self._lacking
        if not fields:
            self.viewer.tell("Nothing on the screen needs a field that is not collected.")
            return
        if not self._targets.may_stage():
            return
        targets = self._changeable()
        if not targets:
            self.viewer.tell(
                state.problem or "gvtui knows no sandbox here whose session it could change."
            )
            return
        where = [target.title for target in targets if state.add_context(fields, target.key)]
        if where:
            keys_of = self.viewer.commands.keys_of
            words = (
                f"Staged: {', '.join(fields)} on all points of {_list_of(where)}. "
                f"{keys_of('points.apply')} applies it here"
            )
            key = keys_of("points.target")
            more = f"; in Points, {key} goes to the next sandbox." if where[1:] else "."
            self.viewer.tell(words + more)
        else:
            self.viewer.tell(
                f"{', '.join(fields)}: staged already, or no point here offers it.", "warning"
            )
        self._targets.show()
        self.tick()


def _list_of(names: list[str]) -> str:
    """Names in words: at most three, and the number of others."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def _listed(lacking: dict[str, str]) -> str:
    """The fields in words, with the evidence for one of them."""
    return f"{', '.join(lacking)}: {next(iter(lacking.values()))}."
