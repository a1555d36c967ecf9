"""Made-up filters over made-up rows, against an evaluator that goes row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.points.groups import SETS
from gvtui.points.names import event_type
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.operators import LIST_OPERATORS
from gvtui.query.filter.write import conjunction, literal
from gvtui.query.view import RowView
from gvtui.trace.row import NO_FD, NO_UID, Direction, Kind, Row
from tests.query.filter.world import TextTrace

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTAINERS = {1: "box", 2: ""}


@dataclass(frozen=True)
class Compare:
    field: str
    operator: str
    values: tuple[Any, ...]
    transformers: tuple[str, ...] = ()

    def text(self) -> str:
        name = self.field
        for transformer in self.transformers:
            name = f"{transformer}({name})"
        if self.operator == "exists":
            return f"{name} exists"
        words = [literal(v) if isinstance(v, str) and v[:1] != "%" else str(v) for v in self.values]
        value = f"({', '.join(words)})" if self.operator in LIST_OPERATORS else words[0]
        return f"{name} {self.operator} {value}"

    def holds(self, trace: TextTrace, row: Row, row_id: int) -> bool:
        have = FIELDS[self.field](trace, row, row_id)
        if have is None or have == "":
            return False
        for transformer in self.transformers:
            have = _CHANGES[transformer](have)
        wanted: list[Any] = []
        for value in self.values:
            is_set = isinstance(value, str) and value in SETS and not self.transformers
            wanted += SETS[value] if is_set else [value]
        first: Any = wanted[0] if wanted else None
        tests: dict[str, Callable[[], bool]] = {
            "exists": lambda: True,
            "=": lambda: have in wanted,
            "!=": lambda: have not in wanted,
            "in": lambda: have in wanted,
            "intersects": lambda: have in wanted,
            "pmatch": lambda: any(_is_below(have, path) for path in wanted),
            "bcontains": lambda: bytes.fromhex(first) in have.encode(),
            "bstartswith": lambda: have.encode().startswith(bytes.fromhex(first)),
            "<": lambda: have < first,
            "<=": lambda: have <= first,
            ">": lambda: have > first,
            ">=": lambda: have >= first,
            "contains": lambda: first in have,
            "icontains": lambda: first.lower() in have.lower(),
            "startswith": lambda: have.startswith(first),
            "endswith": lambda: have.endswith(first),
            "glob": lambda: fnmatchcase(have, first),
            "regex": lambda: re.search(first, have) is not None,
        }
        return tests[self.operator]()


_CHANGES: dict[str, Callable[[str], str]] = {
    "tolower": str.lower,
    "toupper": str.upper,
    "basename": lambda text: text.split("/")[-1],
}


def _is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or in it: part by part, each as a pattern."""
    if not path or not folder:
        return path == folder
    parts, wanted = (
        [part for part in re.split("/+", text.rstrip("/")) if part or text.startswith("/")]
        for text in (path, folder)
    )
    return path.startswith("/") == folder.startswith("/") and (
        len(parts) >= len(wanted) and all(map(fnmatchcase, parts, wanted))
    )


@dataclass(frozen=True)
class Group:
    word: str
    parts: tuple[Any, ...]

    def text(self) -> str:
        if self.word == "not":
            return f"not ({self.parts[0].text()})"
        return f" {self.word} ".join(f"({part.text()})" for part in self.parts)

    def holds(self, trace: TextTrace, row: Row, row_id: int) -> bool:
        answers = [part.holds(trace, row, row_id) for part in self.parts]
        if self.word == "not":
            return not answers[0]
        return all(answers) if self.word == "and" else any(answers)


def _on_exit(value: Callable[[Row], int]) -> Callable[[TextTrace, Row, int], int | None]:
    return lambda trace, row, row_id: value(row) if row.direction == Direction.EXIT else None


FIELDS: dict[str, Callable[[TextTrace, Row, int], Any]] = {
    "evt.num": lambda trace, row, row_id: row_id,
    "evt.res": _on_exit(lambda row: -row.errno if row.errno else row.result),
    "evt.errno": _on_exit(lambda row: row.errno),
    "evt.dropped": lambda trace, row, row_id: row.result if row.kind == Kind.DROP else None,
    "evt.time": lambda trace, row, row_id: row.when_ns or None,
    "proc.pid": lambda trace, row, row_id: row.pid or None,
    "thread.tid": lambda trace, row, row_id: row.tid or None,
    "fd.num": lambda trace, row, row_id: None if row.fd == NO_FD else row.fd,
    "user.uid": lambda trace, row, row_id: None if row.uid == NO_UID else row.uid,
    "conn.num": lambda trace, row, row_id: row.conn,
    "proc.name": lambda trace, row, row_id: trace.string(row.process),
    "fd.name": lambda trace, row, row_id: trace.string(row.path),
    "point.name": lambda trace, row, row_id: trace.string(row.point),
    "evt.type": lambda trace, row, row_id: event_type(trace.string(row.point), "x86_64"),
    "container.id": lambda trace, row, row_id: trace.string(row.container) or _CONTAINERS[row.conn],
}
_TEXT_FIELDS = ("proc.name", "fd.name", "point.name", "evt.type", "container.id")

_NAMES = ("", "bash", "Bash", "sh", "/etc/passwd", "/tmp/a b", "box", "é'\"\\")
_POINTS = ("", "syscall/openat/enter", "syscall/read/exit", "syscall/sysno/35/exit", "sentry/clone")
_NUMBERS = st.one_of(st.integers(-3, 5), st.integers(-(1 << 63), (1 << 63) - 1))

_ROWS = st.fixed_dictionaries(
    {
        "pid": st.integers(0, 4),
        "tid": st.integers(0, 4),
        "fd": st.sampled_from((NO_FD, -100, 0, 3)),
        "uid": st.sampled_from((NO_UID, 0, 3)),
        "conn": st.integers(1, 2),
        "errno": st.sampled_from((0, 0, 2)),
        "result": st.integers(-2, 4),
        "time_ns": st.integers(0, 3),
        "recv_ns": st.integers(0, 3),
        "direction": st.sampled_from(Direction),
        "kind": st.sampled_from((Kind.MESSAGE, Kind.MESSAGE, Kind.DROP, Kind.OPENED)),
        "process": st.sampled_from(_NAMES),
        "path": st.sampled_from(_NAMES),
        "container": st.sampled_from(_NAMES),
        "point": st.sampled_from(_POINTS),
    }
)


def _comparison(field: str) -> st.SearchStrategy[Compare]:
    if field in _TEXT_FIELDS:
        value: st.SearchStrategy[Any] = st.sampled_from([*_NAMES, "read", "nanosleep", "s", "/"])
        several = value
        if field == "evt.type":
            several = st.sampled_from(
                ["read", "nanosleep", "openat", "sentry/clone", "sysno/999", "%file", "%desc"]
            )
        patterns = st.sampled_from(["*", "b*", "*s?", "[!b]*", "/*/*", "syscall/*"])
        regexes = st.sampled_from(["^b", "s", "[a-f]+$", "^/(etc|tmp)/", "a|b", r"\d"])
        paths = st.sampled_from(["/tmp", "/*", "/tmp/*b", "/[!e]*/", "syscall", "/etc//passwd/x"])
        texts = ("contains", "icontains", "startswith", "endswith")
        choices = [
            st.builds(Compare, st.just(field), st.sampled_from(texts), st.tuples(value)),
            st.builds(Compare, st.just(field), st.just("glob"), st.tuples(patterns)),
            st.builds(Compare, st.just(field), st.just("regex"), st.tuples(regexes)),
            st.builds(
                Compare,
                st.just(field),
                st.just("pmatch"),
                st.lists(st.one_of(value, paths), max_size=3).map(tuple),
            ),
            st.builds(
                Compare,
                st.just(field),
                st.sampled_from(("bcontains", "bstartswith")),
                st.tuples(st.sampled_from(("62", "2f65", "c3a9", "ff"))),
            ),
            st.builds(
                Compare,
                st.just(field),
                st.sampled_from(("=", "!=", "contains")),
                st.tuples(value),
                st.lists(st.sampled_from(sorted(_CHANGES)), min_size=1, max_size=3).map(tuple),
            ),
        ]
        equal = st.sampled_from(("=", "!="))
    else:
        several, choices = _NUMBERS, []
        equal = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
    lists = st.lists(several, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Compare, st.just(field), equal, st.tuples(several)),
        st.builds(Compare, st.just(field), st.sampled_from(("in", "intersects")), lists),
        st.builds(Compare, st.just(field), st.just("exists"), st.just(())),
        *choices,
    )


_COMPARISONS = st.one_of([_comparison(field) for field in FIELDS])
_TREES = st.recursive(
    _COMPARISONS,
    lambda inner: st.one_of(
        st.builds(Group, st.just("not"), st.tuples(inner)),
        st.builds(
            Group,
            st.sampled_from(("and", "or")),
            st.lists(inner, min_size=2, max_size=4).map(tuple),
        ),
    ),
    max_leaves=12,
)


def _trace(rows: list[dict[str, Any]]) -> TextTrace:
    trace = TextTrace(first_row=5)
    for number, container in _CONTAINERS.items():
        trace.connections[number] = SimpleNamespace(container_id=container)
    for row in rows:
        trace.add(**row)
    return trace


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ROWS, min_size=1, max_size=8), _TREES)
def test_columns_agree_with_rows(rows: list[dict[str, Any]], tree: Compare | Group) -> None:
    trace = _trace(rows)
    condition = compile_filter(tree.text())
    ids = range(trace.first_row, trace.end_row)
    expected = [tree.holds(trace, trace.row(row_id), row_id) for row_id in ids]
    held = trace.rows(trace.first_row, trace.end_row)
    assert condition.mask(trace, held, trace.first_row).tolist() == expected
    assert [condition.matches(trace, row_id) for row_id in ids] == expected
    # Part by part, as a view asks for them.
    view = RowView(trace, condition)
    while not view.complete:
        view.advance(0)
    assert list(view) == [row_id for row_id, holds in zip(ids, expected, strict=True) if holds]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ROWS, min_size=1, max_size=8), _TREES, _TREES)
def test_not_splits_the_rows_and_conjunction_joins(
    rows: list[dict[str, Any]], tree: Compare | Group, other: Compare | Group
) -> None:
    trace = _trace(rows)
    held = trace.rows(trace.first_row, trace.end_row)

    def mask(text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return compile_filter(text).mask(trace, held, trace.first_row)

    answer = mask(tree.text())
    assert (mask(f"not ({tree.text()})") == ~answer).all()
    both = mask(conjunction([tree.text(), "", other.text()]))
    assert (both == (answer & mask(other.text()))).all()
