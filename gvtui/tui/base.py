"""What the app and its groups of actions share: the model, and how a change reaches the screen."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gvtui.errors import GvtuiError
from gvtui.query.filter.compile import FilterError
from gvtui.tui.kit.asking import Problem
from gvtui.tui.kit.failing import FailingApp
from gvtui.tui.kit.overlays import ListScreen, TextScreen
from gvtui.tui.kit.prompt import Prompt
from gvtui.tui.model.model import Model
from gvtui.tui.stream.pane import StreamView

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from gvtui.trace.reader import Trace
    from gvtui.tui.command.registry import Commands
    from gvtui.tui.kit.asking import Choice, Question, Text
    from gvtui.tui.options import LiveOptions
    from gvtui.tui.viewer import Level

_Found = TypeVar("_Found")

FILTER_SECONDS = 0.008
"""Time for filtering in one go; more would make keys wait."""


class ViewerBase(FailingApp):
    """The app without its screen. Subclasses add actions, `GvtuiApp` the panes."""

    commands: Commands

    def __init__(
        self,
        trace: Trace,
        *,
        live: LiveOptions | None = None,
        filter_text: str = "",
        zone: tzinfo | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Take the trace over; it is closed by whoever opened it.

        Raises:
            FilterError: `filter_text` is no filter.
        """
        super().__init__()
        self.model = Model(trace, live=live, zone=zone, clock=clock)
        self.stream = StreamView(self.model)
        self.prompt = Prompt()
        self._is_built = False
        if filter_text.strip():
            self.model.chips.put(filter_text.strip())
            self.model.apply_chips()

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

    def from_thread(self, act: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401
        """Call something on the screen's thread if the screen is there; waits for it."""
        self.call_from_thread(self.while_up, act, *arguments)

    def show_news(self) -> None:
        """Have every pane draw what has changed, now."""
        raise NotImplementedError

    def apply_chips(self) -> None:
        """Put changed chips into force and show what they leave."""
        self.model.apply_chips()
        self.model.view.advance(FILTER_SECONDS)
        self.show_news()

    def check(self, text: str) -> Problem | None:
        """What is wrong with a filter, None if nothing is."""
        try:
            self.model.check(text)
        except FilterError as error:
            return Problem(error.explanation, error.column)
        return None

    def tell(self, text: str, level: Level = "information") -> None:
        """Show a note for some seconds; its words are never read as markup."""
        self.notify(text, severity=level, markup=False)

    def ask(self, question: Question) -> None:
        """Have the user type a line."""
        self.prompt.ask(question)

    def choose(self, choice: Choice) -> None:
        """Have the user pick from a list."""
        self.push_screen(ListScreen(choice, self._keys_of(choice.line)))

    def read(self, text: Text) -> None:
        """Show a text over everything until the user closes it."""
        self.push_screen(TextScreen(text, self._keys_of(text.line)))

    def _keys_of(self, line: str) -> tuple[str, ...]:
        found = [command for command in self.commands if command.line == line]
        return self.commands.keys(found[0]) if found else ()

    def refilter(self) -> None:
        """Put changed chips into force and show what they leave."""
        self.apply_chips()

    def redraw_rows(self) -> None:
        """Draw the stream anew: what rows look like has changed."""
        self.stream.redraw()

    def jump(self, row_id: int) -> None:
        """Select a row of the stream, or the next one that is shown; pauses following."""
        self.stream.jump(row_id)

    def follow(self) -> None:
        """Show the newest rows, and those that come."""
        self.stream.follow()

    def pause(self) -> None:
        """Stop following; the rows shown stay where they are."""
        self.stream.pause()

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
        """Do something that takes long in a thread; see `Viewer`."""

        def run() -> None:
            try:
                found = work()
            except (GvtuiError, OSError) as error:
                self.hand_over(partial(failed or self._tell_failure, error))
            else:
                self.hand_over(partial(then, found))

        self.run_worker(run, thread=True, exit_on_error=False)

    def _tell_failure(self, error: Exception) -> None:
        self.tell(f"{error}", "error")

    def leave(self) -> None:
        """End the viewer, without asking features whether it may."""
        self.exit()
