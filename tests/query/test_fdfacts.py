from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.fdfacts import FD_FIELDS
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.fields import FIELDS_BY_NAME
from gvtui.trace.reader import Trace
from gvtui.wire.pb import syscall_pb2
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACES = Path(__file__).parents[1] / "data" / "traces"
MAPPED = "::ffff:127.0.0.1"


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


def test_either_port_of_a_socket(analysis: Analysis) -> None:
    ports = rows(analysis, "fd.port = 8080")
    assert ports == rows(analysis, "fd.sport = 8080 or fd.cport = 8080")
    assert rows(analysis, "fd.port != 8080") == rows(analysis, "fd.port exists") - ports
    assert rows(analysis, "fd.port = 25367") >= {1258}


def test_names_are_those_of_the_descriptors(analysis: Analysis) -> None:
    close = "evt.type = close and evt.dir = X and point.name startswith syscall/close"
    told = rows(analysis, f"{close} and fd.nameraw = '[err: FD not found]'")
    assert told
    assert told & rows(analysis, "fd.name = /etc/ld.so.cache")
    assert not told & rows(analysis, "fd.name contains err:")
    # The accept's exit tells both ends, a connect's enter where it leads.
    assert 1258 in rows(analysis, "fd.name = '127.0.0.1:25367->127.0.0.1:8080'")
    assert {1256, 1466, 1468} <= rows(analysis, "evt.type = connect and fd.name contains 127.0.0.1")
    assert rows(analysis, "fd.name = /tmp/none.sock") >= {1494, 1496}
    texts = rows(analysis, "fd.name exists")
    assert rows(analysis, "fd.nameraw exists") <= texts
    assert rows(analysis, "fd.name != /etc/hosts") == texts - rows(analysis, "fd.name = /etc/hosts")


def test_the_exit_of_an_open_has_the_new_descriptor() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    analysis = Analysis(trace)
    opened = rows(analysis, "point.name = syscall/openat/exit and evt.failed = false")
    assert opened
    assert opened == rows(analysis, "point.name = syscall/openat/exit and fd.num >= 3")
    failed = rows(analysis, "point.name = syscall/openat/exit and evt.failed = true")
    assert failed
    assert not failed & rows(analysis, "fd.num exists")
    trace.close()


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


def test_paths_begin_at_the_folder_of_the_process(tmp_path: Path) -> None:
    world = World(tmp_path / "made-up.gvtrace")
    world.call(13, syscall_pb2.Chdir, "chdir", pathname="/etc")
    world.open(3, "hostname")
    world.open(4, "../etc/./hostname")
    world.open(5, "hostname", pid=2)
    world.writer.close()
    trace = Trace.open(world.path)
    analysis = Analysis(trace)
    first, second, third = sorted(rows(analysis, "evt.type = openat"))
    assert rows(analysis, "evt.type = openat and fd.name = /etc/hostname") == {first, second}
    assert rows(analysis, "fd.name = hostname") == {third}
    assert rows(analysis, "fd.nameraw = hostname") == {first, third}
    assert rows(analysis, "evt.type = openat and not fd.name = hostname") == {first, second}
    trace.close()


def test_a_mapped_address_is_found_in_both_forms(tmp_path: Path) -> None:
    address = struct.pack(">H", 443) + bytes(4) + socket.inet_pton(socket.AF_INET6, MAPPED)
    address = struct.pack("<H", socket.AF_INET6) + address
    world = World(tmp_path / "made-up.gvtrace")
    world.call(12, syscall_pb2.Socket, "socket", 3, domain=10, type=1)
    world.call(10, syscall_pb2.Connect, "connect", fd=3, address=address)
    world.open(4, f"/[{MAPPED}]")
    world.writer.close()
    trace = Trace.open(world.path)
    analysis = Analysis(trace)
    [connect] = rows(analysis, "evt.type = connect")
    for text in ("= 127.0.0.1:443", "startswith 127.", f"= '[{MAPPED}]:443'"):
        assert rows(analysis, f"evt.type = connect and fd.name {text}") == {connect}, text
    assert not rows(analysis, "evt.type = openat and fd.name = /127.0.0.1")
    trace.close()


def test_each_end_of_a_socket_is_known_from_its_own_side(analysis: Analysis) -> None:
    accepted, made = (rows(analysis, f"fd.is_server = {word}") for word in ("true", "false"))
    assert accepted
    assert made
    assert not accepted & made
    assert rows(analysis, "fd.rport = 8080") <= made
    own = rows(analysis, "fd.lip = 127.0.0.1 and fd.lport = 8080")
    assert accepted <= own
    listening = own - accepted
    assert listening
    assert not listening & rows(analysis, "fd.rip exists")
    others = rows(analysis, "fd.is_server = true and fd.rip exists")
    assert others == rows(analysis, "fd.is_server = true and fd.cip exists")


def test_one_id_stands_for_an_open_file_through_dup_and_fork(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/tmp/a")
    world.call(19, syscall_pb2.Dup, "dup", 4, old_fd=3)
    world.fork(1, 2)
    world.call(34, syscall_pb2.Write, "write", 1, pid=2, fd=4)
    world.close(3)
    world.open(3, "/tmp/b")
    world.writer.close()
    trace = Trace.open(world.path)
    assert rows(Analysis(trace), "fd.id = 1") == {1, 2, 4, 5}
    trace.close()
