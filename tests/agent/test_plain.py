from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.agent.plain import last_words, plain_sentence, unknown_key


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        ("loading sandbox: file does not exist", "runsc knows no sandbox c1 under the root /r"),
        ("loading container: file does not exist", "runsc knows no sandbox c1 under the root /r"),
        (
            'loading sandbox: ID {"pod" "c1"} doesn\'t belong to a sandbox',
            "c1 is a container inside a pod's sandbox; sessions belong to the sandbox, by its own ID",
        ),
        (
            "connecting to control server at PID 7: connection refused",
            "the sandbox c1 does not answer; it has probably ended",
        ),
        (
            'creating session: connect("/tmp/s"): no such file or directory',
            "nobody listens at /tmp/s: there is no such socket; start the monitor first",
        ),
        (
            'creating session: connect("/tmp/s"): connection refused',
            "nobody listens at /tmp/s: the socket is there, but its monitor has gone",
        ),
        (
            'creating session: creating trace session: configuring point "a/b": field "x" not found',
            "the runtime's point a/b has no field x",
        ),
        (
            'loading config file: invalid configuration file: json: unknown field "options"',
            "this runsc does not know the session's key options; it is too old for it",
        ),
        ("mkdir /run/runsc: permission denied", "no permission for the root /r; run gvtui as its owner, mostly root"),
        ("something new", "runsc says: something new"),
        ("", "runsc gave no reason"),
        ("I1124 00:40:44.091677   25467 main.go:216] Args: x\nW1124 00:40:44.1   25467 util.go:64] FATAL ERROR: it broke\n", "runsc says: it broke"),
        ("bad \x1b[31mthing\u202e", "runsc says: bad \\x1b[31mthing\\u202e"),
        ('connect("/tmp/{0}{x}\x07"): connection refused', "nobody listens at /tmp/{0}{x}\\x07: the socket is there, but its monitor has gone"),
    ],
)  # fmt: skip
def test_plain_sentences(stderr: str, sentence: str) -> None:
    assert plain_sentence(stderr, "c1", "/r") == sentence


def test_log_lines_alone_are_better_than_nothing() -> None:
    line = "I1124 00:40:44.091677   25467 main.go:216] starting"
    assert last_words(f"{line}\n\n") == line


def test_the_unknown_key_is_found() -> None:
    assert unknown_key('x: json: unknown field "options"') == "options"
    assert unknown_key("x: no") is None


@given(st.text(), st.text(), st.text())
def test_any_words_make_a_safe_sentence(stderr: str, container_id: str, root: str) -> None:
    sentence = plain_sentence(stderr, container_id, root)
    assert sentence
    assert sentence.isprintable()


@pytest.mark.parametrize("piece", ['connect("', 'connect("x"): ', "urpc method "])
def test_of_a_line_without_end_both_ends_are_looked_at(piece: str) -> None:
    stderr = "session " + piece * 100_000 + 'creating session: sink "x" not found'
    assert len(last_words(stderr)) <= 4097
    assert plain_sentence(stderr, "c1", "/r") == "the runtime has no sink x"
