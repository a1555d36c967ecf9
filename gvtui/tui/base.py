"""What the app and its groups of actions share: the model, and how a change reaches the screen."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from gvtui.query.filter.compile import FilterError
from gvtui.tui.kit.prompt import Problem, Prompt
from gvtui.tui.model.model import Model
from gvtui.tui.stream.pane import StreamView

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from gvtui.trace.reader import Trace
    from gvtui.tui.options import LiveOptions

FILTER_SECONDS = 0.008
"""Time for filtering in one go; more would make keys wait."""


class ViewerBase(App[int]):
    """The app without its screen. Subclasses add actions, `GvtuiApp` the panes."""

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

    def check_filter(self, text: str) -> Problem | None:
        """What is wrong with a filter, None if nothing is."""
        try:
            self.model.check(text)
        except FilterError as error:
            return Problem(error.explanation, error.column)
        return None

    def tell(self, text: str, level: Any = "information") -> None:  # noqa: ANN401
        """Show a note for some seconds; its words are never read as markup."""
        self.notify(text, severity=level, markup=False)
