"""Updates the Points pane: searches for sandboxes and sessions, and counts messages."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gvtui.agent.outcome import State
from gvtui.agent.target import SessionOwner, Target
from gvtui.decode.ids import short_id
from gvtui.query.numbers.points import PointTally
from gvtui.tui.command.command import command
from gvtui.tui.model.rowtext import word
from gvtui.tui.points.state import PointsState
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from gvtui.agent.target import Key, TargetSurvey
    from gvtui.trace.marks import SessionMark
    from gvtui.trace.row import Row

_COUNT_SECONDS = 0.008
"""How many seconds one step of counting may take."""
_SURVEY_SECONDS, _IDLE_SURVEY_SECONDS = 5.0, 30.0
"""Seconds between two searches for sandboxes, while the pane is shown and while it is not."""
_SENDING_HERE = (SessionOwner.OURS, SessionOwner.EARLIER, SessionOwner.POD_INIT)
"""Owners of sessions whose socket is known."""
_WITHOUT_SESSION = (State.DELETED.value, State.LOST.value)
PANES = ("points", "points-large")
"""The ids of the pane in the sidebar and of the large one."""


class Targets(Feature):
    """Keeps the targets and their staged sessions, for all features of this room."""

    prefix, heading = "points", "What is traced"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        live = self.model.live
        self.state = PointsState(
            live.monitor.listen if live else None, readonly=live is not None and live.readonly
        )
        self.tally = PointTally(self.model.watched_trace)
        self._is_surveying = False
        self._is_wanted = True
        self._surveyed_at = 0.0
        """When the last search for sandboxes began, by the monotonic clock."""
        self._changes_made = 0
        """How many changes were made: a search that began before the last one is outdated."""
        self._ended: set[int] = set()
        self._connections = 0
        self._recorded = 0
        """How many of a recording's session marks have been read."""
        self._unheard: Key | None = None

    def opened(self) -> None:
        """Start the first search for sandboxes."""
        self.tick()

    def tick(self) -> None:
        """Count new messages, and search for sandboxes when it is time."""
        model, state = self.model, self.state
        trace = model.watched_trace
        self.state.architecture = trace.architecture
        if self.tally.trace is not trace or self.tally.is_ahead:
            self.tally = PointTally(trace)
            self._ended.clear()
            self._recorded = 0
            if not model.is_watching:
                state.forget_targets()
        self.tally.advance(_COUNT_SECONDS)
        if not model.is_watching:
            self._take_recorded()
        self._notice_connections()
        target = state.target
        connections = self.connections_of(target.key) if target else None
        if target is not None and target.owner in (SessionOwner.FILE, SessionOwner.RECORDED):
            connections = None
        state.counts = self.tally.by_point(connections)
        state.rates = self.tally.rates(model.moments.now_ns, connections) if model.is_live else {}
        state.take_guess(state.counts)
        self._notice_silence(target)
        if self._survey_is_due():
            self.start_survey()

    @command("Search for sandboxes and their sessions now")
    def look(self) -> None:
        """Search for sandboxes as soon as possible."""
        self._is_wanted = True
        self.tick()

    def _survey_is_due(self) -> bool:
        if self.viewer.keeper is None or self._is_surveying or self.state.busy:
            return False
        visible = any(self.viewer.is_shown(pane) for pane in PANES)
        pause = _SURVEY_SECONDS if visible else _IDLE_SURVEY_SECONDS
        return self._is_wanted or time.monotonic() - self._surveyed_at >= pause

    def start_survey(self) -> None:
        """Search for sandboxes, in a thread."""
        keeper = self.viewer.keeper
        assert keeper is not None
        self._is_surveying, self._is_wanted = True, False
        self.state.is_looking = not self._surveyed_at
        self.viewer.in_thread(
            keeper.survey, partial(self._take_survey, self._changes_made), self._survey_failed
        )

    def _take_survey(self, changes_made: int, survey: TargetSurvey) -> None:
        self._is_surveying, self._surveyed_at = False, time.monotonic()
        if changes_made != self._changes_made:
            self._is_wanted = True
        else:
            self.take(survey)
            self.show()

    def _survey_failed(self, error: Exception) -> None:
        self._is_surveying, self._surveyed_at = False, time.monotonic()
        self.viewer.tell(f"The search for sandboxes failed: {error}", "error")

    def show(self) -> None:
        """Draw the pane after something was staged or has changed."""
        self.tick()
        self.viewer.show_news()

    def changed(self) -> None:
        """Note a change of a session, so that results of searches under way are dropped."""
        self._changes_made += 1

    def take(self, survey: TargetSurvey) -> None:
        """Take up the result of a search."""
        keeper, state = self.viewer.keeper, self.state
        state.is_looking = False
        targets, error = list(survey.targets), survey.file_error
        if keeper is not None and survey.file is not None:
            # A file that somebody else has changed is not read again while changes are staged.
            if state.edit_of(keeper.file_target().key).is_staged:
                key = self.viewer.commands.keys_of("points.apply")
                error = f"somebody else has changed this file; {key} reads it again"
            else:
                keeper.file = survey.file
        here = self._connected_keys()
        targets = [
            replace(each, owner=SessionOwner.HERE)
            if each.owner is SessionOwner.OTHER and each.key in here
            else each
            for each in targets
        ]
        # Those that send here come first; of the others nothing is on the screen.
        targets.sort(key=lambda each: each.key not in here)
        if keeper is not None and keeper.file is not None:
            targets.insert(0, keeper.file_target(error))
        state.take_targets(targets, survey.problem, survey.catalogue)

    def _connected_keys(self) -> set[Key]:
        """The sandboxes that have a connection to this monitor."""
        keeper, connections = self.viewer.keeper, self.model.watched_trace.connections
        found = {keeper.key_of(each) for each in connections.values() if each.connected and keeper}
        return {key for key in found if key is not None}

    @property
    def unheard(self) -> list[Target]:
        """The sandboxes whose session sends to this viewer's socket, but that are not connected.

        gVisor connects when a session starts, and never again.
        """
        sending = [each for each in self.state.targets if each.applied and self._sends_here(each)]
        here = self._connected_keys() if sending else set()
        return [target for target in sending if target.key not in here]

    def _sends_here(self, target: Target) -> bool:
        """Whether a target's session sends to this viewer's socket, so far as it is known."""
        return target.owner in _SENDING_HERE and target.sends_to(self.state.endpoint)

    @command("Show the points of the selected row's sandbox, or of a container by its ID")
    def aim(self, container_id: str = "") -> None:
        """Show a sandbox in the Points pane; a container that gvtui cannot trace changes nothing."""
        keeper = self.viewer.keeper
        if not container_id:
            row = self.viewer.selected_message()
            if row is not None:
                self.choose_of(row)
            return
        for connection in self.model.watched_trace.connections.values():
            if keeper and connection.container_id == container_id and connection.connected:
                key = keeper.key_of(connection)
                if key is not None and self.state.choose(key):
                    self._guess_now(key)
                    return

    def choose_connected(self) -> None:
        """Show a sandbox that sends here, if the one on the screen does not."""
        target, here = self.state.target, self._connected_keys()
        if target is not None and (target.owner is SessionOwner.FILE or target.key in here):
            return
        for each in self.state.targets:
            if each.key in here and self.state.choose(each.key):
                self._guess_now(each.key)
                return

    def may_stage(self) -> bool:
        """Whether changes may be staged; if not, a note tells the user why."""
        if self.state.refusal:
            self.viewer.tell(self.state.refusal, "warning")
        return not self.state.refusal

    def _take_recorded(self) -> None:
        """Show the last sessions that a recording's marks describe."""
        if self._recorded == len(self.tally.marks):
            return
        self._recorded = len(self.tally.marks)
        state = self.state
        sessions: dict[Key, Target] = {}
        for mark in self.tally.marks:
            target = recorded_target(mark)
            sessions[target.key] = target
        state.take_targets(sessions.values())

    def _notice_connections(self) -> None:
        """Search for sandboxes after one has come or gone; report the end of a gvtui session."""
        connections, keeper = self.model.watched_trace.connections, self.viewer.keeper
        if connections.total != self._connections:
            self._connections = connections.total
            self._is_wanted = True
            self._ended.intersection_update(connections)
        for connection in connections.values():
            if connection.connected or connection.conn in self._ended:
                continue
            self._ended.add(connection.conn)
            self._is_wanted = True
            if keeper is not None and connection.peer_pid:
                lost = keeper.agent.connection_closed(connection.peer_pid)
                if lost is not None:
                    short = word(lost.container.short)
                    words = (
                        f"gvtui's session for {short} has ended: another monitor has replaced it, "
                        "or the sandbox is gone."
                    )
                    self.state.say(words, "bad")
                    self.viewer.tell(words, "warning")

    def _notice_silence(self, target: Target | None) -> None:
        """Check whether gvtui's session has a connection to this monitor."""
        state = self.state
        silent = (
            target is not None
            and not state.busy
            and self._sends_here(target)
            and target.key not in self._connected_keys()
        )
        before, self._unheard = self._unheard, target.key if target and silent else None
        # A new connection may appear a moment after runsc has reported success.
        silent = silent and before == self._unheard
        if silent != state.is_unheard:
            state.is_unheard = silent
            state.changed()

    def connections_of(self, key: Key) -> set[int]:
        """The connections of a target; in a recording, all connections."""
        keeper = self.viewer.keeper
        if keeper is None:
            return set(self.model.watched_trace.connections)
        return {
            connection.conn
            for connection in self.model.watched_trace.connections.values()
            if keeper.key_of(connection) == key
        }

    def choose_of(self, row: Row) -> bool:
        """Show the target that sent a row; False if nothing can be staged there."""
        if not self.may_stage():
            return False
        keeper = self.viewer.keeper
        connection = self.model.watched_trace.connections.get(row.conn)
        key = keeper.key_of(connection) if keeper and connection else None
        if key is not None and self.state.choose(key):
            self._guess_now(key)
            return True
        key_words = self.viewer.commands.keys_of("points.target")
        self.viewer.tell(
            "Which sandbox this row came from is not known, or gvtui may not change it: "
            f"choose one in the Points pane with {key_words}.",
            "warning",
        )
        return False

    def _guess_now(self, key: Key) -> None:
        state = self.state
        state.take_guess(self.tally.by_point(self.connections_of(key)))


def recorded_target(mark: SessionMark) -> Target:
    """The target that a recording's session mark describes."""
    from gvtui.points.document import SessionError, parse_document
    from gvtui.points.session import Session

    title = word(mark.container_id or "sandbox")
    session: Session | None = None
    if mark.state in _WITHOUT_SESSION:
        session = Session()
    else:
        with suppress(SessionError):
            session = parse_document(mark.session).session
    place = f"recorded {mark.root}"
    return Target((place, title), short_id(title), SessionOwner.RECORDED, applied=session)
