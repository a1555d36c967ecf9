from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.complete import complete
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.operators import BYTE_OPERATORS, LIST_OPERATORS
from tests.query.filter.world import TextTrace


@pytest.fixture(scope="module")
def trace() -> TextTrace:
    trace = TextTrace()
    trace.connections[1] = SimpleNamespace(container_id="box")
    for _ in range(3):
        trace.call("openat", process="bash", pid=110, path="/etc/pass wd", container="c1", fd=3)
    trace.call("sysno/35", process="cat", pid=112)
    trace.add(process="\x1b[31m", lost=("path",))
    return trace


def offered(trace: TextTrace | None, text: str, cursor: int | None = None) -> list[str]:
    return [found.text for found in complete(text, len(text) if cursor is None else cursor, trace)]


def test_fields_where_a_condition_begins(trace: TextTrace) -> None:
    for text in ("", "not ", "(", "fd.num = 1 and ", "fd.num = 1 or ("):
        found = offered(trace, text)
        assert {field.name for field in FIELDS if not field.takes_argument} <= set(found)
        assert "not" in found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("pro", "proc.id"),
        ("proc.n", "proc.name"),
        ("name", "proc.name"),
        ("evt.arg.fl", "evt.arg.flags"),
        ("proc.name st", "startswith"),
        ("proc.name ", "="),
        ("proc.name = ", "bash"),
        ("proc.name =", "bash"),
        ("proc.name = c", "cat"),
        ("proc.name in (bash, ", "bash"),
        ("proc.pid = ", "110"),
        ("fd.num = ", "3"),
        ("fd.name = ", '"/etc/pass wd"'),
        ("fd.name = /e", '"/etc/pass wd"'),
        ('fd.name = "/etc', '"/etc/pass wd"'),
        ("container.id = ", "c1"),
        ("container.id = b", "box"),
        ("point.name = ", "syscall/openat/enter"),
        ("evt.type = ", "openat"),
        ("evt.type = na", "nanosleep"),
        ("evt.type = execveat", "execveat"),
        ("evt.type in ", "("),
        ("evt.type in %n", "%network"),
        ("evt.res = ENOE", "ENOENT"),
        ("evt.dir = ", "E"),
        ("evt.failed = t", "true"),
        ("evt.latency > ", "100us"),
        ("fd.num = 1 ", "and"),
        ("(fd.num = 1 an", "and"),
    ],
)
def test_likeliest_first(trace: TextTrace, text: str, first: str) -> None:
    assert offered(trace, text)[0] == first


def test_brackets_are_closed_only_where_open(trace: TextTrace) -> None:
    assert ")" in offered(trace, "(fd.num = 1 ")
    assert ")" in offered(trace, "fd.num in (1 ")
    assert ")" not in offered(trace, "fd.num = 1 ")


def test_operators_fit_the_field(trace: TextTrace) -> None:
    assert "contains" not in offered(trace, "fd.num ")
    assert ">" not in offered(trace, "proc.name ")


def test_the_word_at_the_cursor_is_replaced(trace: TextTrace) -> None:
    found = complete("fd.num = 1 and proc.na = x", 20, trace)[0]
    assert found.text == "proc.num" or found.text.startswith("proc.")
    assert (found.start, found.end) == (15, 22)
    found = complete("proc.name = ba and fd.num = 1", 14, trace)[0]
    assert (found.text, found.start, found.end) == ("bash", 12, 14)


def test_nothing_behind_a_mistake(trace: TextTrace) -> None:
    for text in ("fd.num = 1 2 3", "what is this", "fd.num = 1) and "):
        assert offered(trace, text) == []


def test_values_come_as_text_that_can_be_shown(trace: TextTrace) -> None:
    assert '"\\x1b[31m"' in offered(trace, "proc.name = ")


def test_without_a_trace() -> None:
    assert "%file" in offered(None, "evt.type in (")
    assert "openat" in offered(None, "evt.type = open")
    assert offered(None, "proc.name = ") == []


@pytest.mark.parametrize("field", [field.name for field in FIELDS if not field.takes_argument])
def test_what_is_offered_compiles(trace: TextTrace, field: str) -> None:
    for operator in offered(trace, f"{field} "):
        if operator == "exists":
            compile_filter(f"{field} exists")
            continue
        if operator in LIST_OPERATORS:
            assert offered(trace, f"{field} {operator} ")[0] == "("
            continue
        for value in offered(trace, f"{field} {operator} ")[:20]:
            # A path need not be a pattern.
            if operator not in {"glob", "regex"} | BYTE_OPERATORS:
                assert compile_filter(f"{field} {operator} {value}")


@given(st.text(alphabet="procname .=()\"'%ebash,<>!", max_size=25), st.integers(-1, 30))
def test_any_text_and_cursor(text: str, cursor: int) -> None:
    for found in complete(text, cursor):
        assert 0 <= found.start <= found.end <= len(text)
