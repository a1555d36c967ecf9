"""What a description is called."""

from __future__ import annotations

from gvtui.query.resolved.description import Description, FdKind


def test_a_file_is_called_as_the_sandbox_says_else_as_it_was_opened() -> None:
    file = Description(1, FdKind.FILE, path="/lib/libc.so")
    assert file.name == "/lib/libc.so"
    file.told = "/usr/lib/libc.so"
    assert (file.name, file.opened_as) == ("/usr/lib/libc.so", "/lib/libc.so")


def test_a_socket_is_called_by_its_ends_the_client_first() -> None:
    near = Description(1, FdKind.IPV4, told="socket:[1]")
    assert near.name == "socket:[1]"
    near.remote = "10.0.0.1:80"
    assert near.name == "10.0.0.1:80"
    near.local = "10.0.0.2:5"
    assert near.name == "10.0.0.2:5->10.0.0.1:80"
    far = Description(2, FdKind.IPV4, local="0.0.0.0:80", remote="9.9.9.9:1", is_server=True)
    assert far.name == "9.9.9.9:1->0.0.0.0:80"


def test_each_kind_has_a_word_but_the_unknown_one() -> None:
    assert [kind for kind in FdKind if not kind.word] == [FdKind.UNKNOWN]
    assert [kind.name for kind in FdKind if kind.is_socket] == ["SOCKET", "IPV4", "IPV6", "UNIX"]


def test_what_a_socket_does_has_a_word() -> None:
    assert Description(1, FdKind.FILE).connection == ""
    assert Description(1, FdKind.IPV4).connection == ""
    assert Description(1, FdKind.IPV4, is_listening=True).connection == "listening"
    assert Description(1, FdKind.IPV4, is_connected=True).connection == "connected"
    server = Description(1, FdKind.UNIX, is_connected=True, is_server=True)
    assert server.connection == "accepted"


def test_the_life_of_one_end_begins_with_the_call_that_opened_both() -> None:
    assert Description(7, FdKind.FILE, opened_row=3).rows_filter == "fd.id = 7"
    pipe = Description(7, FdKind.PIPE, opened_row=3, peer=8)
    assert pipe.rows_filter == "fd.id = 7 or evt.num = 3"
