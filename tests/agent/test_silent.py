from __future__ import annotations

from gvtui.agent.silent import ENDED_SECONDS, SILENT_SECONDS, SilentSandboxes, silence_words
from gvtui.trace.connection import SECOND_NS, Connection
from gvtui.trace.connections import CLOSED_BY_SANDBOX, Connections

NOW = 1_000 * SECOND_NS
LATER = NOW + SILENT_SECONDS * SECOND_NS


def connection(conn: int = 1, **facts: object) -> Connection:
    made = Connection(conn, opened_ns=NOW)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def known(*facts: dict[str, object]) -> Connections:
    """Connections from number 1 on, each opened at `NOW` with the details of its peer."""
    connections = Connections()
    for row, details in enumerate(facts):
        one = connections.of(row + 1)
        assert one is not None
        connections.opens(one, row, NOW, details)
    return connections


def test_a_connection_without_a_message_is_told_once_after_a_while() -> None:
    silent = SilentSandboxes()
    assert silent.look(known({}), LATER - 1) == []
    (words,) = silent.look(known({}), LATER)
    assert words.startswith("connection 1 has connected, and has sent nothing for 20 seconds.")
    assert silent.look(known({}), LATER + 1) == []
    (other,) = silent.look(known({}, {}), LATER + 1)
    assert other.startswith("connection 2 ")


def test_one_that_has_sent_or_that_no_runsc_opened_is_not_silent() -> None:
    connections = known({}, {})
    connections.closes(connections[1], 2, NOW + 1, CLOSED_BY_SANDBOX)
    connections[2].messages = 1
    assert SilentSandboxes().look(connections, LATER) == []


def test_a_sandbox_that_goes_without_a_message_is_told_unless_it_was_killed() -> None:
    command = ["runsc", "--pod-init-config=/etc/p.json", "create", "c1"]
    made: list[dict[str, object]] = [
        {"command": command, "container_id": f"c{each}", "peer_pid": each} for each in (1, 2)
    ]
    connections, silent = known(*made), SilentSandboxes()
    for conn in (1, 2):
        connections.closes(connections[conn], 1 + conn, NOW + 1, CLOSED_BY_SANDBOX)
    after = NOW + 1 + ENDED_SECONDS * SECOND_NS
    assert silent.look(connections, after - 1) == []
    connections.lives.gone(2, 4, NOW + 2)
    (words,) = silent.look(connections, after)
    assert words.startswith("c1 has connected, and has gone without sending anything.")
    assert silent.look(connections, LATER) == []


def test_the_check_is_that_of_the_file_and_the_runsc_of_the_sandbox() -> None:
    command = ["/opt/runsc", "--pod-init-config=/etc/a b.json", "run", "c1"]
    words = silence_words(connection(command=command, container_id="c1"))
    assert words.startswith("c1 has connected")
    assert words.endswith(" gvtui session check '/etc/a b.json' --runsc /opt/runsc")
    command = ["runsc", "trace", "create", "--config", "/tmp/s.json", "c1"]
    assert silence_words(connection(command=command)).endswith(" gvtui session check /tmp/s.json")
    assert silence_words(connection()).endswith(" gvtui session check FILE")


def test_words_of_a_stranger_are_escaped() -> None:
    words = silence_words(connection(command=["/\x1b[2J", "run", "x"], container_id="\x1b]0;"))
    assert "\x1b" not in words
