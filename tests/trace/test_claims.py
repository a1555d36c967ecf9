from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.claims import APART, GRACE_NS, MAX_NAMES, Claimant, Claims, name_apart

RUNSC = {"path": "/usr/bin/runsc", "dev": 1, "ino": 2}
PYTHON = {"path": "/usr/bin/python3", "dev": 1, "ino": 3}


def peer(pid: int, *command: str, uid: int = 0, exe: Any = RUNSC, start: int = 5) -> Claimant:
    """A peer as the monitor notes it, whose last word names the sandbox if there are several."""
    details = {
        "peer_pid": pid,
        "peer_start": start,
        "peer_uid": uid,
        "is_trusted": uid == 0,
        "command": list(command),
        "exe": exe,
    }
    if len(command) > 2:
        details["container_id"] = command[-1]
    found = Claimant.read(details)
    assert found is not None
    return found


def runs(pid: int, container: str, **more: Any) -> Claimant:
    return peer(pid, "runsc", "run", container, **more)


def traces(pid: int, container: str, **more: Any) -> Claimant:
    return peer(pid, "runsc", "trace", "create", container, **more)


def unnamed(pid: int, **more: Any) -> Claimant:
    return peer(pid, "runsc", **more)


class World:
    """Connections, each of which opens, speaks and closes one moment after what was before."""

    def __init__(self) -> None:
        self.claims = Claims()
        self.now = 1

    def open(self, conn: int, who: Claimant | None) -> None:
        self.claims.opened(conn, who)
        if who is not None and who.sandbox:
            self.say(conn, who.sandbox)

    def say(self, conn: int, container: str) -> str:
        self.now += 1
        self.claims.speaks(conn, container, self.now)
        return self.claims.name(conn, container)


@pytest.fixture
def world() -> World:
    return World()


def test_who_connected_may_not_be_told() -> None:
    assert Claimant.read({"peer_pid": 7, "command": ["runsc", "run", "web"]}) is None
    assert Claimant.read({"peer_pid": 0, "peer_start": 1}) is None
    assert Claimant.read({"peer_pid": 7, "peer_start": 0, "exe": 3, "command": None}) is not None


def test_a_sandbox_that_speaks_for_another_s_container_stands_apart(world: World) -> None:
    world.open(1, runs(10, "web"))
    world.open(2, runs(11, "evil"))
    assert world.say(2, "web") == "¬2:web"
    assert world.say(2, "evil") == "evil"
    assert world.say(1, "web") == "web"
    assert (world.claims.contradicted, world.claims.apart) == (1, {2: {"web": "¬2:web"}})


def test_a_container_known_by_messages_alone_belongs_to_who_spoke_first(world: World) -> None:
    world.open(1, unnamed(10))
    world.open(2, unnamed(11))
    assert (world.say(1, "web"), world.say(2, "web")) == ("web", "¬2:web")


@pytest.mark.parametrize(
    "imposter",
    [
        peer(11, "python3", "run", "web", exe=PYTHON),
        runs(11, "web", uid=1000),
        peer(11, "runsc", "--root=/elsewhere", "run", "web"),
        unnamed(11, start=0),
    ],
    ids=["another program", "another user", "another root", "one that has gone"],
)
def test_an_argument_proves_nothing(world: World, imposter: Claimant) -> None:
    world.open(1, peer(10, "runsc", "--root=/run/runsc", "run", "web"))
    world.open(2, imposter)
    assert (world.say(1, "web"), world.say(2, "web")) == ("web", "¬2:web")


def test_a_replaced_session_is_the_same_sandbox(world: World) -> None:
    world.open(1, runs(10, "web"))
    world.open(2, traces(11, "web"))
    assert (world.say(1, "web"), world.say(2, "web")) == ("web", "web")
    world.claims.closed(1)
    world.now += 2 * GRACE_NS
    assert (world.say(2, "web"), world.claims.contradicted) == ("web", 0)


def test_a_replaced_session_of_a_pod_speaks_for_its_containers(world: World) -> None:
    world.open(1, peer(10, "runsc", "create", "pod"))
    assert [world.say(1, each) for each in ("pod", "app", "sidecar")] == ["pod", "app", "sidecar"]
    world.open(2, traces(11, "pod"))
    assert [world.say(2, each) for each in ("app", "pod")] == ["app", "pod"]
    world.open(3, runs(12, "evil"))
    assert world.say(3, "app") == "¬3:app"


def test_a_session_in_a_sandbox_that_nothing_named_is_the_same_sandbox(world: World) -> None:
    world.open(1, unnamed(10))
    assert world.say(1, "runsc-7") == "runsc-7"
    world.open(2, traces(11, "runsc-7"))
    assert world.say(1, "runsc-7") == "runsc-7"
    world.claims.closed(1)
    assert (world.say(2, "runsc-7"), world.claims.contradicted) == ("runsc-7", 0)


def test_who_speaks_on_for_what_another_has_proven_stands_apart(world: World) -> None:
    world.open(1, unnamed(10, uid=1000))
    assert world.say(1, "web") == "web"
    world.open(2, runs(11, "web"))
    world.now += GRACE_NS
    assert world.say(2, "web") == "web"
    assert (world.claims.renamed, world.say(1, "web"), world.claims.renamed) == (0, "¬1:web", 1)
    assert world.claims.contradicted == 1


def test_a_container_that_starts_again_is_no_contradiction(world: World) -> None:
    world.open(1, unnamed(10))
    world.say(1, "web")
    world.claims.closed(1)
    world.open(2, unnamed(11))
    assert world.say(2, "web") == "web"


def test_connections_of_one_process_are_one_sandbox_s(world: World) -> None:
    for conn in (1, 2):
        world.open(conn, unnamed(10, exe=PYTHON))
        assert world.say(conn, "web") == "web"
    world.open(3, unnamed(10, exe=PYTHON, start=6))
    assert world.say(3, "web") == "¬3:web"


def test_where_nobody_is_told_an_id_is_a_sandbox(world: World) -> None:
    world.open(1, None)
    world.open(2, None)
    assert (world.say(1, "web"), world.say(2, "web")) == ("web", "web")


def test_the_names_of_the_contradicted_cannot_be_taken(world: World) -> None:
    world.open(1, unnamed(10))
    assert world.say(1, "¬2:web") == "¬1:¬2:web"


def test_who_speaks_for_too_many_is_kept_apart(world: World) -> None:
    world.open(1, unnamed(10))
    names = [world.say(1, f"c{number}") for number in range(MAX_NAMES + 2)]
    assert names[MAX_NAMES - 1 :] == ["c63", "¬1:c64", "¬1:c65"]
    world.open(2, unnamed(11))
    assert world.say(2, "c64") == "c64"
    world.claims.forget(1)
    assert [world.claims.name(1, each) for each in ("c0", "c64")] == ["c0", "¬1:c64"]


def test_names_apart_stay_apart_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.trace.claims.MAX_OLD", 2)
    world.open(1, unnamed(10))
    world.say(1, "web")
    for conn in range(2, 40):
        world.open(conn, unnamed(10 + conn))
        world.say(conn, "web")
        world.say(conn, "own")
        world.claims.forget(conn)
    assert [world.claims.name(conn, "web") for conn in (1, 2, 39)] == ["web", "¬2:web", "¬39:web"]
    assert [world.claims.name(conn, "own") for conn in (2, 39, 40)] == ["¬2:own", "own", "own"]
    assert [world.claims.is_apart(conn) for conn in (1, 2, 39, 40)] == [False, True, True, False]
    assert len(world.claims.apart) == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["open", "say", "close"]),
            st.integers(1, 4),
            st.sampled_from(["a", "b", "¬2:a", ""]),
            st.integers(0, 3),
        )
    )
)
def test_no_two_of_different_peers_have_one_name_at_once(
    steps: list[tuple[str, int, str, int]],
) -> None:
    world = World()
    peers: dict[int, int] = {}
    said: dict[int, set[str]] = {}
    for what, conn, container, who in steps:
        if what == "open" and conn not in peers:
            peers[conn] = who
            said[conn] = set()
            world.open(conn, unnamed(10 + who))
        elif what == "say" and conn in peers and container:
            world.say(conn, container)
            said[conn].add(container)
        elif what == "close" and conn in peers:
            world.claims.forget(conn)
            del peers[conn], said[conn]
        names: dict[str, int] = {}
        for one, containers in said.items():
            for container in containers:
                name = world.claims.name(one, container)
                assert names.setdefault(name, peers[one]) == peers[one]
                assert name == container or name == name_apart(one, container)
                assert not (container.startswith(APART) and name == container)


def test_what_a_mark_tells_of_a_claim_is_believed(world: World) -> None:
    world.open(1, unnamed(10))
    world.claims.dispute(1, "web")
    world.claims.dispute(1, "web")
    assert (world.say(1, "web"), world.say(1, "own")) == ("¬1:web", "own")
    world.claims.dispute(1, "own")
    world.claims.dispute(1, "")
    assert (world.claims.name(1, "own"), world.claims.contradicted) == ("own", 1)
