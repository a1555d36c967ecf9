"""Lets timers, threads and signals act on the screen while it exists, and asks the terminal for
favours.

The terminal has the clipboard, and reports the mouse or keeps it for itself.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rich.console import COLOR_SYSTEMS
from textual import events
from textual._compositor import CompositorUpdate

from gvtui.decode.escape import escape
from gvtui.errors import GvtuiError
from gvtui.tui.kit.driver import TerminalDriver
from gvtui.tui.kit.failing import FailingApp
from gvtui.tui.kit.turns import KeyTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.screen import Screen

    from gvtui.tui.kit.turns import TurnFollower

_Found = TypeVar("_Found")


class TerminalApp(FailingApp):
    """An app that takes keys in their order, sends texts to the terminal's clipboard, takes or
    releases the mouse, and lends the terminal to other programs."""

    signs = ""
    """`ascii` or `unicode`: what the user wants signs and lines to be; "" for what fits."""

    def __init__(self) -> None:
        if not os.environ.get("NO_COLOR"):
            # Only a value counts (no-color.org); Textual takes the empty one for one.
            os.environ.pop("NO_COLOR", None)
        super().__init__()
        self._turns = KeyTurns(self, super().on_event)
        self._borrower: subprocess.Popen[bytes] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Have a key wait until everything that the one before it set off is done; what is pasted
        has escapes for what a terminal would act on, whichever input takes it."""
        if isinstance(event, events.Paste):
            event.text = _harmless(event.text)
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self._turns.take(event)
        else:
            await super().on_event(event)

    @property
    def clipboard(self) -> str:
        """What was copied last, as inputs take it on Ctrl+V: with escapes for what a terminal would
        act on."""
        return _harmless(super().clipboard)

    async def on_turn_follower(self, message: TurnFollower) -> None:
        """A follower has come up from the widget that got a key."""
        await self._turns.came(message.number)

    @property
    def is_terminal_free(self) -> bool:
        """Whether the terminal can take another frame, and nobody waits for the one before."""
        driver = self._driver
        return driver.flow.is_rested if isinstance(driver, TerminalDriver) else True

    def _display(self, screen: Screen[Any], renderable: Any) -> None:  # noqa: ANN401
        """Note what a screen has drawn; it is sent when the terminal has taken the last frame."""
        driver = self._driver
        if not isinstance(driver, TerminalDriver) or not isinstance(renderable, CompositorUpdate):
            super()._display(screen, renderable)
            return
        if self._running and not self._closed and not self._batch_count:
            driver.flow.when_free = self._hand_over_frame
            driver.image.take(renderable)
            self.send_frame()
        self.post_display_hook()

    def _hand_over_frame(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.send_frame)

    def send_frame(self) -> None:
        """Send what has changed on the screen, unless the terminal is busy."""
        driver = self._driver
        if not isinstance(driver, TerminalDriver) or not driver.flow.is_free:
            return
        if not self._running or self._closed or not self.screen_stack or driver.image.is_shown:
            return
        system = COLOR_SYSTEMS[self.console.color_system or "truecolor"]
        changes = driver.image.changes(system)
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        # Input methods open their window where the cursor is.
        if changes or cursor != self._previous_cursor_position:
            self._previous_cursor_position = cursor
            driver.send_frame(f"{changes}\x1b[{cursor.y + 1};{cursor.x + 1}H")

    def send_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text on the clipboard; a terminal does not confirm this.

        Ctrl+V in the prompt pastes the text too.
        """
        self.copy_to_clipboard(text)

    @property
    def has_mouse(self) -> bool:
        """Whether the viewer gets the mouse; else the terminal selects text with it."""
        driver = self._driver
        return driver.has_mouse if isinstance(driver, TerminalDriver) else True

    def take_mouse(self, take: bool) -> None:
        """Take the mouse, or release it to the terminal."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.take_mouse(take)

    def run_over(self, command: Sequence[str]) -> None:
        """Lend the terminal to another program until it ends; the monitor goes on.

        Raises:
            OSError: the program cannot be run.
        """
        with self.suspend(), subprocess.Popen(command) as self._borrower:
            self._borrower.wait()
        self._borrower = None
        self.refresh(layout=True)

    def take_back(self) -> None:
        """Ask the program that has the terminal to end."""
        if self._borrower is not None:
            self._borrower.terminate()


class DoorsApp(TerminalApp):
    """Keeps timers and threads away from a screen that is being built or removed."""

    ended_by = 0
    """The number of the first signal that asked the app to end; 0 if none has."""

    _is_built = False

    def on_mount(self) -> None:
        """Admit timers, threads and signals: every widget exists now."""
        self._is_built = True
        if self.ended_by:
            self.exit()

    def end(self, number: int) -> None:
        """End the app at a signal, between two of its steps, so that the terminal is restored.

        May be called wherever the main thread is, also before the app runs.
        """
        self.ended_by = self.ended_by or number
        self.take_back()
        if self._is_built and self._loop is not None:
            self._loop.call_soon_threadsafe(self.exit)

    @property
    def is_up(self) -> bool:
        """Whether the whole screen exists: mounted, and not being removed."""
        return self._is_built and self.is_running and bool(self.screen_stack)

    def while_up(self, act: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401
        """Call a function now if the screen exists, else not at all.

        Textual also calls timers and threads' functions while widgets are added and removed. So
        every call that is not one of the screen's own messages goes through here.
        """
        if self.is_up:
            act(*arguments)

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        """Call a function every so many seconds while the screen exists."""
        self.set_interval(seconds, partial(self.while_up, act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Call a function once after so many seconds, if the screen exists then."""
        self.set_timer(seconds, partial(self.while_up, act))

    def hand_over(self, act: Callable[[], None]) -> None:
        """Called from a thread: call `act` soon on the screen's thread, if the screen still
        exists."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.call_later, self.while_up, act)

    def in_thread(
        self,
        work: Callable[[], _Found],
        then: Callable[[_Found], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do long work in a thread of its own.

        Args:
            work: the work, which must not touch any widget.
            then: called with the result on the screen's thread; not called if the screen is gone.
            failed: called with a GvtuiError or OSError on the screen's thread; without it a note
                tells the user. Any other exception is a fault, and ends the app.
        """

        def run() -> None:
            try:
                found = work()
            except (GvtuiError, OSError) as error:
                self.hand_over(partial(failed or self._tell_failure, error))
            else:
                self.hand_over(partial(then, found))

        self.run_worker(run, thread=True, exit_on_error=False)

    def _tell_failure(self, error: Exception) -> None:
        self.tell(f"{error}.", "error")

    def tell(
        self, text: str, level: Literal["information", "warning", "error"] = "information"
    ) -> None:
        """Show a note for some seconds; its text is never read as markup."""
        self.notify(text, severity=level, markup=False)


def _harmless(text: str) -> str:
    """A text with its lines and tabs; all else that a terminal acts on is escaped."""
    lines = text.split("\n")
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in lines)
