"""Keys one by one: each is handed on when all that the one before set off has been done.

Textual gives a key to the widget that has the keyboard at once, and does what the key is bound to
only when it has come up to the app, since a widget on the way may take it. So of keys that come
together, as from a script, a paste or a fast typist, a letter would be typed before a bound key in
front of it did anything, or into what had the keyboard before.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from textual import events
from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App
    from textual.widget import Widget

Keys: TypeAlias = events.Key | events.Paste

MOST_ROUNDS = 4
"""How often a follower goes the way of a key at most: what the key sets off posts messages, and what
takes these posts others."""
LOOK_SECONDS = 0.25
"""After so long it is looked whether a follower has gone down with a widget that was taken away."""


_HELD = frozenset(
    (
        "up",
        "down",
        "left",
        "right",
        "pageup",
        "pagedown",
        "backspace",
        "delete",
        "h",
        "j",
        "k",
        "l",
        "ctrl+d",
        "ctrl+u",
    )
)
"""Keys that one holds down for a while."""


class TurnFollower(Message):
    """Goes behind a key, from the widget that has the keyboard up to the app."""

    verbose = True

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyTurns:
    """Hands an app's keys on, each in its turn."""

    def __init__(self, app: App[Any], hand_on: Callable[[Keys], Awaitable[None]]) -> None:
        """Begin with no key under way; `hand_on` has Textual deal with one from the terminal."""
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[Keys] = deque()
        self._number = 0
        """Of the follower that is awaited."""
        self._rounds = 0
        """How often a follower may have to go yet; 0 while no key is under way."""
        self._target: Widget | None = None
        """Where the last follower began."""
        self._last: Keys | None = None
        """What was handed on last."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a key is under way or waits."""
        return bool(self._rounds or self._waiting)

    async def take(self, event: Keys) -> None:
        """A key has come: hand it on, now or when its turn comes."""
        self._waiting.append(event)
        if not self._rounds or (len(self._waiting) == 1 and self._goes_along(event)):
            await self._next()

    def _goes_along(self, event: Keys) -> bool:
        """Whether a key needs not wait for the one before, since both go one way in their order.

        Characters do that are typed, and a key that repeats itself while it is held: what they
        change may then be drawn at once for all of them.
        """
        before, focused = self._last, self._focused()
        if not isinstance(event, events.Key) or not isinstance(before, events.Key):
            return False
        if focused is None or focused is not self._target:
            return False
        if isinstance(focused, Input) and event.is_printable:
            return before.is_printable
        return event.key == before.key and event.key in _HELD

    async def came(self, number: int) -> None:
        """A follower has come up to the app."""
        if number != self._number or not self._rounds:
            return
        self._rounds -= 1
        if self._is_settled():
            self._rounds = 0
        await self._go_on()

    def _is_settled(self) -> bool:
        """Whether nothing that the key has set off waits on the way from the keyboard's place."""
        focused = self._focused()
        if focused is None or focused is not self._target:
            return False
        return not any(node.message_queue_size for node in focused.ancestors_with_self)

    async def _look_after(self, number: int) -> None:
        """Go on if the follower will not come: what it began at has been taken away."""
        if number != self._number or not self._rounds:
            return
        if self._target is not None and self._target.is_attached and self._target.is_running:
            self._wait()
            return
        self._rounds = 0
        await self._go_on()

    async def _go_on(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._rounds:
            self._follow(self._focused())
        elif self._waiting:
            await self._next()

    async def _next(self) -> None:
        self._rounds = MOST_ROUNDS
        self._target = self._focused()
        while True:
            event = self._last = self._waiting.popleft()
            await self._hand_on(event)
            if not self._waiting or not self._goes_along(self._waiting[0]):
                break
        self._follow(self._target)

    def _focused(self) -> Widget | None:
        """What has the keyboard; None while there is no screen."""
        if not self._app.screen_stack:
            return None
        focused = self._app.focused
        return focused if focused is not None else self._app.screen

    def _follow(self, target: Widget | None) -> None:
        self._number += 1
        self._target = target
        if target is not None:
            target.post_message(TurnFollower(self._number))
        self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        look = partial(self._app.call_later, self._look_after, self._number)
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, look)
