"""The Points pane: what is traced, and what is staged to be traced, as a tree that draws itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from gvtui.decode.escape import escape
from gvtui.tui.cells import fit, short_count, width_of, wrap
from gvtui.tui.keys import bindings
from gvtui.tui.linewidget import LineWidget, Part
from gvtui.tui.points_model import Box, Owner
from gvtui.tui.points_tree import Line, LineKind

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip

    from gvtui.tui.model import Model
    from gvtui.tui.points_model import PointsState

LARGE = "points-large"
"""Id of the pane where it takes the right side."""

COST_SIGN = "$"

_MAX_NOTE = 3
_ROOMY = 56
"""Cells from which on rates are shown."""
_HINTS_FROM = 110
"""Cells from which on each line says what it costs."""
_LABEL_CELLS = 36
_WHEEL_LINES = 3
_BOX = 3
_OWNER_WORDS = {
    Owner.OURS: ("gvtui", "good"),
    Owner.EARLIER: ("gvtui, earlier", "good"),
    Owner.OTHER: ("another's", "bad"),
    Owner.NONE: ("untraced", "faint"),
    Owner.UNKNOWN: ("not known", "bad"),
    Owner.FILE: ("file", "good"),
    Owner.RECORDED: ("as recorded", "faint"),
}
_SIGN_LOOKS = {"+": "added", "−": "removed", "~": "bad"}


class PointsPane(LineWidget, can_focus=True):
    """The tree of points; two of these share one state, one narrow and one large."""

    PREFIX = "points"
    LOOKS = (
        "heading", "name", "group", "field", "on", "off", "faint", "number", "good", "bad",
        "alarm", "added", "removed", "staged", "bar", "cursor",
    )  # fmt: skip
    BINDINGS = bindings("points")
    ALLOW_SELECT = False

    class Refused(Message):
        """Nothing can be staged here."""

    class Asked(Message):
        """A key of the pane asks for what the app does."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self, model: Model, *, large: bool = False) -> None:
        super().__init__(id=LARGE if large else "points", classes="points")
        self._model = model
        self._large = large
        self._top = 0
        self._shown: tuple[object, ...] = ()
        self._searching = False
        self._head: list[list[Part]] = []
        self._foot: list[list[Part]] = []

    @property
    def state(self) -> PointsState:
        """What the pane shows."""
        return self._model.points

    def on_show(self) -> None:
        """The large pane takes the place of the small one."""
        if self._large:
            self.screen.add_class(LARGE)
        self.news()

    def on_hide(self) -> None:
        """Give the place back."""
        if self._large:
            self.screen.remove_class(LARGE)

    def news(self) -> None:
        """Draw what has changed."""
        state = self.state
        shown = (
            state.version, state.cursor, self._top, self.size, self.has_focus, self._searching,
            state.counts, state.rates,
        )  # fmt: skip
        if shown != self._shown:
            self._shown = shown
            self._head = self._heading()
            self._foot = self._footing()
            self.refresh()

    def on_resize(self) -> None:
        """Lay it out again."""
        self._keep_in_sight()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._keep_in_sight()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._searching = False
        self.news()

    @property
    def _page(self) -> int:
        return max(1, self.size.height - len(self._head) - len(self._foot))

    def _heading(self) -> list[list[Part]]:
        state, width = self.state, self.size.width
        diff = state.edit.diff
        staged: list[Part] = []
        if diff:
            staged = [(f"{diff} staged ", "staged")]
        elif state.edit.applied is not None:
            count = len(state.edit.applied.points)
            staged = [(f"{count} on ", "faint")]
        lines = [_spread([(" Points", "heading")], staged, width)]
        lines += self._target_lines()
        for text in wrap(state.busy or state.note, width - 3)[:_MAX_NOTE]:
            if text:
                lines.append([(f"  {text}", "faint" if state.busy else state.note_look)])
        if self._searching or state.pattern:
            count = sum(line.kind is LineKind.CALL for line in state.lines())
            end = "▏" if self._searching else ""
            found: list[Part] = [(f"{count} ", "faint")]
            lines.append(_spread([(f" / {escape(state.pattern)}{end}", "name")], found, width))
        return lines

    def _target_lines(self) -> list[list[Part]]:
        state, width = self.state, self.size.width
        target = state.target
        if target is None:
            if state.endpoint is None:
                return [[("  of this recording", "faint")]]
            return [[(f"  {state.problem or 'no sandbox that could be traced'}", "faint")]]
        place = state.targets.index(target) + 1
        count = f"{place}/{len(state.targets)} " if len(state.targets) > 1 else ""
        words, look = _OWNER_WORDS[target.owner]
        if target.owner is Owner.FILE and not target.exists:
            words = "new file"
        if self._large and target.container is not None:
            container = target.container
            words += f"   {container.status}   pid {container.pid}   {container.root}"
        left: list[Part] = [(f"  {count}", "faint"), (f"{target.title} ", "name")]
        right: list[Part] = [(f"{words} ", look)]
        lines = [_spread(left, right, width)]
        if target.error:
            lines += [[(f"  {text}", "alarm")] for text in wrap(target.error, width - 3)[:2]]
        elif state.edit.is_guess:
            lines.append([("  shown: what it has sent so far", "faint")])
        return lines

    def _footing(self) -> list[list[Part]]:
        width = self.size.width
        words = self._hint()
        lines = wrap(words, width - 2)[:2] if words else []
        return [[(f" {text}", "faint")] for text in lines]

    def _hint(self) -> str:
        """What the line at the cursor means, or which key does something about it."""
        state = self.state
        line = state.at_cursor()
        if self._searching:
            return "Enter keeps what is found, Esc shows all again"
        if line is None:
            return "nothing found: Esc shows all again"
        cost = state.cost(line)
        if cost:
            return f"{COST_SIGN} {cost}"
        if line.kind is LineKind.FIELDS or (line.kind is LineKind.GROUP and not self.has_focus):
            return "→ opens, ← closes"
        is_off = state.box(line) is Box.OFF
        if state.edit.diff:
            return "a applies what is staged, u undoes, v shows it"
        if is_off:
            sides = ", e and x one side of it" if line.sided else ""
            return f"off: space switches it on{sides}"
        return "space switches, / finds, g groups"

    def render_line(self, y: int) -> Strip:
        """The heading, a line of the tree, or the hint."""
        width, height = self.size.width, self.size.height
        if y < len(self._head):
            return self.strip(self._head[y], width)
        from_end = height - y
        if from_end <= len(self._foot):
            return self.strip(self._foot[-from_end], width, ground="bar")
        place = self._top + y - len(self._head)
        lines = self.state.lines()
        if place >= len(lines):
            return self.strip([], width)
        line = lines[place]
        at_cursor = self.has_focus and place == self.state.place()
        ground = "cursor" if at_cursor else ""
        return self.strip(self._line(line, at_cursor, width), width, ground=ground)

    def _line(self, line: Line, at_cursor: bool, width: int) -> list[Part]:
        state = self.state
        sign = state.sign(line)
        parts: list[Part] = [("▌" if at_cursor else " ", "good")]
        parts.append((sign, _SIGN_LOOKS.get(sign, "")))
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
            parts.append((" " * max(0, _LABEL_CELLS + 18 - taken), ""))
            left = width - sum(width_of(text) for text, _ in (*parts, *right)) - 1
            parts.append((fit(state.cost(line), max(0, left)), "faint"))
        return _spread(parts, right, width)

    def _label_look(self, line: Line) -> str:
        if line.kind is LineKind.GROUP:
            return "group"
        if line.kind is LineKind.FIELDS:
            return "faint"
        if line.kind is LineKind.FIELD:
            return "field"
        return "faint" if self.state.box(line) is Box.OFF else "name"

    def _right(self, line: Line, width: int) -> list[Part]:
        state = self.state
        if line.kind is LineKind.FIELD:
            return [(f"{line.field_kind} ", "faint")] if width >= _ROOMY else []
        if line.kind is LineKind.FIELDS:
            return []
        count = sum(state.counts.get(name, 0) for name in line.names)
        rate = sum(state.rates.get(name, 0.0) for name in line.names)
        parts: list[Part] = []
        if line.kind is LineKind.GROUP:
            on = sum(name in state.edit.points() for name in line.names)
            parts.append((f" {on}/{len(line.names)}", "faint"))
        if width >= _ROOMY:
            words = f"{short_count(rate)}/s" if rate else ""
            parts.append((f"{count:>13,}" if count else " " * 13, "number"))
            parts.append((f"{words:>9} ", "good"))
        else:
            lively = "good" if rate else "number"
            parts.append((f" {short_count(count) if count else '':>5} ", lively))
        return parts

    def _keep_in_sight(self) -> None:
        self._head = self._heading()
        self._foot = self._footing()
        place = self.state.place()
        lines = self.state.lines()
        if self.has_focus:
            self._top = max(min(self._top, place), place - self._page + 1)
        self._top = max(0, min(self._top, len(lines) - self._page))
        self.news()

    def go(self, place: int) -> None:
        """Put the cursor on a line."""
        lines = self.state.lines()
        if lines:
            self.state.cursor = lines[max(0, min(place, len(lines) - 1))].key
        self._keep_in_sight()

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self.go(self.state.place() + step)

    def action_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.go(self.state.place() + pages * max(1, self._page - 1))

    def action_first(self) -> None:
        """Go to the first line."""
        self.go(0)

    def action_last(self) -> None:
        """Go to the last line."""
        self.go(len(self.state.lines()))

    def action_close(self) -> None:
        """Close the line, or go to the one that it is beneath."""
        line = self.state.at_cursor()
        if line is None:
            return
        if line.is_open and not (self.state.pattern and line.kind is LineKind.GROUP):
            self.state.open(line, False)
        elif line.parent:
            self.state.cursor = line.parent
        self._keep_in_sight()

    def action_open(self) -> None:
        """Open the line."""
        line = self.state.at_cursor()
        if line is not None:
            self.state.open(line, True)
            self._keep_in_sight()

    def action_unfold(self) -> None:
        """Open the line, or close it."""
        line = self.state.at_cursor()
        if line is not None:
            self.state.open(line)
            self._keep_in_sight()

    def action_unfold_all(self) -> None:
        """Open everything, or close everything."""
        self.state.open_all()
        self._keep_in_sight()

    def action_switch(self, side: str = "") -> None:
        """Stage the box at the cursor the other way round."""
        line = self.state.at_cursor()
        if line is not None:
            self._switch(line, side)

    def _switch(self, line: Line, side: str) -> None:
        if self.state.endpoint is None:
            self.post_message(self.Refused())
        elif line.kind is LineKind.FIELDS:
            self.state.open(line)
        else:
            self.state.toggle(line, side)
        self._keep_in_sight()

    def action_group(self) -> None:
        """Group by component, or by what the calls are for."""
        state = self.state
        line = state.at_cursor()
        state.grouping = "purpose" if state.grouping == "component" else "component"
        state.changed()
        if line is not None and line.kind is LineKind.CALL:
            state.reveal(line.names[0])
        self._keep_in_sight()

    def action_only_on(self) -> None:
        """Show only what is on, or all."""
        self.state.only_on = not self.state.only_on
        self.state.changed()
        self._keep_in_sight()

    def action_target(self) -> None:
        """Show the next sandbox."""
        self.state.next_target()
        self._keep_in_sight()

    def action_ask(self, what: str) -> None:
        """Have the app do it."""
        self.post_message(self.Asked(what))

    def action_search(self) -> None:
        """Take letters for a search."""
        self._searching = True
        self._keep_in_sight()

    def action_clear_search(self) -> None:
        """Show all points again; then leave the pane."""
        if self.state.pattern:
            self._find("")
        else:
            self.screen.query_one("#stream").focus()

    def _find(self, pattern: str) -> None:
        self.state.pattern = pattern
        self.state.changed()
        lines = self.state.lines()
        calls = (line for line in lines if line.kind is LineKind.CALL)
        first = next(calls, None)
        if pattern and first is not None:
            self.state.cursor = first.key
        self._keep_in_sight()

    def on_key(self, event: events.Key) -> None:
        """While searching, letters are the pattern."""
        if not self._searching:
            return
        if event.key in ("up", "down"):
            self._searching = False
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._searching = False
        elif event.key == "escape":
            self._searching = False
            self.state.pattern = ""
            self.state.changed()
        elif event.key == "backspace":
            self._find(self.state.pattern[:-1])
            return
        elif event.is_printable and event.character:
            self._find(self.state.pattern + event.character)
            return
        self._keep_in_sight()

    def on_click(self, event: events.Click) -> None:
        """A click on a box switches it, beside it opens the line."""
        place = self._top + event.y - len(self._head)
        lines = self.state.lines()
        if not (len(self._head) <= event.y < self.size.height - len(self._foot)):
            if event.y == 1:
                self.action_target()
            return
        if place >= len(lines):
            return
        line = lines[place]
        self.state.cursor = line.key
        start = 2
        for text, _, side in _box_spots(self.state, line):
            if side is not None and start <= event.x < start + len(text):
                self._switch(line, side)
                return
            start += len(text)
        if event.x < start or line.kind in (LineKind.GROUP, LineKind.FIELDS):
            self.state.open(line)
        self._keep_in_sight()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll; the cursor stays with its line."""
        event.stop()
        self._scroll(_WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll; the cursor stays with its line."""
        event.stop()
        self._scroll(-_WHEEL_LINES)

    def _scroll(self, step: int) -> None:
        last = max(0, len(self.state.lines()) - self._page)
        self._top = max(0, min(self._top + step, last))
        self.news()


def _box_spots(state: PointsState, line: Line) -> list[tuple[str, str, str | None]]:
    """What stands before a label: words, their look, and which side a click on them switches."""
    twist = ("▾ " if line.is_open else "▸ ") if line.can_open else "  "
    spots: list[tuple[str, str, str | None]] = [("  " * line.depth + twist, "faint", None)]
    if line.kind is LineKind.FIELDS:
        return spots
    if line.kind is LineKind.GROUP or not line.sided:
        spots.append((*_box(state.box(line), "●"), ""))
    else:
        spots += [(*_box(state.box(line, side), side), side) for side in ("E", "X")]
    spots.append((" ", "", None))
    return spots


def _boxes(state: PointsState, line: Line) -> list[Part]:
    return [(text, look) for text, look, _ in _box_spots(state, line)]


def _box(box: Box, letter: str) -> tuple[str, str]:
    if box is Box.ABSENT:
        return " " * _BOX, ""
    sign = {Box.ON: letter, Box.SOME: "◐", Box.OFF: " "}[box]
    return f"[{sign}]", "off" if box is Box.OFF else "on"


def _spread(left: list[Part], right: list[Part], width: int) -> list[Part]:
    """Words at both edges; those at the left give way."""
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


def make_small(model: Model) -> PointsPane:
    """The pane in the sidebar."""
    return PointsPane(model)


def make_large(model: Model) -> PointsPane:
    """The pane as a tab."""
    return PointsPane(model, large=True)
