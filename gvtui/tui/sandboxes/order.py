"""The orders of the list of sandboxes, in all of which the connected ones are above the others."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from gvtui.trace.connection import SECOND_NS
from gvtui.tui.sandboxes.folding import Folding, ListEntry

if TYPE_CHECKING:
    from gvtui.trace.connection import Connection, Sandbox
    from gvtui.tui.model.model import Model


class Order(Enum):
    """What sandboxes are sorted by, with the words for it, and for its reverse."""

    COMING = "newest first", "oldest first"
    """The connected ones by when they came, those that have gone by when they went."""
    NAME = "by name", "by name, reversed"
    RATE = "by rate", "by rate, least first"
    DROPS = "by drops", "by drops, least first"
    AGE = "by age", "by age, youngest first"
    SEEN = "by last seen", "by last seen, reversed"


class Ordered:
    """Sorts and folds a trace's sandboxes, again only when what that depends on has changed."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.folding = Folding()
        self._order = Order.COMING
        self._is_reversed = False
        self._source: list[Sandbox] | None = None
        self._made_of: tuple[object, ...] = ()
        self._sandboxes: list[Sandbox] = []
        self._entries: list[ListEntry] = []
        self._entries_of: tuple[object, ...] = ()

    @property
    def words(self) -> str:
        """The order in force, in words, and whether sandboxes are folded."""
        return "folded, " * self.folding.is_on + self._order.value[self._is_reversed]

    def next_order(self) -> None:
        """Sort by what comes next; a recording tells no present rates."""
        orders = [each for each in Order if each is not Order.RATE or self._model.is_live]
        place = orders.index(self._order) if self._order in orders else 0
        self._order, self._is_reversed = orders[(place + 1) % len(orders)], False

    def reverse(self) -> None:
        """Reverse the order; those that are connected stay above the others."""
        self._is_reversed = not self._is_reversed

    def take(self) -> list[Sandbox]:
        """The sandboxes in the order in force."""
        source, made_of = self._model.sandboxes, self._depends()
        if source is not self._source or made_of != self._made_of:
            self._source, self._made_of = source, made_of
            self._sandboxes = self._sort(source)
        return self._sandboxes

    def entries(self) -> list[ListEntry]:
        """The entries of the list: the sandboxes in their order, and the folds among them."""
        sandboxes, connections = self.take(), self._model.trace.connections
        source = sandboxes, self.folding.version, connections.naming.version
        is_same = self._entries_of and self._entries_of[0] is sandboxes
        if not is_same or self._entries_of[1:] != source[1:]:
            self._entries_of = source
            entries = self.folding.folded(sandboxes, connections)
            if self._order is Order.DROPS and self.folding.is_on:
                entries.sort(key=self._drops)
            self._entries = self.folding.opened(entries)
        return self._entries

    def _drops(self, entry: ListEntry) -> tuple[bool, int]:
        """Sorts by what an entry tells: of a fold, all that its sandboxes dropped."""
        counts = entry.sandbox or entry.fold
        assert counts is not None
        is_living = entry.sandbox is not None and entry.sandbox.connected
        return not is_living, counts.dropped if self._is_reversed else -counts.dropped

    def _depends(self) -> tuple[object, ...]:
        """What is another as soon as the order may be another."""
        connections, order = self._model.trace.connections, self._order
        own: object = None
        if order is Order.NAME:
            own = connections.naming.version
        elif order is Order.DROPS:
            own = connections.dropped
        elif order in (Order.RATE, Order.SEEN):
            # Both are known by the second.
            live = self._model.is_live
            own = self._model.moments.now_ns // SECOND_NS if live else connections.messages
        opened = sum(each.connected for each in connections.values())
        return order, self._is_reversed, own, opened, connections.lives.changed

    def _sort(self, source: list[Sandbox]) -> list[Sandbox]:
        newest = source[::-1]
        living = [each for each in newest if each.connected]
        gone = [each for each in newest if not each.connected]
        is_falling = self._is_reversed is (self._order in (Order.NAME, Order.AGE))
        living.sort(key=self._rank, reverse=is_falling)
        gone.sort(key=self._rank, reverse=is_falling)
        return living + gone

    def _rank(self, sandbox: Sandbox) -> tuple[str, float]:
        """What a sandbox is sorted by, beside others that are connected, or have gone, as it is."""
        order, latest = self._order, sandbox.latest
        if order is Order.NAME:
            return self._name(sandbox), latest.conn
        if order is Order.COMING:
            return "", self.first(sandbox).conn if sandbox.connected else _gone_ns(sandbox)
        if order is Order.DROPS:
            return "", sandbox.dropped
        if order is Order.RATE:
            return "", latest.rate(self._model.moments.now_ns) if sandbox.connected else 0
        if order is Order.AGE:
            return "", self.first(sandbox).opened_ns
        return "", _seen_ns(sandbox)

    def _name(self, sandbox: Sandbox) -> str:
        names = self._model.trace.connections.names(sandbox.latest.conn, sandbox.container_id)
        return (names.label or sandbox.container_id).casefold()

    def first(self, sandbox: Sandbox) -> Connection:
        """The first known connection of a sandbox's present life, or of its last one."""
        lives = self._model.trace.connections.lives
        first = sandbox.latest
        life = lives.of(first.conn)
        for connection in reversed(sandbox.connections):
            if lives.of(connection.conn) is not life:
                break
            first = connection
        return first

    def told(self, sandbox: Sandbox, now_ns: int) -> str:
        """The time that a sandbox is sorted by, if the order goes by one that is known."""
        if self._order is Order.AGE:
            return self._when("came", self.first(sandbox).opened_ns, now_ns)
        if self._order is Order.SEEN:
            return self._when("seen", _seen_ns(sandbox), now_ns)
        return ""

    def _when(self, word: str, when_ns: int, now_ns: int) -> str:
        if not when_ns:
            return ""
        if not self._model.is_live:
            return f"{word} {self._model.moments.text(when_ns, 0)}"
        return f"{word} {_span_words(max(0, now_ns - when_ns) // SECOND_NS)} ago"


def _gone_ns(sandbox: Sandbox) -> int:
    return max(each.closed_ns for each in sandbox.connections)


def _seen_ns(sandbox: Sandbox) -> int:
    """When its last message came, to the second, or its connection closed; 0 if not known."""
    return max(max(each.heard_ns, each.closed_ns) for each in sandbox.connections)


def _span_words(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
