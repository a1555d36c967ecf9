"""States that grow out of one another tell what one that is written alone would tell."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.column import RowColumn
from gvtui.query.kept import classes, held, objectnumbers, parts, reading, writing
from gvtui.query.kept.blocks import read_table
from gvtui.query.kept.reading import StateReader
from gvtui.query.kept.series import StateSeries

FIRST, SECOND = "processes", "timeline"


@dataclass(slots=True, eq=False)
class Node:
    """An object that is filled late."""

    value: int
    other: Node | None = None
    own: list[int] = field(default_factory=list)
    near: list[Node] = field(default_factory=list)
    by_key: dict[tuple[int, str], Node] = field(default_factory=dict)
    is_in: set[int] = field(default_factory=set)
    deep: list[list[list[int]]] = field(default_factory=list)
    column: RowColumn | None = None


class Plain:
    """An object that is filled at once."""

    def __init__(self, node: Node | None) -> None:
        self.node = node
        self.last: deque[Node] = deque(maxlen=3)


class Second:
    """A part of another section."""

    def __init__(self) -> None:
        self.seen: dict[int, Node] = {}
        self.deep: list[list[list[int]]] = []


class Graph:
    """A part."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.plain: list[Plain] = []
        self.shared: list[list[Node]] = []
        self.by_name: dict[str, list[Node]] = {}
        self.column = RowColumn()
        self.counts: dict[str, int] = {}


@pytest.fixture(autouse=True)
def rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("tests.query.kept.", "gvtui.query.")
    monkeypatch.setitem(parts._PARTS, "Graph", ())
    monkeypatch.setitem(parts._PARTS, "Second", ())
    monkeypatch.setattr(classes, "ROOMS", own)
    # Pages are of four objects.
    monkeypatch.setattr(objectnumbers, "PAGE", 4)
    for paging in (objectnumbers, writing, reading, held):
        monkeypatch.setattr(paging, "PAGE_BITS", 2)


Both = tuple[Graph, Second]


def change(both: Both, random: Random) -> None:
    """Change something in them."""
    graph, second = both
    nodes = [*graph.nodes.values(), *second.seen.values()]
    some = random.choice(nodes) if nodes else None
    what = random.randrange(17)
    if some is None or what < 3:
        node = Node(random.randrange(100), some)
        graph.nodes[max(graph.nodes, default=0) + 1] = node
        if some is not None:
            some.near.append(node)
    elif what == 3:
        some.value += 1
    elif what == 4:
        some.other = random.choice(nodes)
    elif what == 5:
        some.own.append(random.randrange(10))
    elif what == 6:
        some.by_key[random.randrange(3), "a"] = random.choice(nodes)
    elif what == 7:
        some.is_in ^= {random.randrange(5)}
    elif what == 8:
        for own in (graph.nodes, second.seen):
            own.pop(random.choice([*own, 0]), None)
    elif what == 9:
        graph.plain.append(Plain(some))
        graph.plain[random.randrange(len(graph.plain))].last.append(some)
        del graph.plain[:-5]
    elif what == 10:
        graph.shared = [*graph.shared[-3:], [some]]
        graph.by_name[str(random.randrange(4))] = random.choice(graph.shared)
        random.choice(graph.shared).append(some)
    elif what == 11:
        theirs = random.choice(nodes).deep
        some.deep.append(random.choice(theirs) if theirs else [[len(nodes)]])
    elif what == 12:
        second.seen[random.randrange(20)] = some
    elif what == 13:
        theirs = random.choice(nodes).deep
        second.deep = [*second.deep[-3:], *theirs[:1]]
    elif what == 14:
        some.deep += second.deep[:1]
    elif what == 15:
        some.column = some.column or RowColumn()
        some.column.chunk_of(0)[0] += 1
    else:
        graph.column.chunk_of(random.randrange(3))[0] += 1
        graph.counts[str(random.randrange(4))] = random.randrange(9)


def told(value: Any, seen: dict[int, int]) -> Any:
    """What a value contains, and which of its objects are the same."""
    if isinstance(value, int | str | None):
        return value
    if id(value) in seen:
        return ("again", seen[id(value)])
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        return [(told(key, seen), told(each, seen)) for key, each in value.items()]
    if isinstance(value, list | tuple | deque):
        return [told(each, seen) for each in value]
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, RowColumn):
        return [value.get(row) for row in range(1)]
    if isinstance(value, Node):
        return [told(getattr(value, name), seen) for name in Node.__slots__]
    return [told(each, seen) for each in vars(value).values()]


def all_told(both: Both) -> Any:
    return told(list(map(vars, both)), {})


def written(series: StateSeries, both: Both) -> dict[str, bytes]:
    return series.write({FIRST: {"graph": both[0]}, SECOND: {"second": both[1]}})


def read_alone(series: StateSeries, tables: dict[str, bytes], taken: list[bytes]) -> Both:
    """What somebody else reads of the state that was written last."""
    reader = StateReader({}, series.columns.__getitem__)
    both = Graph(), Second()
    parts_of_both: list[dict[str, object]] = [{"graph": both[0]}, {"second": both[1]}]
    for table, roots in zip(tables.values(), parts_of_both, strict=True):
        pieces = read_table(table, lambda state, at, size: taken[state][at : at + size])
        reader.restore(pieces, roots)
    return both


def taken_up(series: StateSeries) -> Both:
    both, state = (Graph(), Second()), series.read_back()
    state.offer(FIRST, {"graph": both[0]})
    state.offer(SECOND, {"second": both[1]})
    assert state.restored == {FIRST, SECOND}
    return both


@given(st.integers(0, 1 << 32), st.lists(st.integers(0, 12), min_size=1, max_size=12))
def test_each_state_is_what_the_parts_are(seed: int, changes: list[int]) -> None:
    random = Random(seed)
    both, series = (Graph(), Second()), StateSeries({})
    for _ in range(random.randrange(40)):
        change(both, random)
    taken: list[bytes] = []
    for count in changes:
        for _ in range(count):
            change(both, random)
        tables = written(series, both)
        taken.append(series.blocks.take())
        alone = all_told(read_alone(series, tables, taken))
        assert alone == all_told(taken_up(series))
        if random.randrange(3):
            both = taken_up(series)
        else:
            series.begin_anew()
            assert alone == all_told(both)


@given(st.integers(0, 1 << 32), st.integers(1, 8))
def test_what_grew_out_of_states_is_what_grew_by_itself(seed: int, states: int) -> None:
    both, other, series = (Graph(), Second()), (Graph(), Second()), StateSeries({})
    first, second = Random(seed), Random(seed)
    taken: list[bytes] = []
    for number in range(states):
        for _ in range(30 if not number else 3):
            change(both, first)
            change(other, second)
        tables = written(series, both)
        taken.append(series.blocks.take())
        assert all_told(read_alone(series, tables, taken)) == all_told(other)
        both = taken_up(series)


def test_what_nobody_looked_at_is_neither_looked_at_nor_written_again() -> None:
    both, series = (Graph(), Second()), StateSeries({})
    for number in range(400):
        both[0].nodes[number] = Node(number, own=[number])
    written(series, both)
    whole = len(series.blocks.take())
    both = taken_up(series)
    both[0].nodes[7].value += 1
    written(series, both)
    assert len(series.blocks.take()) < whole / 10
    filled = [number for number, node in both[0].nodes.items() if type(node) is Node]
    assert filled == [4, 5, 6, 7]


def test_what_nothing_refers_to_does_not_stay_for_ever() -> None:
    both, series = (Graph(), Second()), StateSeries({})
    sizes = []
    for number in range(60):
        both[0].nodes = {
            **{key: node for key, node in both[0].nodes.items() if key % 97 == 0},
            **{key: Node(key) for key in range(number * 100, number * 100 + 100)},
        }
        written(series, both)
        sizes.append(series.blocks.packed_bytes)
        both = taken_up(series)
    assert max(sizes) < 8 * sizes[0]
