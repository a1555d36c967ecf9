from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.gojson import (
    MAX_DEPTH,
    PLAIN_DEPTH,
    JsonError,
    Node,
    fold,
    plain,
    read_value,
    rest_after_failure,
    walk,
)

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON, st.sampled_from([None, 1, 4]), st.booleans(), st.text(" \t\r\n", max_size=3))
def test_what_others_write_is_read(
    value: object, indent: int | None, escaped: bool, space: str
) -> None:
    text = space + json.dumps(value, indent=indent, ensure_ascii=escaped)
    raw = text.encode()
    node = read_value(raw + b" rest")
    assert plain(node) == value
    assert raw[node.start : node.end] == raw.strip(b" \t\r\n")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        node = read_value(raw)
    except JsonError as error:
        places = [error.offset]
    else:
        places = [node.start, node.end]
    assert all(0 <= place <= len(raw) for place in places)


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "it ends where a value was expected"),
        ("  \n", 3, "it ends where a value was expected"),
        ("{", 1, "it ends where a key in double quotes was expected"),
        ('{"a"', 4, "it ends where ':' was expected"),
        ('{"a" 1}', 5, "':' was expected"),
        ('{"a": 1,}', 8, "a key in double quotes was expected"),
        ("[1,]", 3, "a value was expected"),
        ("[1 2]", 3, "',' or ']' was expected"),
        ('{"a": 1]', 7, "',' or '}' was expected"),
        ("[01]", 2, "',' or ']' was expected"),
        ("[NaN]", 1, "a value was expected"),
        ("[-]", 1, "a value was expected"),
        ("['a']", 1, "a value was expected"),
        ('["\t"]', 1, "a value was expected"),
        ('["\\x"]', 1, "a value was expected"),
        ("\ufeff{}", 0, "a value was expected"),
        ("{\xa0}", 1, "a key in double quotes was expected"),
        ("// a\n{}", 0, "a value was expected"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: str, offset: int, words: str) -> None:
    with pytest.raises(JsonError) as caught:
        read_value(text.encode())
    assert (caught.value.offset, str(caught.value)) == (offset, words)


def test_only_the_first_value_is_read() -> None:
    node = read_value(b' {"a": 1} {"b": 2} x')
    assert (node.start, node.end, plain(node)) == (1, 9, {"a": 1})


def test_bytes_that_are_no_utf8_are_replaced_in_strings() -> None:
    assert plain(read_value(b'"a\xffb\\ud800"')) == "a\ufffdb\ufffd"
    assert plain(read_value(b'"\\ud83d\\ude00"')) == "\U0001f600"


def test_keys_that_stand_twice_are_kept() -> None:
    node = read_value(b'{"a": 1, "a": 2}')
    assert isinstance(node.value, list)
    assert len(node.value) == 2
    assert plain(node) == {"a": 2}


def test_numbers() -> None:
    node = read_value(b"[1, -0, 1.5, 1e3, 12345678901234567890, 1e400, " + b"9" * 5000 + b"]")
    numbers = [each for each in walk(node) if isinstance(each.value, str)]
    finite = {str(each.value): each.value.is_finite for each in numbers}  # type: ignore[union-attr]
    assert [text for text, fine in finite.items() if not fine] == ["9" * 5000, "1e400"]
    assert plain(read_value(b"[1, -0, 1.5, 1e3, 12345678901234567890]")) == [
        1,
        0,
        1.5,
        1000.0,
        12345678901234567890,
    ]


def test_the_deepest_that_go_reads() -> None:
    node = read_value(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert node.depth == MAX_DEPTH
    assert isinstance(plain(node), Node)
    with pytest.raises(JsonError, match="more than 10,000"):
        read_value(b"[" * (MAX_DEPTH + 1))
    deep = read_value(b'{"a": ' + b"[" * PLAIN_DEPTH + b"]" * PLAIN_DEPTH + b', "b": {"c": []}}')
    assert deep.depth == PLAIN_DEPTH + 1


@pytest.mark.parametrize(
    ("key", "field"),
    [("Points", "points"), ("POINTS", "points"), ("point\u017f", "points"), ("\u212aey", "key")],
)
def test_keys_fold_as_go_folds_them(key: str, field: str) -> None:
    assert fold(key) == field


@pytest.mark.parametrize("key", ["pöints", "points ", "poınts", ""])
def test_keys_that_do_not_fold(key: str) -> None:
    assert fold(key) != "points"


def test_what_a_second_reading_starts_with() -> None:
    small = b"{} x"
    assert rest_after_failure(small, 2) == b" x{} x"
    large = b"{" + b" " * 600 + b"}" + b" " * 5000 + b"x"
    assert rest_after_failure(large, 602) == large[602:1536] + large
