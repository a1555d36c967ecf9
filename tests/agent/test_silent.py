from __future__ import annotations

from gvtui.agent.silent import SILENT_SECONDS, SilentSandboxes, silence_words
from gvtui.trace.connection import SECOND_NS, Connection

NOW = 1_000 * SECOND_NS
LATER = NOW + SILENT_SECONDS * SECOND_NS


def connection(conn: int = 1, **facts: object) -> Connection:
    made = Connection(conn, opened_ns=NOW)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def test_a_connection_without_a_message_is_told_once_after_a_while() -> None:
    silent = SilentSandboxes()
    assert silent.look([connection()], LATER - 1) == []
    (words,) = silent.look([connection()], LATER)
    assert words.startswith("connection 1 has connected, and has sent nothing for 20 seconds.")
    assert silent.look([connection()], LATER + 1) == []
    (other,) = silent.look([connection(), connection(2)], LATER + 1)
    assert other.startswith("connection 2 ")


def test_one_that_has_sent_or_that_no_runsc_opened_is_not_silent() -> None:
    gone, sending = connection(1, closed_ns=NOW + 1), connection(2, messages=1)
    assert SilentSandboxes().look([gone, sending], LATER) == []


def test_a_sandbox_that_goes_without_a_message_is_told() -> None:
    command = ["runsc", "--pod-init-config=/etc/p.json", "create", "c1"]
    gone = connection(1, closed_ns=NOW + 1, command=command, container_id="c1")
    silent = SilentSandboxes()
    (words,) = silent.look([gone], NOW + 1)
    assert words.startswith("c1 has connected, and has gone without sending anything.")
    assert silent.look([gone], LATER) == []


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
