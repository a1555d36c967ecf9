from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME, changed
from gvtui.monitor.admission import Admission, Peer, peer_of, start_of
from gvtui.monitor.refusals import TELL_SECONDS, Refusals
from gvtui.trace.marks import RefusedMark

OTHER = os.geteuid() + 1000


class Door:
    """An admission with a clock of its own, and what it has told."""

    def __init__(
        self, limits: dict[str, int] | None = None, allowed: frozenset[int] | None = None
    ) -> None:
        self.now = 100.0
        self.lines: list[str] = []
        self.marks: list[RefusedMark] = []
        self.refusals = Refusals(self.tell, lambda: self.now)
        self.admission = Admission(
            changed(AS_THEY_COME, limits or {}),
            self.refusals,
            allowed_uids=allowed,
            clock=lambda: self.now,
        )

    def tell(self, line: str, mark: RefusedMark) -> None:
        self.lines.append(line)
        self.marks.append(mark)

    def enter(self, *peers: Peer) -> int:
        """How many of them may."""
        return sum(self.admission.enter(peer) for peer in peers)


def process(pid: int, uid: int = 0) -> Peer:
    return Peer(pid, 1, uid)


EACH_LIMIT = pytest.mark.parametrize(
    ("limit", "peers"),
    [
        ("connections", [process(pid) for pid in range(1, 9)]),
        ("connections-of-others", [process(pid, OTHER + pid) for pid in range(1, 9)]),
        ("connections-per-user", [process(pid, OTHER) for pid in range(1, 9)]),
        ("connections-per-process", [process(1)] * 8),
    ],
)
"""Each limit of connections, with peers that all count for it."""


@EACH_LIMIT
def test_so_many_at_once_and_not_one_more(limit: str, peers: list[Peer]) -> None:
    door = Door({limit: 3})
    assert door.enter(*peers) == 3
    assert door.admission.refused == 5
    assert door.admission.connections == 3
    assert door.lines == [
        f"refused {peers[3].words}: beyond the limit {limit}, 3",
    ]
    assert door.marks == [RefusedMark(1, limit, door.lines[0])]
    # One has gone: one may come, a second later.
    door.now += 1
    door.admission.leave(peers[0])
    assert door.enter(*peers) == 1


@EACH_LIMIT
def test_whoever_comes_and_goes_is_slowed_down(limit: str, peers: list[Peer]) -> None:
    door = Door({limit: 5, f"new-{limit}": 2})
    come = 0
    for peer in peers * 4:
        if door.admission.enter(peer):
            come += 1
            door.admission.leave(peer)
    assert come == 5
    assert door.lines[0].endswith(f"beyond the limit new-{limit}, 2 a second")
    door.now += 1
    assert door.enter(*peers) == 2


def test_one_process_shuts_out_no_other() -> None:
    door = Door()
    assert door.enter(*[process(1)] * 5000) == AS_THEY_COME.connections_per_process
    assert door.enter(process(2)) == 1


def test_other_users_never_shut_out_root_nor_our_own() -> None:
    door = Door()
    many = [process(pid, OTHER + pid) for pid in range(1, 9000)]
    assert door.enter(*many) == AS_THEY_COME.connections_of_others
    assert door.enter(process(1), process(2, os.geteuid())) == 2


def test_only_named_users_may() -> None:
    door = Door(allowed=frozenset({OTHER}))
    peers = [process(1), process(2, os.geteuid()), process(3, OTHER), process(4, OTHER + 1)]
    assert door.enter(*peers) == 3
    assert door.lines == [f"refused {peers[3].words}: --allow-uid does not name user {OTHER + 1}"]


def test_processes_of_another_namespace_are_not_taken_for_one() -> None:
    door = Door({"connections-per-process": 2})
    assert door.enter(*[Peer(0, 0, 0)] * 5) == 5


def test_a_process_id_that_comes_again_begins_anew() -> None:
    door = Door({"connections-per-process": 1})
    assert door.enter(Peer(5, 1, 0), Peer(5, 1, 0), Peer(5, 2, 0)) == 2


def test_refusals_are_told_together_by_user() -> None:
    door = Door({"connections-per-user": 0})
    door.enter(*[process(1, OTHER)] * 3, process(2, OTHER + 1))
    door.now += TELL_SECONDS
    door.refusals.keep_house()
    assert [mark.count for mark in door.marks] == [1, 3]
    assert door.lines[1].startswith("refused 3 more connections since ")
    assert f"2 of user {OTHER}, 1 of user {OTHER + 1}: beyond the limit" in door.lines[1]
    assert door.admission.refused == sum(mark.count for mark in door.marks)


def test_peers_that_have_gone_are_forgotten() -> None:
    door = Door()
    for pid in range(1, 1000):
        peer = process(pid, OTHER + pid)
        if door.admission.enter(peer):
            door.admission.leave(peer)
    assert len(door.admission._by_process) == len(door.admission._by_user) == 999
    door.now += 1000
    door.admission.keep_house()
    assert door.admission._by_process == {}
    assert door.admission._by_user == {}


def test_too_few_descriptors_are_their_own_reason() -> None:
    door = Door()
    door.admission.bound(2)
    assert door.enter(process(1), process(2), process(3)) == 2
    assert "there are descriptors for 2 connections (ulimit -n)" in door.lines[0]
    assert door.marks[0].limit == "descriptors"
    door.admission.bound(9)
    assert door.enter(process(3)) == 0


def test_the_kernel_tells_who_the_peer_is() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        peer = peer_of(ours)
    assert (peer.pid, peer.uid) == (os.getpid(), os.geteuid())
    assert peer.start == start_of(os.getpid()) > 0
    assert peer.words.startswith(f"process {os.getpid()} (")


@pytest.mark.parametrize("content", [None, b"", b"1 (a) S", b"1 (a b) c) x " + b"y " * 30])
def test_a_process_that_is_not_there_has_no_start(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "7").mkdir()
        (tmp_path / "7" / "stat").write_bytes(content)
    assert start_of(7, tmp_path) == 0
    assert process(0).words == "process 0 of user 0"
