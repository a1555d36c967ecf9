"""The state of the Points pane, without a screen: targets, staged sessions, tree, boxes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from gvtui.agent.target import SessionOwner
from gvtui.errors import ReadOnlyError
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.costs import FIELD_COSTS, point_cost
from gvtui.points.edit import set_field, switch_off, switch_on
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS, Point, Session
from gvtui.points.tuning import remote_sink
from gvtui.tui.points.edit import Edit
from gvtui.tui.points.gone import back_words, gone_words
from gvtui.tui.points.tree import Grouping, LineKind, PointLine, build_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gvtui.agent.target import Key, Target
    from gvtui.points.catalogue import Catalogue

NOWHERE: Key = ("", "")
"""The key used while there is no target: sessions can be staged and saved even so."""

_OTHERS = (SessionOwner.OTHER, SessionOwner.HERE, SessionOwner.POD_INIT)
"""Owners of sessions whose points are not known for certain."""

MANY_POINTS = 100
"""From how many raw points on switching them on together is called a flood."""


class Box(Enum):
    """The state of a line's box."""

    ON = "on"
    OFF = "off"
    SOME = "some"
    UNKNOWN = "not known"
    """Nothing is staged, and nobody knows what is applied."""
    ABSENT = "absent"
    """The line has nothing to switch."""


class PointsState:
    """The state of the pane, which is changed only on the screen's thread."""

    def __init__(self, endpoint: Path | None = None, *, readonly: bool = False) -> None:
        """Make a state without targets.

        Args:
            endpoint: the socket that sessions send to; None for a recording.
            readonly: refuse every change.
        """
        self.refusal = ""
        """Why nothing may be staged or applied, one sentence; "" if changes are allowed."""
        if endpoint is None:
            self.refusal = "This is a recording: what was traced cannot be changed any more."
        elif readonly:
            self.refusal = f"{ReadOnlyError()}."
        self.endpoint = endpoint.absolute() if endpoint else None
        self.targets: tuple[Target, ...] = ()
        self.catalogue_here: Catalogue | None = None
        """The catalogue of this machine's runsc; None if it has not been asked."""
        self.architecture = ""
        """The architecture of a recording's sandboxes; "" for this machine's."""
        self.problem = ""
        """Why no sandboxes were found; "" if some were."""
        self.gone: Target | None = None
        """The target that the pane shows, if it has gone; it may be started again under its ID."""
        self.is_looking = False
        """Whether the first search for sandboxes is under way."""
        self.grouping: Grouping = "component"
        self.only_on = False
        self.pattern = ""
        self.cursor = ""
        """The key of the line at the cursor."""
        self.note = ""
        """The outcome of the last change, a sentence for the user."""
        self.note_look = "faint"
        self.detail = ""
        """All output of runsc on that change."""
        self.busy = ""
        """What gvtui is doing right now; "" for nothing."""
        self.is_unheard = False
        """Whether gvtui's session runs at the target but has no connection to this monitor."""
        self.counts: dict[str, int] = {}
        self.rates: dict[str, float] = {}
        self.version = 0
        """Grows when anything except the counts changes."""
        self._opened: set[str] = set()
        self._key: Key = NOWHERE
        self._edits: dict[Key, Edit] = {}
        self._folds = 0
        """Grows when a line is opened or closed."""
        self._tree_key: tuple[object, ...] = ()
        self._lines: list[PointLine] = []
        self._places: dict[str, int] = {}

    @property
    def target(self) -> Target | None:
        """The target on the screen; None if there is none."""
        return next((each for each in self.targets if each.key == self._key), None)

    @property
    def edit(self) -> Edit:
        """The edit of the target on the screen."""
        return self.edit_of(self._key)

    @property
    def is_known(self) -> bool:
        """Whether it is known what is traced at the target shown."""
        target = self.target
        if target is None:
            # Of a recording, only a note tells; live, it is no sandbox at all.
            return self.endpoint is not None
        return self.edit.applied is not None or target.owner in (
            SessionOwner.NONE,
            SessionOwner.FILE,
        )

    def edit_of(self, key: Key) -> Edit:
        """The edit of a target."""
        edit = self._edits.get(key)
        if edit is None:
            edit = self._edits[key] = Edit(self.empty_session(for_file=key[0] == "file"))
        return edit

    def empty_session(self, *, for_file: bool = False) -> Session:
        """A session without points that sends to this viewer."""
        if self.endpoint is None:
            return Session()
        return Session(sinks=(remote_sink(str(self.endpoint), ignore_setup_error=for_file),))

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the target on the screen."""
        return self.catalogue_of(self._key)

    def catalogue_of(self, key: Key) -> Catalogue:
        """The catalogue of a target.

        If it is not known, that of another target or of this machine's runsc; for a recording, and
        if there is no runsc, the list that comes with gvtui.
        """
        target = next((each for each in self.targets if each.key == key), None)
        if target is not None and target.catalogue is not None:
            return target.catalogue
        known = (each.catalogue for each in self.targets if each.catalogue is not None)
        return next(known, None) or self.catalogue_here or bundled_catalogue(self.architecture)

    def take_targets(
        self, targets: Iterable[Target], problem: str = "", catalogue: Catalogue | None = None
    ) -> None:
        """Replace the targets; the pane does not turn from the one on the screen to another.

        Args:
            targets: the sandboxes, and a session file.
            problem: what could not be searched, and why.
            catalogue: the catalogue of this machine's runsc, if no sandbox's is known.
        """
        shown = self.target
        self.targets = tuple(targets)
        self.catalogue_here = catalogue or self.catalogue_here
        self.problem = problem
        for target in self.targets:
            edit = self.edit_of(target.key)
            if target.applied is not None or not edit.is_guess:
                edit.take_applied(target.applied, is_guess=target.is_guess)
            elif target.owner is SessionOwner.NONE:
                edit.take_applied(None)
        if self.target is not None:
            if self.gone is not None:
                self.say(back_words(self.target.title, self.edit))
            self.gone = None
        elif shown is not None:
            self.gone = shown
            self.say(gone_words(shown.title, self.edit), "bad")
        elif self.targets and self.gone is None:
            self._key = self.targets[0].key
            nowhere = self._edits.pop(NOWHERE, None)
            if nowhere is not None and nowhere.is_staged:
                self.edit.stage(nowhere.staged)
        self.changed()

    def forget_targets(self) -> None:
        """Begin anew, as with a recording none of whose rows was read; the choice stays."""
        self.targets, self.gone = (), None
        self._edits.clear()
        self.changed()

    def take_guess(self, names: Iterable[str]) -> None:
        """Take the points that a sandbox has sent as those of its session, which cannot be read."""
        edit, target = self.edit, self.target
        if target is None or edit.is_staged:
            return
        if target.owner not in _OTHERS and not (
            target.owner is SessionOwner.OURS and target.applied is None
        ):
            return
        seen = frozenset(names)
        guess = edit.applied if edit.applied and edit.is_guess else self.empty_session()
        if not seen <= guess.point_names:
            edit.take_applied(switch_on(guess, sorted(seen), self.catalogue), is_guess=True)
            self.changed()

    def choose(self, key: Key) -> bool:
        """Show another target; False if there is none of that key."""
        if not any(each.key == key for each in self.targets):
            return False
        if key != self._key:
            self._key = key
            self.note, self.gone = "", None
            self.changed()
        return True

    def next_target(self, step: int = 1) -> None:
        """Show the next target."""
        keys = [each.key for each in self.targets]
        if keys:
            place = keys.index(self._key) if self._key in keys else -1
            self.choose(keys[(place + step) % len(keys)])

    def changed(self) -> None:
        """Note that something other than the counts has changed."""
        self.version += 1

    def say(self, note: str, look: str = "faint", detail: str = "") -> None:
        """Show a sentence in the pane."""
        self.note, self.note_look = note, look
        if detail:
            self.detail = detail
        self.changed()

    def lines(self) -> list[PointLine]:
        """The visible lines of the tree."""
        catalogue = self.catalogue
        on = frozenset(self.edit.points()) if self.only_on else None
        key = (id(catalogue), self.grouping, self.pattern, on, self._folds)
        if self._tree_key != key:
            self._tree_key = key
            found = catalogue.search(self.pattern) if self.pattern.strip() else None
            self._lines = build_lines(catalogue, self.grouping, self._opened, found, on)
            self._places = {line.key: place for place, line in enumerate(self._lines)}
        return self._lines

    def found(self) -> list[int]:
        """The indices of the lines that a search has found: calls and events."""
        lines = self.lines()
        return [place for place, line in enumerate(lines) if line.kind is LineKind.CALL]

    def place(self) -> int:
        """The index of the cursor's line."""
        self.lines()
        return self._places.get(self.cursor, 0)

    def at_cursor(self) -> PointLine | None:
        """The line at the cursor."""
        lines = self.lines()
        return lines[self.place()] if lines else None

    def open(self, line: PointLine, is_open: bool | None = None) -> None:
        """Open or close a line; toggle it if `is_open` is None."""
        if not line.can_open:
            return
        wanted = (line.key not in self._opened) if is_open is None else is_open
        if wanted:
            self._opened.add(line.key)
        else:
            self._opened.discard(line.key)
        self._folded()

    def open_all(self) -> None:
        """Open every group, call and list of fields; close all if all are open."""
        before = frozenset(self._opened)
        while closed := [line.key for line in self.lines() if line.can_open and not line.is_open]:
            self._opened.update(closed)
            self._folds += 1
        if before >= self._opened:
            self._opened.clear()
        self._folded()

    def _folded(self) -> None:
        self._folds += 1
        self.changed()

    def reveal(self, name: str) -> None:
        """Open the group of a point, and move the cursor to the point."""
        spec = self.catalogue.get(name)
        if spec is None:
            return
        group = spec.component if self.grouping == "component" else spec.purposes[0]
        self.pattern, self.only_on = "", False
        self._opened.add(group)
        self.cursor = f"{group}/{spec.call}"
        self._folded()

    def box(self, line: PointLine, side: str = "", *, applied: bool = False) -> Box:
        """The state of a line's box.

        Args:
            line: the line.
            side: `E` or `X` for one side of a call; "" for all points of the line.
            applied: the state in the applied session, not in the staged one.
        """
        names = {"E": (line.enter,), "X": (line.exit,)}.get(side, line.names)
        names = tuple(filter(None, names))
        points = self.edit.points(applied=applied)
        if line.kind is LineKind.FIELD:
            on = [_has(points[name], line) for name in names if name in points]
            if not on and names:
                return self._off
        else:
            on = [name in points for name in names]
        if not on:
            return Box.ABSENT
        return Box.ON if all(on) else Box.SOME if any(on) else self._off

    @property
    def _off(self) -> Box:
        return Box.OFF if self.is_known else Box.UNKNOWN

    def sign(self, line: PointLine) -> str:
        """The sign of a line's staged change: `+`, `−`, `~`, or "" for none."""
        diff = self.edit.diff
        if not diff:
            return " "
        if line.kind is LineKind.FIELD:
            now, then = self.edit.points(), self.edit.points(applied=True)
            with_now = {name for name in line.names if name in now and _has(now[name], line)}
            with_then = {name for name in line.names if name in then and _has(then[name], line)}
        elif line.kind is LineKind.FIELDS:
            return " "
        else:
            now, then = self.edit.points(), self.edit.points(applied=True)
            with_now = {name for name in line.names if name in now}
            with_then = {name for name in line.names if name in then}
            if with_now == with_then:
                changed = any(now[name] != then[name] for name in with_now)
                return "~" if changed else " "
        if with_now > with_then:
            return "+"
        return "−" if with_now < with_then else " " if with_now == with_then else "~"

    def toggle(self, line: PointLine, side: str = "") -> None:
        """Switch a line's box: off if it is wholly on, else on."""
        names = tuple(filter(None, {"E": (line.enter,), "X": (line.exit,)}.get(side, line.names)))
        if line.kind is LineKind.FIELDS or not names:
            return
        on = self.box(line, side) is not Box.ON
        if line.kind is LineKind.FIELD:
            self.set_field(names, line, on)
        else:
            self.switch(names, on)

    def switch(self, names: Iterable[str], on: bool) -> None:
        """Stage points to be switched on or off."""
        edit = self.edit
        if on:
            session = switch_on(edit.staged, names, self.catalogue, self._context())
        else:
            session = switch_off(edit.staged, names)
        self.stage(session)

    def set_field(self, names: Iterable[str], line: PointLine, on: bool) -> None:
        """Stage a field to be switched on or off; a point that is off is switched on with it."""
        session = self.edit.staged
        names = tuple(names)
        if on and not any(name in self.edit.points() for name in names):
            session = switch_on(session, names, self.catalogue, self._context())
        self.stage(set_field(session, names, line.field_kind, line.field, on, self.catalogue))

    def stage(self, session: Session) -> None:
        """Stage a whole session."""
        self.edit.stage(session)
        self.changed()

    def add_context(self, fields: Iterable[str], key: Key) -> bool:
        """Stage context fields on all points of a target; False if none of them offers any."""
        edit, catalogue = self.edit_of(key), self.catalogue_of(key)
        session = edit.staged
        for field in fields:
            session = set_field(session, session.point_names, "context", field, True, catalogue)
        if session == edit.staged:
            return False
        edit.stage(session)
        self.changed()
        return True

    def _context(self) -> tuple[str, ...]:
        """The context fields of a new point: those of all other points, and those gvtui needs."""
        points = self.edit.staged.points
        if not points:
            return DEFAULT_CONTEXT_FIELDS
        common = set(points[0].context_fields).intersection(
            *(point.context_fields for point in points)
        )
        return tuple(dict.fromkeys((*DEFAULT_CONTEXT_FIELDS, *sorted(common))))

    def cost(self, line: PointLine) -> str:
        """A hint why switching a line on is costly; "" if it is not."""
        if line.kind is LineKind.FIELD:
            return FIELD_COSTS.get(line.field, "")
        catalogue = self.catalogue
        specs = [spec for name in line.names if (spec := catalogue.get(name))]
        raw = sum(spec.is_raw for spec in specs)
        if line.kind is LineKind.GROUP and raw >= MANY_POINTS:
            return f"{raw} raw points: a flood that slows programs and drops points"
        return point_cost(specs[0]) if line.kind is LineKind.CALL and specs else ""


def _has(point: Point, line: PointLine) -> bool:
    fields = point.optional_fields if line.field_kind == "optional" else point.context_fields
    return line.field in fields
