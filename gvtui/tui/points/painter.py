"""Draws the Points pane: its heading, the lines of the tree, the hint at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.agent.target import SessionOwner
from gvtui.decode.escape import escape
from gvtui.points.meanings import FIELD_MEANINGS
from gvtui.points.session import Session
from gvtui.tui.kit.cells import fit, short_count, width_of, wrap_words
from gvtui.tui.kit.seeking import count_words
from gvtui.tui.kit.signs import CLOSED_SIGN, COMES_SIGN, COST_SIGN, OPEN_SIGN
from gvtui.tui.points.state import Box
from gvtui.tui.points.tree import LineKind, PointLine
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.tui.kit.cells import Part
    from gvtui.tui.points.state import PointsState

_MAX_NOTE = 3
_ROOMY = 56
"""From how many cells on rates are shown."""
_HINTS_FROM = 110
"""From how many cells on each line shows a hint on its cost."""
_LABEL_CELLS = 36
_BOX = 3
_OWNER_WORDS = {
    SessionOwner.OURS: ("gvtui", "good"),
    SessionOwner.EARLIER: ("another gvtui's", "good"),
    SessionOwner.POD_INIT: ("pod init", "good"),
    SessionOwner.OTHER: ("another's", "bad"),
    SessionOwner.HERE: ("sends here", "good"),
    SessionOwner.NONE: ("untraced", "faint"),
    SessionOwner.UNKNOWN: ("not known", "bad"),
    SessionOwner.FILE: ("file", "good"),
    SessionOwner.RECORDED: ("as recorded", "faint"),
}
_SIGN_LOOKS = {"+": "added", "−": "removed", "~": "bad"}


class PointsPainter:
    """Makes the lines of the pane; the large pane shows more about the target."""

    def __init__(self, state: PointsState, keys_of: Callable[[str], str], *, large: bool) -> None:
        self._state, self._keys_of = state, keys_of
        self.large = large

    def heading(self, width: int) -> list[list[Part]]:
        """The lines above the tree: staged changes, the target, the last outcome, the search."""
        state = self._state
        diff = state.edit.diff
        staged: list[Part] = []
        if diff:
            staged = [(f"{diff} staged ", "staged")]
        elif state.edit.applied is not None:
            count = len(state.edit.applied.points)
            staged = [(f"{count} on ", "faint")]
        lines = [_spread([("Points", "heading")], staged, width)]
        lines += self._target_lines(width)
        for text in wrap_words(state.busy or state.note, width - 3)[:_MAX_NOTE]:
            if text:
                lines.append([(f" {text}", "faint" if state.busy else state.note_look)])
        if state.pattern:
            said: list[Part] = [(f"{count_words(state.found(), state.place())} ", "faint")]
            lines.append(_spread([(f"/ {escape(state.pattern)}", "name")], said, width))
        return lines

    def _target_lines(self, width: int) -> list[list[Part]]:
        state = self._state
        target = state.target
        if target is None:
            if state.endpoint is None:
                words = "this recording notes no session: what was on is not known"
                return [[(f" {part}", "faint")] for part in wrap_words(words, width - 3)]
            if state.gone is not None:
                others = f"   {counted(len(state.targets), 'other')}" if state.targets else ""
                return [[(f" {state.gone.title} ", "name"), (f"gone{others}", "alarm")]]
            none = "looking for sandboxes …" if state.is_looking else "no sandbox to trace"
            return [[(f" {state.problem or none}", "faint")]]
        place = state.targets.index(target) + 1
        count = f"{place}/{len(state.targets)} " if len(state.targets) > 1 else ""
        words, look = _OWNER_WORDS[target.owner]
        if target.owner is SessionOwner.FILE and not target.exists:
            words = "new file"
        if target.owner is SessionOwner.EARLIER and not target.sends_to(state.endpoint):
            words, look = "another gvtui's, sent elsewhere", "bad"
        if target.owner is SessionOwner.RECORDED and target.applied is None:
            words = "session not known"
        elif target.owner is SessionOwner.RECORDED and target.applied == Session():
            words = "no session at the end"
        facts = ""
        if self.large and target.container is not None:
            container = target.container
            pod = f"{target.members} containers   " if target.members > 1 else ""
            facts = f"{pod}{container.status}   pid {container.pid}   {container.root} "
        left: list[Part] = [(f" {count}", "faint"), (f"{target.title} ", "name")]
        taken = sum(width_of(text) for text, _ in left) + width_of(words) + 1
        beside = taken + width_of(facts) + 3 <= width
        right: list[Part] = [(f"{words} ", look)]
        if facts and beside:
            right.append((f"  {facts}", look))
        lines = [_spread(left, right, width)]
        if facts and not beside:
            lines.append(_spread([], [(fit(facts, min(width, width_of(facts))), "faint")], width))
        if target.error:
            lines += [[(f" {text}", "alarm")] for text in wrap_words(target.error, width - 3)[:2]]
        elif state.edit.is_guess and not state.is_unheard:
            known = "what its file says now" if target.is_guess else "what it has sent so far"
            lines.append([(f" shown: {known}", "faint")])
        elif state.is_unheard:
            text = "it runs, but sends nothing here"
            if not state.refusal:
                text += f": {self._keys_of('points.apply')} starts it again"
            lines += [[(f" {part}", "bad")] for part in wrap_words(text, width - 3)]
        if self.large and target.owner is not SessionOwner.FILE:
            lines += [[(f" ! {text}", "bad")] for text in wrap_words(state.problem, width - 5)[:2]]
        return lines

    def footing(self, width: int, focused: bool) -> list[list[Part]]:
        """The lines below the tree: a hint for the line at the cursor."""
        words = self._hint(focused)
        lines = wrap_words(words, width - 2)[:2] if words else []
        return [[(text, "faint")] for text in lines]

    def _hint(self, focused: bool) -> str:
        """A hint on the line at the cursor: its meaning, or the keys that work on it."""
        state, key = self._state, self._keys_of
        line = state.at_cursor()
        if line is None:
            return f"nothing found: {key('list.leave')} shows all again"
        cost = state.cost(line)
        hints = (_meaning(line), f"{COST_SIGN} {cost}" if cost else "")
        if any(hints):
            return "; ".join(filter(None, hints))
        if line.kind is LineKind.FIELDS or (line.kind is LineKind.GROUP and not focused):
            return f"{key('points.open')} opens, {key('points.close')} closes"
        if state.refusal:
            return f"{key('list.find')} finds, {key('points.group')} groups"
        is_off = state.box(line) is Box.OFF
        if state.edit.diff:
            return (
                f"{key('points.apply')} applies what is staged, {key('points.undo')} undoes, "
                f"{key('points.preview')} shows it"
            )
        if is_off:
            enter, exit_ = key("points.switch E"), key("points.switch X")
            sides = f", {enter} and {exit_} one side of it" if line.sided else ""
            return f"off: {key('points.switch')} switches it on{sides}"
        return (
            f"{key('points.switch')} switches, {key('list.find')} finds, "
            f"{key('points.group')} groups"
        )

    def line(self, line: PointLine, width: int) -> list[Part]:
        """One line of the tree, after the cursor sign."""
        state = self._state
        sign = state.sign(line)
        parts: list[Part] = [(sign, _SIGN_LOOKS.get(sign, ""))]
        parts += _boxes(state, line)
        costly = COST_SIGN if state.cost(line) else ""
        right = self._right(line, width)
        room = width - sum(width_of(text) for text, _ in (*parts, *right)) - len(costly) - 1
        if width >= _HINTS_FROM:
            room = min(room, _LABEL_CELLS)
        label = fit(line.label, room) if width_of(line.label) > room else line.label
        parts.append((label, self._label_look(line)))
        if costly:
            parts.append((f" {costly}", "bad"))
        if width >= _HINTS_FROM:
            taken = sum(width_of(text) for text, _ in parts)
            parts.append((" " * max(0, _LABEL_CELLS + 17 - taken), ""))
            left = width - sum(width_of(text) for text, _ in (*parts, *right)) - 1
            words = state.cost(line) or _meaning(line)
            parts.append((fit(words, max(0, left)), "faint"))
        return _spread(parts, right, width)

    def _label_look(self, line: PointLine) -> str:
        if line.kind is LineKind.GROUP:
            return "group"
        if line.kind is LineKind.FIELDS:
            return "faint"
        if line.kind is LineKind.FIELD:
            return "field"
        return "faint" if self._state.box(line) is Box.OFF else "name"

    def _right(self, line: PointLine, width: int) -> list[Part]:
        state = self._state
        if line.kind is LineKind.FIELD:
            return [(f"{line.field_kind} ", "faint")] if width >= _ROOMY else []
        if line.kind is LineKind.FIELDS:
            return []
        count = sum(state.counts.get(name, 0) for name in line.names)
        rate = sum(state.rates.get(name, 0.0) for name in line.names)
        parts: list[Part] = []
        if line.kind is LineKind.GROUP:
            on = sum(name in state.edit.points() for name in line.names)
            known = on if on or state.is_known else "?"
            parts.append((f" {known}/{len(line.names)}", "faint"))
        if width >= _ROOMY:
            words = f"{short_count(rate)}/s" if rate else ""
            parts.append((f"{count:>13,}" if count else " " * 13, "number"))
            parts.append((f"{words:>9} ", "good"))
        else:
            look, sign = ("good", COMES_SIGN) if rate else ("number", " ")
            # A long name may use the cells of a missing count; groups keep their counts aligned.
            if count or line.kind is LineKind.GROUP:
                parts.append((f" {short_count(count) if count else '':>5}{sign}", look))
        return parts


def box_spots(state: PointsState, line: PointLine) -> list[tuple[str, str, str | None]]:
    """The boxes before a label: words, their style, and the side that a click switches."""
    twist = f"{OPEN_SIGN if line.is_open else CLOSED_SIGN} " if line.can_open else "  "
    spots: list[tuple[str, str, str | None]] = [("  " * line.depth + twist, "faint", None)]
    if line.kind is LineKind.FIELDS:
        return spots
    if line.kind is LineKind.GROUP or not line.sided:
        spots.append((*_box(state.box(line), "●"), ""))
    else:
        spots += [(*_box(state.box(line, side), side), side) for side in ("E", "X")]
    spots.append((" ", "", None))
    return spots


def _boxes(state: PointsState, line: PointLine) -> list[Part]:
    return [(text, look) for text, look, _ in box_spots(state, line)]


def _box(box: Box, letter: str) -> tuple[str, str]:
    if box is Box.ABSENT:
        return " " * _BOX, ""
    sign = {Box.ON: letter, Box.SOME: "◐", Box.OFF: " ", Box.UNKNOWN: "?"}[box]
    return f"[{sign}]", "on" if box in (Box.ON, Box.SOME) else "off"


def _meaning(line: PointLine) -> str:
    """What a field tells; "" for other lines."""
    return FIELD_MEANINGS.get(line.field, "") if line.kind is LineKind.FIELD else ""


def _spread(left: list[Part], right: list[Part], width: int) -> list[Part]:
    """Words at both edges; those on the left are cut if needed."""
    room = width - sum(width_of(text) for text, _ in right)
    taken, kept = 0, []
    for text, look in left:
        cells = width_of(text)
        if taken + cells > room:
            text = fit(text, max(0, room - taken))
            cells = room - taken
        kept.append((text, look))
        taken += cells
        if taken >= room:
            break
    return [*kept, (" " * max(0, room - taken), ""), *right]
