"""The doors of the screen: how timers, threads and notes reach it, and only while it is there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gvtui.errors import GvtuiError
from gvtui.tui.kit.terminal import TerminalApp

if TYPE_CHECKING:
    from collections.abc import Callable

_Found = TypeVar("_Found")


class DoorsApp(TerminalApp):
    """Lets nothing from outside touch a screen that is being built or taken down."""

    _is_built = False

    def on_mount(self) -> None:
        """Let timers and threads in: every widget is there now."""
        self._is_built = True

    @property
    def is_up(self) -> bool:
        """Whether the whole screen is there: mounted, and not being taken down."""
        return self._is_built and self.is_running and bool(self.screen_stack)

    def while_up(self, act: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401
        """Call something now if the screen is there, else not at all.

        Textual calls timers, and what threads hand over, while widgets are added and removed too.
        So everything that comes from outside of the screen's own messages goes through here.
        """
        if self.is_up:
            act(*arguments)

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        """Call something again and again, while the screen is there."""
        self.set_interval(seconds, partial(self.while_up, act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Call something once, if the screen is there then."""
        self.set_timer(seconds, partial(self.while_up, act))

    def hand_over(self, act: Callable[[], None]) -> None:
        """From a thread: have something done on the screen's thread soon, if it is still there."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.call_later, self.while_up, act)

    def in_thread(
        self,
        work: Callable[[], _Found],
        then: Callable[[_Found], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do something that takes long in a thread of its own.

        Args:
            work: what to do; touches no widget.
            then: takes what it found, on the screen's thread; not called if the screen is gone.
            failed: takes a GvtuiError or OSError, on the screen's thread; without it the user is
                told. Any other exception is a fault, and ends the app.
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
        """Show a note for some seconds; its words are never read as markup."""
        self.notify(text, severity=level, markup=False)
