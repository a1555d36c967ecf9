"""All descriptions of a trace: those that are open, and the latest of those that are closed."""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING

from gvtui.query.numbered import Numbered
from gvtui.query.resolved.description import Description, FdKind, How, kind_of
from gvtui.query.resolved.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CLOSED = 100_000
"""How many closed descriptions are kept whole; of more, only kind and name are known."""


class Descriptions:
    """Descriptions by number, with the count of descriptors that stand for each."""

    def __init__(self, texts: Texts | None = None, max_closed: int = MAX_CLOSED) -> None:
        self.texts = texts if texts is not None else Texts()
        """The names of descriptions, and other texts, by number."""
        self.forgotten = 0
        """How many closed descriptions were forgotten because there were too many."""
        self._max_closed = max_closed
        self._known: Numbered[Description] = Numbered()
        self._closed: deque[int] = deque()
        """Those that were closed, in that order: of one that was closed again only the last counts."""
        self._reopened: dict[int, int] = {}
        """How many times each stands in `_closed` without counting."""
        self._closed_count = 0
        self._uses: dict[int, int] = {}
        self._names = array("i", [0])
        self._told = array("i", [0])
        self._kinds = bytearray(1)
        self._how = bytearray(1)

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Description]:
        return iter(self._known)

    @property
    def count(self) -> int:
        """How many there have been."""
        return len(self._names) - 1

    def get(self, number: int) -> Description | None:
        """A description; None for 0, and for one that has been forgotten."""
        return self._known.get(number)

    def create(self, kind: FdKind, **fields: object) -> Description:
        """Add a description for which no descriptor stands yet; `fields` are its attributes."""
        description = Description(len(self._names), kind, **fields)  # type: ignore[arg-type]
        self._known.put(description.number, description)
        self._names.append(0)
        self._told.append(self._told_path(description))
        self._kinds.append(0)
        self._how.append(0)
        self.changed(description, description.first_row)
        return description

    def opened(
        self,
        kind: FdKind,
        name: int,
        process: int,
        fd: int,
        row: int,
        path: str,
        given: str,
        how: How,
        flags: int,
    ) -> int:
        """Add the description of a file that a row opened, as `create` does, in half the time.

        Args:
            kind: its kind, no socket.
            name: the number of its path among the texts; 0 if they had no room.
            process: see `Description`, as for the others.
            fd: likewise.
            row: the row.
            path: as in `Description`.
            given: likewise.
            how: likewise.
            flags: likewise.

        Returns:
            The number of the description.
        """
        number = len(self._names)
        made = Description(number, kind, path, given, "", how, flags, process, fd, row, row, row)
        self._known.put(number, made)
        self._names.append(name)
        self._told.append(0)
        self._kinds.append(kind)
        self._how.append(how)
        return number

    def remove(self, number: int) -> None:
        """Remove a description that turned out not to be one of its own; the next one has its number
        if it was the latest."""
        description = self._known.pop(number)
        self._told[number] = 0
        if description is not None and description.is_kept_closed:
            self._reopen(description)
        if number == len(self._names) - 1:
            for column in (self._names, self._told, self._kinds, self._how):
                column.pop()

    def changed(self, description: Description, row: int) -> None:
        """Note what a description is called, and of which kind it is, from a row on."""
        number = description.number
        name = self.texts.number(description.opened_as)
        self._kinds[number] = description.kind
        self._how[number] = description.how
        if name == self._names[number]:
            return
        if description.kind.is_socket:
            names = description.names
            kept = names if len(names) < _MAX_NAMES else (names[0], *names[2:])
            description.names = (*kept, (row, name))
        self._names[number] = name

    def tell(self, number: int, path: str, row: int) -> None:
        """Note what the sandbox says in a row that a description is; "" where it does not."""
        description = self._known.get(number)
        if not path or description is None or description.told == path:
            return
        description.told = path
        self._told[number] = self._told_path(description)
        if description.kind is FdKind.UNKNOWN:
            description.kind = kind_of(path)
        if not description.path and path.startswith("/"):
            description.path = path
        self.changed(description, row)

    def name_at(self, number: int, row: int) -> int:
        """The number of the text by which a description was opened, or of a socket's addresses at
        a row; else of what the sandbox says that it is; 0 if nothing is known."""
        description = self._known.get(number)
        is_socket = description is not None and description.kind.is_socket
        name = self.address_at(number, row) if is_socket else self._names[number]
        return name or self.told_text(number)

    def address_at(self, number: int, row: int) -> int:
        """The number of the text of a socket's addresses at a row; 0 if it had none."""
        description = self._known.get(number)
        if description is None:
            return self._names[number]
        name = 0
        for since, other in description.names:
            if since > row:
                break
            name = other
        return name

    def told_text(self, number: int) -> int:
        """The number of the text of what the sandbox last said that a description is; 0 if it said
        nothing, or if the description has been forgotten."""
        description = self._known.get(number)
        return 0 if description is None else self.texts.number(description.told)

    def _told_path(self, description: Description) -> int:
        told = description.told
        return self.texts.number(told) if told.startswith("/") else 0

    def name_column(self) -> array[int]:
        """The number of the text by which each description was opened, by its number."""
        return self._names

    def told_column(self) -> array[int]:
        """For each description the number of the text that the sandbox last said that it is, if
        that is an absolute path; else 0."""
        return self._told

    def kind_column(self) -> bytearray:
        """The `FdKind` of each description, by its number."""
        return self._kinds

    def how_column(self) -> bytearray:
        """How each description was opened, a `How`, by its number."""
        return self._how

    def use(self, number: int) -> None:
        """One more descriptor stands for a description."""
        self._uses[number] = self._uses.get(number, 0) + 1
        if self._uses[number] == 1:
            description = self._known.get(number)
            if description is not None:
                description.closed_row = -1
                if description.is_kept_closed:
                    self._reopen(description)

    def use_new(self, number: int) -> None:
        """A first descriptor stands for a description that was made just now."""
        self._uses[number] = 1

    def leave(self, number: int, row: int) -> bool:
        """From after a row on, one descriptor less stands for it; True if none does any more."""
        left = self._uses.get(number, 0) - 1
        if left > 0:
            self._uses[number] = left
            return False
        self._uses.pop(number, None)
        description = self._known.get(number)
        if description is not None:
            description.closed_row = max(row, 0)
            if not description.is_kept_closed:
                description.is_kept_closed = True
                # The same object as in the description: there are many.
                self._closed.append(description.number)
                self._closed_count += 1
            if self._closed_count > self._max_closed:
                self._known.pop(self._oldest_closed())
                self.forgotten += 1
        return True

    def _reopen(self, description: Description) -> None:
        description.is_kept_closed = False
        self._reopened[description.number] = self._reopened.get(description.number, 0) + 1
        self._closed_count -= 1
        if len(self._closed) > 2 * self._closed_count + _MOST_REOPENED:
            self._closed = deque(number for number in self._closed if not self._is_over(number))

    def _is_over(self, number: int) -> bool:
        """Whether the next one in `_closed` with a number does not count."""
        times = self._reopened.pop(number, 0)
        if times > 1:
            self._reopened[number] = times - 1
        return times > 0

    def _oldest_closed(self) -> int:
        """Take out the description that has been closed longest."""
        while True:
            number = self._closed.popleft()
            if not self._is_over(number):
                self._closed_count -= 1
                return number

    def uses(self, number: int) -> int:
        """How many descriptors stand for a description, as far as known."""
        return self._uses.get(number, 0)


_MOST_REOPENED = 1 << 10
_MAX_NAMES = 64
"""How many changes of a socket's name are kept."""
