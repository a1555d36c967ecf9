from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.redact.patterns import RULES
from gvtui.redact.redactor import REDACTED, Redactor, rules_in
from gvtui.wire.header import build_message
from gvtui.wire.messages import decode
from gvtui.wire.pb import sentry_pb2
from tests.trace.factory import context, read_message

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DB_PASSWORD=hunter22 run", "hunter22"),
        ('{"api_key": "zzz-yyy"}', "zzz-yyy"),
        ("GET /x?access_token=qwertz&a=1", "qwertz"),
        ("postgres://joe:swordfish@db/x", "swordfish"),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("key AKIAIOSFODNN7EXAMPLE here", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
        ("t eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl t", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"),
        (PEM, "MIIEow"),
        ('{"password": "two, words; & more"}', "more"),
        (r'{"password": "a\"quote"}', "quote"),
        (r'"{\"password\": \"within\", \"a\": 1}"', "within"),
        ("password: 'two words'", "words"),
        ('"tokens": ["first1", "second2"]', "second2"),
        ("Authorization: token abcdef123456", "abcdef123456"),
        ('"Authorization": "abcdef123456"', "abcdef123456"),
        ("MYSQL_PWD=hunter22", "hunter22"),
        ('auth: {"user": "joe", "pass": "hunter22"}', "hunter22"),
        ("secret='cut off he", "off he"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, secret: str) -> None:
    shown = Redactor().text(text)
    assert secret not in shown
    assert REDACTED in shown
    assert Redactor([]).text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "/var/run/secrets/kubernetes.io/token",
        "author=joe",
        "https://host:8080/x",
        "",
        "a bearer",
        "PWD=/root",
        "OLDPWD=/root compass=n bypass: y",
        f"password={REDACTED} x",
        f'"password": "{REDACTED}"',
    ],
)
def test_other_text_stays(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["x", "--password", "hunter22"], ["x", "--password", REDACTED]),
        (["x", "--password", "--verbose"], ["x", "--password", "--verbose"]),
        (
            ["/usr/bin/mysql", "-phunter22", "-u", "joe"],
            ["/usr/bin/mysql", f"-p{REDACTED}", "-u", "joe"],
        ),
        (["curl", "-u", "joe:pass1", "x"], ["curl", "-u", f"joe:{REDACTED}", "x"]),
        (["ssh", "-p", "22"], ["ssh", "-p", "22"]),
        (["curl", "-ujoe:pass1"], ["curl", f"-ujoe:{REDACTED}"]),
        (["curl", "--user=joe:pass1"], ["curl", f"--user=joe:{REDACTED}"]),
        (["curl", "--url", "x"], ["curl", "--url", "x"]),
        (["sudo", "mysql", "-phunter22"], ["sudo", "mysql", f"-p{REDACTED}"]),
        (["redis-cli", "-a", "hunter22"], ["redis-cli", "-a", REDACTED]),
        (["x", "--pass", "hunter22"], ["x", "--pass", REDACTED]),
        (["x", "--bypass", "hunter22"], ["x", "--bypass", "hunter22"]),
        (["sh", "-c", "mysql -u joe -phunter22 db"], ["sh", "-c", f"mysql -u joe -p{REDACTED} db"]),
        (["sh", "-c", "curl -u joe:pass1 x"], ["sh", "-c", f"curl -u joe:{REDACTED} x"]),
        (["sh", "-c", "x --db-password 'a b' y"], ["sh", "-c", f"x --db-password '{REDACTED}' y"]),
        (["sh", "-c", "cp -p a b; ssh -p 22"], ["sh", "-c", "cp -p a b; ssh -p 22"]),
    ],
)
def test_command_lines(words: list[str], shown: list[str]) -> None:
    assert Redactor().words(words) == shown
    assert Redactor(["jwt"]).words(words) == words


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["x", "--password=a,b;c&d e"], ["x", f"--password={REDACTED}"]),
        (["env", "API_TOKEN=a b", "x"], ["env", f"API_TOKEN={REDACTED}", "x"]),
        (["sh", "-c", "TOKEN=hunter22 run all"], ["sh", "-c", f"TOKEN={REDACTED} run all"]),
        (["x", "PWD=/a b"], ["x", "PWD=/a b"]),
    ],
)
def test_what_a_word_assigns_goes_to_its_end(words: list[str], shown: list[str]) -> None:
    assert Redactor().words(words) == shown
    assert Redactor(["assignment"]).words(words) == shown
    assert Redactor(["jwt"]).words(words) == words


@pytest.mark.parametrize(
    "words",
    [
        ["x", "--password='hunter,22'"],
        ["sh", "-c", "mysql -p'hunter,22'"],
        ["sh", "-c", "curl -u 'joe:hunter,22' x"],
        ["sh", "-c", 'PASSWORD="hunter,22" run'],
        ["curl", "-ujoe:hunter,22"],
    ],
)
def test_what_a_command_line_shows_is_learned(words: list[str]) -> None:
    redactor = Redactor()
    redactor.learn(begins=True)
    redactor.words(words)
    redactor.learn(begins=False)
    assert redactor.text("/tmp/hunter,22/x") == f"/tmp/{REDACTED}/x"


@pytest.mark.parametrize("end", ["\n", r"\n"])
def test_each_line_of_a_key_is_learned(end: str) -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", "MIIEowIBAAKCAQEA", "zz9+/AbCdEfGhIjK", "-----END"]
    redactor = Redactor()
    redactor.learn(begins=True)
    redactor.words(["x", end.join(lines)])
    redactor.learn(begins=False)
    for line in lines[1:3]:
        assert redactor.text(f"echo {line}") == f"echo {REDACTED}"


def test_a_secret_that_was_learned_is_taken_out_everywhere() -> None:
    redactor = Redactor()
    redactor.learn(begins=True)
    redactor.environment(["DB_PASSWORD=hunter22", "PATH=/usr/bin", "TOKEN=none"])
    redactor.learn(begins=False)
    assert redactor.text("/tmp/hunter22/none /usr/bin") == f"/tmp/{REDACTED}/none /usr/bin"
    assert redactor.data(b"\xff hunter22 \x00") == b"\xff [redacted] \x00"
    assert redactor.details({"a": [{"b": "hunter22"}], "c": 3}) == {"a": [{"b": REDACTED}], "c": 3}


def exec_message(**fields: object) -> bytes:
    message = sentry_pb2.ExecveInfo(context_data=context(), **fields)  # type: ignore[arg-type]
    return build_message(3, message.SerializeToString(), 7)


def test_a_message_keeps_all_but_its_secrets() -> None:
    datagram = exec_message(binary_path="/bin/sh", argv=["sh"], env=["A=1", "odd"])
    for redactor in (Redactor(), Redactor(["environment"])):
        decoded = decode(redactor.message(datagram))
        assert decoded.header == decode(datagram).header
        assert list(decoded.message.env) == [f"A={REDACTED}", REDACTED]  # type: ignore[union-attr]
        assert decoded.message.binary_path == "/bin/sh"  # type: ignore[union-attr]
    plain = read_message()
    assert Redactor().message(plain) == plain
    assert Redactor(["jwt"]).message(datagram) == datagram


def test_what_cannot_be_read_is_cut_to_its_header() -> None:
    redactor = Redactor()
    unknown = build_message(999, b"hunter22", 3, 12)
    assert redactor.message(unknown) == build_message(999, b"", 3, 12)
    assert redactor.message(build_message(9, b"\xff\xff\xff")) == build_message(9, b"")
    assert redactor.message(b"\x01\x02") == b"\x01\x02"
    hidden = read_message() + b"\xfa\x3f\x08hunter22"
    assert redactor.message(hidden) == read_message()


@given(st.binary(max_size=60), st.text(max_size=60))
def test_no_bytes_are_a_fault(data: bytes, text: str) -> None:
    redactor = Redactor()
    redactor.message(data)
    redactor.data(data)
    assert redactor.text(redactor.text(text)) == redactor.text(text)
    redactor.details({text: [text, data, {text: text}]})


def test_rules_are_named() -> None:
    assert rules_in("all") == list(RULES)
    assert rules_in("none") == rules_in("") == []
    assert rules_in("jwt, token") == ["jwt", "token"]
    with pytest.raises(ValueError, match="no rule"):
        rules_in("jwt,salt")
