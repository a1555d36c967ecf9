"""What is written is read as it was: values, shared objects, circles."""

from __future__ import annotations

import io
from array import array
from collections import OrderedDict, defaultdict, deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.activity import Behind
from gvtui.query.kept.framing import NotKeptError, framed, unframed
from gvtui.query.kept.reading import StateReader
from gvtui.query.kept.writing import StateWriter
from gvtui.query.numbered import Numbered, NumberedPage
from gvtui.query.oneorseveral import OneOrSeveral
from gvtui.query.processes.process import Evidence, Process, ProcessId
from gvtui.query.resolved.description import Description, FdKind, How
from gvtui.query.resolved.table import FdEntry

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
)
KEYS = st.integers(-(1 << 63), (1 << 63) - 1) | st.text() | st.tuples(st.integers(0, 9), st.text())
VALUES = st.recursive(
    SCALARS | st.sampled_from([FdKind.PIPE, How.READ | How.WRITE, Evidence.PROCFS]),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
        | st.lists(inner).map(lambda given: deque(given, 5))
        | st.dictionaries(KEYS, inner).map(OrderedDict)
        | st.lists(inner, max_size=3).map(lambda given: [Behind(parts=given)])
    ),
    max_leaves=30,
)


def read_back(**values: Any) -> dict[str, Any]:
    def no_column(number: int) -> Any:
        raise AssertionError(number)

    data = io.BytesIO(b"".join(framed(StateWriter({}).values(values))))
    return StateReader({}, no_column).values(unframed(data))


@given(VALUES)
def test_what_is_written_is_read(value: Any) -> None:
    found = read_back(value=value)["value"]
    assert found == value
    assert type(found) is type(value)


def test_text_that_is_no_unicode_is_read() -> None:
    assert read_back(text="a\udc80")["text"] == "a\udc80"


def test_arrays_and_the_like_are_read() -> None:
    given = {
        "numbers": np.arange(6, dtype=np.int32).reshape(2, 3),
        "array": array("i", [1, -2]),
        "bytes": bytearray(b"ab"),
        "one": np.int64(7),
        "sets": defaultdict(set, {1: {2}}),
    }
    found = read_back(**given)
    assert (found["numbers"] == given["numbers"]).all()
    assert found["numbers"].dtype == np.int32
    found["numbers"][0, 0] = 9
    assert found["array"] == given["array"]
    assert found["bytes"] == given["bytes"]
    assert found["one"] == 7
    found["sets"][5].add(1)
    assert found["sets"] == {1: {2}, 5: {1}}


def test_objects_in_a_circle_are_read_once_each() -> None:
    parent = Process(1, "box", 10, 5, Evidence.EVENT, 0, 9)
    child = Process(2, "box", 11, 6, Evidence.CONTEXT, 3, 9, parent=parent)
    parent.children[2] = child
    parent.pipe_to = ProcessId("box", 11, 6)
    found = read_back(first=parent, all=[parent, child])
    [one, two] = found["all"]
    assert one is found["first"]
    assert one.children == {2: two}
    assert two.parent is one
    assert one.pipe_to == ProcessId("box", 11, 6)
    assert two.source is Evidence.CONTEXT
    one.execs.append(None)
    assert two.execs == []


def test_what_cannot_be_changed_is_read_too() -> None:
    found = read_back(entry=FdEntry(3, True, 9), all=[Description(4, FdKind.FILE, "/etc/x")])
    assert found["entry"] == FdEntry(3, True, 9)
    assert found["all"][0].kind is FdKind.FILE
    assert found["all"][0].path == "/etc/x"


def test_what_several_sections_have_is_one_object() -> None:
    writer = StateWriter({})
    shared = Behind(1, 2, 3)
    first = b"".join(framed(writer.values({"a": shared})))
    second = b"".join(framed(writer.values({"b": [shared]})))
    reader = StateReader({}, lambda number: pytest.fail(str(number)))
    one, other = (reader.values(unframed(io.BytesIO(each))) for each in (first, second))
    assert one["a"] is other["b"][0]


@given(
    st.lists(st.tuples(KEYS, VALUES), max_size=8),
    st.dictionaries(st.integers(0, 1000), VALUES, max_size=6),
)
def test_tables_are_read_as_they_were(
    pairs: list[tuple[Any, Any]], numbered: dict[int, Any]
) -> None:
    several: OneOrSeveral[Any, Any] = OneOrSeveral()
    for key, value in pairs:
        several.add(key, value)
    objects: Numbered[Any] = Numbered()
    for number, value in numbered.items():
        objects.put(number, value)
    found = read_back(several=several, objects=objects, empty=OneOrSeveral())
    assert list(found["several"]) == list(several)
    assert [list(found["several"].of(key)) for key in several] == [
        list(several.of(key)) for key in several
    ]
    assert list(found["objects"]) == list(objects)
    assert {number: found["objects"].get(number) for number in numbered} == numbered
    assert len(found["objects"]) == len(numbered)
    assert len(found["empty"]) == 0
    found["empty"].add(1, 2)
    assert list(found["empty"].of(1)) == [2]


def test_a_table_holds_the_object_that_others_refer_to() -> None:
    objects: Numbered[Process] = Numbered()
    parent = Process(1, "box", 10, 5, Evidence.EVENT, 0, 9)
    parent.parent = parent
    objects.put(1, parent)
    found = read_back(one=parent, objects=objects)
    assert found["objects"].get(1) is found["one"] is found["one"].parent


def test_tables_of_objects_as_keys_are_not_written() -> None:
    table: OneOrSeveral[Any, int] = OneOrSeveral()
    table.add(FdKind.FILE, 1)
    with pytest.raises(NotKeptError):
        read_back(table=table)


def test_what_is_kept_with_its_object_can_be_changed_by_itself() -> None:
    lines = [Behind(kinds={"open"}), Behind(kinds={"open", "read"}), Behind()]
    found = read_back(lines=lines)["lines"]
    assert found == lines
    found[2].kinds.add("write")
    assert [each.kinds for each in found] == [{"open"}, {"open", "read"}, {"write"}]


def test_parts_of_a_table_are_filled_when_they_are_asked_for() -> None:
    objects: Numbered[Description] = Numbered()
    for number in range(4000):
        objects.put(number, Description(number))
    found = read_back(objects=objects)["objects"]
    assert found.get(3).number == 3
    filled = [type(page) is NumberedPage for page in found._pages.values()]
    assert 0 < sum(filled) < len(filled)
    assert [each.number for each in found] == list(range(4000))
    assert all(type(page) is NumberedPage for page in found._pages.values())


@pytest.mark.parametrize(
    "value", [print, lambda: 0, object(), 1 << 70, np.array([None]), defaultdict(object)]
)
def test_code_and_strange_things_are_not_written(value: Any) -> None:
    with pytest.raises(NotKeptError):
        list(StateWriter({}).values({"value": value}))
    with pytest.raises(NotKeptError):
        list(StateWriter({}).values({"value": [value]}))
