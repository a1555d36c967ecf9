from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.fdfacts import FD_FIELDS
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.fields import FIELDS_BY_NAME
from gvtui.trace.reader import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACES = Path(__file__).parents[1] / "data" / "traces"


@pytest.fixture
def analysis() -> Iterator[Analysis]:
    trace = Trace.open(TRACES / "network-2024.trace")
    yield Analysis(trace)
    trace.close()


def rows(analysis: Analysis, text: str) -> set[int]:
    trace = analysis.trace
    condition = compile_filter(text, analysis.context)
    while analysis.context.advance():
        pass
    mask = condition.mask(trace, trace.rows(0, trace.end_row), 0)
    return set(mask.nonzero()[0].tolist())


def test_each_field_is_in_the_table_and_answers(analysis: Analysis) -> None:
    for name in FD_FIELDS:
        assert rows(analysis, f"{FIELDS_BY_NAME[name].name} exists"), name


def test_a_server_is_where_a_client_connects_to(analysis: Analysis) -> None:
    connects = rows(
        analysis, "evt.type = connect and fd.nameraw contains 127.0.0.1 and evt.failed = false"
    )
    assert connects
    assert connects <= rows(analysis, "fd.sip = 127.0.0.1")
    ports = rows(analysis, "fd.sport > 0")
    assert connects <= ports
    assert rows(analysis, "fd.cport exists") <= rows(analysis, "fd.cip exists")


def test_a_failed_connect_has_the_address_that_it_was_to_reach(analysis: Analysis) -> None:
    failed = rows(analysis, "point.name = syscall/connect/exit and evt.errno = ECONNREFUSED")
    assert failed == {1468}
    for text in ("fd.sip = 127.0.0.1", "fd.snet = 127.0.0.0/8", "fd.sport = 9"):
        assert rows(analysis, f"evt.type = connect and {text}") >= {1466, 1468}, text
    assert not failed & rows(analysis, "fd.cip exists or fd.cport exists")
    # A socket of a file has no such ends.
    assert not rows(analysis, "fd.nameraw = /tmp/none.sock and fd.ip exists")


def test_a_network_holds_its_addresses(analysis: Analysis) -> None:
    local = rows(analysis, "fd.snet = 127.0.0.0/8")
    assert local == rows(analysis, "fd.snet in (10.0.0.0/8, 127.0.0.1)")
    assert local >= rows(analysis, "fd.sip startswith 127.")
    others = rows(analysis, "fd.snet != 127.0.0.0/8")
    assert not local & others
    assert local | others == rows(analysis, "fd.snet exists")
    assert not rows(analysis, "fd.net in ()")


@pytest.mark.parametrize("value", ["127.0.0.0/33", "localhost", "''"])
def test_what_is_no_network_is_an_error(value: str) -> None:
    with pytest.raises(FilterError, match="is no network"):
        compile_filter(f"fd.net = {value}")


def test_kinds_have_a_word_and_a_character(analysis: Analysis) -> None:
    for word, char in (("file", "f"), ("ipv4", "4"), ("directory", "d"), ("pipe", "p")):
        assert rows(analysis, f"fd.type = {word}") == rows(analysis, f"fd.typechar = {char}")
    sockets = rows(analysis, "fd.type in (ipv4, ipv6)")
    assert sockets == rows(analysis, "fd.l4proto in (tcp, udp)")
    opened = "point.name in (syscall/open/exit, syscall/openat/exit) and evt.failed = false"
    assert rows(analysis, opened) <= rows(analysis, "fd.type exists")


def test_a_file_has_a_folder_and_a_name(analysis: Analysis) -> None:
    opened = rows(analysis, "evt.type = openat and fd.nameraw = /etc/hosts")
    named = rows(analysis, "fd.directory = /etc and fd.filename = hosts")
    assert opened <= named
    assert not rows(analysis, "fd.filename contains /")
