from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.export.selection import NAMING_SECONDS, NamePatience, Selection
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.complete import complete
from gvtui.query.filter.fields import NAMES
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.recorder import START_NS, open_message

WEB = Names("docker", "web-frontend", "shop/web:3")
CART = Names("containerd", "cart", "shop/cart:1", "cart-7d9f", "shop")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[TraceWriter]:
    """A container of Docker's on connection 1, a pod on 2, and nobody known on 3."""
    writer = TraceWriter(tmp_path / "x.gvtrace")
    for conn, sandbox in ((1, "aa"), (2, "pause"), (3, "cc")):
        details = {"peer_pid": conn, "peer_uid": 0, "command": [], "container_id": sandbox}
        writer.opened(conn, START_NS, details)
    writer.message(1, START_NS, open_message("/a", container="aa"))
    writer.message(2, START_NS, open_message("/b", container="bb"))
    writer.message(3, START_NS, open_message("/c", container="cc"))
    yield writer
    writer.close()


def note(writer: TraceWriter, conn: int, container: str, names: Names) -> None:
    writer.mark(START_NS, NamesMark(container, names).details(), conn)


def passing(trace: Trace, text: str) -> list[int]:
    condition = compile_filter(text)
    mask = condition.mask(trace, trace.rows(0, trace.end_row), 0)
    found: list[int] = mask.nonzero()[0].tolist()
    return found


def test_rows_pass_by_the_names_of_their_containers(writer: TraceWriter) -> None:
    trace = Trace.open(writer.path)
    assert passing(trace, "container.name exists") == []
    note(writer, 1, "aa", WEB)
    note(writer, 2, "bb", CART)
    trace.refresh(1)
    # Rows that came before the name, and those of the connection itself.
    assert passing(trace, "container.name = web-frontend") == [0, 3, 6]
    assert passing(trace, "k8s.pod.name glob cart-*") == [4]
    assert passing(trace, "k8s.ns.name = shop and container.image contains cart") == [4]
    assert passing(trace, "container.name != web-frontend") == [4]
    assert passing(trace, "not container.name exists") == [1, 2, 5, 7]
    trace.close()


def test_a_container_that_another_connection_claims_has_not_its_name(writer: TraceWriter) -> None:
    note(writer, 1, "aa", WEB)
    writer.message(3, START_NS, open_message("/c", container="aa"))
    trace = Trace.open(writer.path)
    assert passing(trace, "container.name = web-frontend") == [0, 3, 6]
    trace.close()


def test_values_are_completed(writer: TraceWriter) -> None:
    note(writer, 1, "aa", WEB)
    note(writer, 2, "bb", CART)
    trace = Trace.open(writer.path)
    text = "container.name = "
    assert [each.text for each in complete(text, len(text), trace)] == ["cart", "web-frontend"]
    text = "k8s.ns.name = "
    assert [each.text for each in complete(text, len(text), trace)] == ["shop"]
    trace.close()


def test_a_filter_says_whether_it_asks_names() -> None:
    assert all(compile_filter(f"{name} = x").asks_names for name in NAMES)
    assert not compile_filter("container.id = x").asks_names


def test_rows_wait_for_names_but_not_for_long(writer: TraceWriter) -> None:
    note(writer, 1, "aa", WEB)
    trace = Trace.open(writer.path)
    patience = NamePatience(trace)
    assert patience.ready(0, 7, 100.0) == 1
    note(writer, 2, "pause", CART)
    note(writer, 2, "bb", CART)
    trace.refresh(1)
    assert patience.ready(0, 7, 100.1) == 2
    assert patience.ready(0, 7, 100.1 + NAMING_SECONDS) == 7
    asks = Selection(trace, "container.name = web-frontend")
    assert asks.ready(0, 7, 100.0) == 2
    assert Selection(trace, "container.id = aa").ready(0, 7, 100.0) == 7
    trace.close()
