"""A filter that lets rows of another filter pass, by a rule that no text tells."""

from __future__ import annotations

from gvtui.query.filter.batch import NoContext
from gvtui.query.filter.compile import ChangeMark, Filter
from gvtui.query.filter.conditions import Always


class WrappingFilter(Filter):
    """Lets some of the rows pass that pass another filter: `mask` and `matches` say which."""

    def __init__(self, text: str, inner: Filter | None) -> None:
        """Wrap a filter; None lets all rows pass. The text only tells it from others."""
        super().__init__(text, Always(), frozenset(), frozenset(), NoContext())
        self.inner = inner

    @property
    def is_slow(self) -> bool:
        """See `Filter.is_slow`."""
        return self.inner is not None and self.inner.is_slow

    def known_rows(self, start: int, stop: int) -> int:
        """See `Filter.known_rows`."""
        return stop - start if self.inner is None else self.inner.known_rows(start, stop)

    def changes(self) -> ChangeMark:
        """See `Filter.changes`."""
        return self.inner.changes() if self.inner is not None else ChangeMark()

    def changed_since(self, mark: ChangeMark) -> list[int] | None:
        """See `Filter.changed_since`."""
        return self.inner.changed_since(mark) if self.inner is not None else []
