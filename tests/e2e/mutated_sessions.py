"""Session files with something wrong, or odd, in them: the same ones each time."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 20260905
COUNT = 100

_SESSION: dict[str, Any] = {
    "name": "Default",
    "points": [
        {"name": "container/start"},
        {
            "name": "syscall/openat/enter",
            "optional_fields": ["fd_path"],
            "context_fields": ["time", "thread_id"],
        },
        {"name": "syscall/read/exit", "context_fields": ["time"]},
    ],
    "sinks": [{"name": "remote", "config": {"endpoint": "@socket@", "retries": 3}}],
}
_WRONG_VALUES: tuple[Any, ...] = (5, 1.5, "word", True, [], [1], {}, {"a": 1}, None)
_DEEP = re.compile(rb'"@deep(\d+)@"')

_Session = dict[str, Any]
_Change = Callable[[_Session, random.Random], str]
_Rewrite = Callable[[bytes, random.Random], tuple[bytes, str]]


@dataclass(frozen=True)
class MutatedFile:
    """A session file, and what is wrong with it in words."""

    words: str
    raw: bytes


def good_file(endpoint: Path) -> bytes:
    """The file before anything is changed, with the session under `trace_session`."""
    return _wrapped(_dumped(_SESSION, endpoint))


def mutated_files(endpoint: Path, count: int = COUNT, seed: int = SEED) -> Iterator[MutatedFile]:
    """Files with one change each, of every kind in turn; every third has one more."""
    pick = random.Random(seed)
    kinds = len(_CHANGES) + len(_REWRITES)
    for number in range(count):
        session = copy.deepcopy(_SESSION)
        words, rewrite = [], None
        kind = number % kinds
        if kind < len(_CHANGES):
            words.append(_CHANGES[kind](session, pick))
        else:
            rewrite = _REWRITES[kind - len(_CHANGES)]
        if number % 3 == 2:
            words.append(pick.choice(_CHANGES)(session, pick))
        raw = _dumped(session, endpoint)
        if pick.random() < 0.2:
            words.append("bare")
        else:
            raw = _wrapped(raw)
        if rewrite is not None:
            raw, said = rewrite(raw, pick)
            words.append(said)
        yield MutatedFile(f"{number}: {'; '.join(words)}", raw)


def _dumped(session: _Session, endpoint: Path) -> bytes:
    text = json.dumps(session).replace("@socket@", str(endpoint))
    return _DEEP.sub(lambda found: b"[" * int(found[1]) + b"]" * int(found[1]), text.encode())


def _wrapped(session: bytes) -> bytes:
    return b'{"trace_session": ' + session + b"}"


def _any_object(session: _Session, pick: random.Random) -> dict[str, Any]:
    lists = [each for each in session.values() if isinstance(each, list)]
    objects = [session, *(each for inner in lists for each in inner)]
    return pick.choice([each for each in objects if isinstance(each, dict) and each])


def _sink(session: _Session) -> dict[str, Any]:
    sinks = session.get("sinks")
    if not (isinstance(sinks, list) and sinks and isinstance(sinks[0], dict)):
        session["sinks"] = copy.deepcopy(_SESSION["sinks"])
    sink: dict[str, Any] = session["sinks"][0]
    return sink


def _config(session: _Session) -> dict[str, Any]:
    sink = _sink(session)
    if not isinstance(sink.get("config"), dict):
        sink["config"] = copy.deepcopy(_SESSION["sinks"][0]["config"])
    config: dict[str, Any] = sink["config"]
    return config


def _point(session: _Session) -> dict[str, Any]:
    points = session.get("points")
    if not (isinstance(points, list) and len(points) > 1 and isinstance(points[1], dict)):
        session["points"] = copy.deepcopy(_SESSION["points"])
    point: dict[str, Any] = session["points"][1]
    return point


def _unknown_key(session: _Session, pick: random.Random) -> str:
    _any_object(session, pick)["other"] = pick.choice(_WRONG_VALUES)
    return "an unknown key"


def _other_case(session: _Session, pick: random.Random) -> str:
    values = _any_object(session, pick)
    key = pick.choice(list(values))
    values[pick.choice((key.upper(), key.title(), key.replace("s", "\u017f")))] = values.pop(key)
    return f"the key {key} in other case"


def _wrong_type(session: _Session, pick: random.Random) -> str:
    values = _any_object(session, pick)
    key = pick.choice(list(values))
    values[key] = pick.choice(_WRONG_VALUES)
    return f"{key} is {values[key]!r}"


def _no_key(session: _Session, pick: random.Random) -> str:
    values = _any_object(session, pick)
    key = pick.choice(list(values))
    del values[key]
    return f"{key} is missing"


def _null(session: _Session, pick: random.Random) -> str:
    values = _any_object(session, pick)
    key = pick.choice(list(values))
    values[key] = None
    return f"{key} is null"


def _name(session: _Session, pick: random.Random) -> str:
    session["name"] = pick.choice(("default", "Mine", "", "Default "))
    return f"the session's name is {session['name']!r}"


def _unknown_point(session: _Session, pick: random.Random) -> str:
    _point(session)
    name = pick.choice(("no/such", "Syscall/openat/enter", "", "syscall/open*/enter"))
    session["points"].insert(pick.randrange(3), {"name": name})
    return f"the point {name!r}"


def _ignored_point(session: _Session, pick: random.Random) -> str:
    said = _unknown_point(session, pick)
    session["ignore_missing"] = True
    return f"{said}, ignore_missing"


def _only_ignored(session: _Session, _: random.Random) -> str:
    session["ignore_missing"] = True
    session["points"] = [{"name": "no/such"}, {"name": ""}]
    return "unknown points alone, ignore_missing"


def _unknown_field(session: _Session, pick: random.Random) -> str:
    key = pick.choice(("optional_fields", "context_fields"))
    name = pick.choice(("no_such", "Time", "", None))
    _point(session)[key] = ["time", name] if key == "context_fields" else [name]
    return f"{name!r} in {key}"


def _ignored_field(session: _Session, pick: random.Random) -> str:
    said = _unknown_field(session, pick)
    session["ignore_missing"] = True
    return f"{said}, ignore_missing"


def _field_twice(session: _Session, _: random.Random) -> str:
    _point(session)["context_fields"] = ["time", "time"]
    return "a field twice"


def _point_twice(session: _Session, _: random.Random) -> str:
    session["points"] = [copy.deepcopy(_point(session)), *session["points"]]
    return "a point twice"


def _no_points(session: _Session, _: random.Random) -> str:
    session["points"] = []
    return "no points"


def _no_sinks(session: _Session, _: random.Random) -> str:
    session["sinks"] = []
    return "no sinks"


def _other_sinks(session: _Session, pick: random.Random) -> str:
    remote = copy.deepcopy(_sink(session))
    null: dict[str, Any] = {"name": "null"}
    unknown: dict[str, Any] = {"name": "no"}
    forgiven = {"name": "no", "ignore_setup_error": True}
    retrying = {"name": "remote", "config": {"endpoint": "@socket@", "retries": "5"}}
    session["sinks"] = pick.choice(
        (
            [null],
            [null, null],
            [null, remote],
            [remote, null],
            [unknown],
            [remote, unknown],
            [forgiven],
            [remote, forgiven],
            [forgiven, remote],
            [remote, remote],
            [remote, retrying],
            [retrying, remote],
            [{}],
            [None],
        )
    )
    names = [each.get("name") if each else each for each in session["sinks"]]
    return f"the sinks {names}"


def _endpoint(session: _Session, pick: random.Random) -> str:
    config = _config(session)
    value = pick.choice((None, 5, "", "\0", "/" + "x" * 107, "@socket@\0and more", ["@socket@"]))
    config["endpoint"] = value
    if pick.random() < 0.5:
        _sink(session)["ignore_setup_error"] = True
    return f"the endpoint {value!r}, ignore_setup_error {_sink(session).get('ignore_setup_error')}"


def _no_endpoint(session: _Session, pick: random.Random) -> str:
    config = _config(session)
    config[pick.choice(("Endpoint", "end_point"))] = config.pop("endpoint", None)
    if pick.random() < 0.5:
        _sink(session)["ignore_setup_error"] = True
    return f"no endpoint, ignore_setup_error {_sink(session).get('ignore_setup_error')}"


def _retries(session: _Session, pick: random.Random) -> str:
    values: tuple[Any, ...] = (
        1.5,
        "5",
        True,
        None,
        [],
        -1,
        5.0,
        2**31,
        2**53 + 1,
        2**63,
        -(2**63),
        -(2**64),
        1e300,
    )
    _config(session)["retries"] = value = pick.choice(values)
    return f"retries {value!r}"


def _backoff(session: _Session, pick: random.Random) -> str:
    values = (
        "1ms", "10ms", "11ms", "1h", "", "5", 5, None, "0", "+1us", "-1us", "1.us", ".5us", ".us",
        "1us ", "1e3us", "1\u00b5s", "1\u03bcs", "1m1s1us", "0" * 200 + "1us", "1us1ms2ns",
        "00.00000000000000000000000000001s", "-9223372036854775808ns", "-9223372036854775809ns",
        "9223372036854775808ns", "99999999999999999999s", "1ms-1us",
    )  # fmt: skip
    _config(session)["backoff"] = value = pick.choice(values)
    return f"backoff {value!r}"


def _backoff_max(session: _Session, pick: random.Random) -> str:
    values = ("1us", "24.9us", "25us", "-1us", "0", "1h", "2540400h10m10s", "5124095h", None, "x")
    _config(session)["backoff_max"] = value = pick.choice(values)
    return f"backoff_max {value!r}"


def _other_setting(session: _Session, pick: random.Random) -> str:
    _config(session)["other"] = value = pick.choice(_WRONG_VALUES)
    return f"an unknown setting {value!r}"


def _deep(session: _Session, pick: random.Random) -> str:
    depth = pick.choice((500, 5000, 9994, 9995, 9996, 10_001))
    _config(session)["deep"] = f"@deep{depth}@"
    return f"a setting {depth} lists deep"


def _options(session: _Session, pick: random.Random) -> str:
    values: tuple[Any, ...] = (64, 0, -1, 2.5, -0.5, 1e300, "64", None, True, [64], {"a": 1})
    options: tuple[Any, ...] = (
        {},
        None,
        [],
        {"other": 1},
        *({"execve_hash_cache_capacity": v} for v in values),
    )
    session["options"] = value = pick.choice(options)
    return f"options {value!r}"


def _status(session: _Session, pick: random.Random) -> str:
    counts = (5, -5, 5.0, "5", None, 2**64 - 1, 2**64)
    statuses: tuple[Any, ...] = (
        None,
        [],
        {"dropped_count": 1},
        *({"DroppedCount": each} for each in counts),
    )
    _sink(session)["status"] = value = pick.choice(statuses)
    return f"a sink's status {value!r}"


def _flag(session: _Session, pick: random.Random) -> str:
    value = pick.choice((True, False, None, "true", 1))
    key = pick.choice(("ignore_missing", "ignore_setup_error"))
    (session if key == "ignore_missing" else _sink(session))[key] = value
    return f"{key} {value!r}"


def _beside(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    more = pick.choice((b'"other": 1', b'"name": "Default"', b'"points": []', b'"other": null'))
    return raw.rstrip()[:-1] + b", " + more + b"}", f"{more.decode()} beside"


def _wrapper(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    key = pick.choice((b"Trace_Session", b"TRACE_SESSION", b"trace-session", b"trace_session "))
    return raw.replace(b"trace_session", key), f"the key {key.decode()!r}"


def _wrapper_twice(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    more = pick.choice((b"{}", b"null", b'{"points": null}', b'{"name": "Mine"}', b"5"))
    return raw[:-1] + b', "trace_session": ' + more + b"}", f"trace_session again: {more.decode()}"


def _whole(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    values = (b"", b" \n", b"null", b"nullx", b"{}", b"[]", b"5", b'"a"', b"[" + raw + b"]")
    whole = pick.choice((*values, b'{"trace_session": null}', b'{"trace_session": []}'))
    return whole, f"the whole file is {whole[:30]!r}"


def _after(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    values = (b" x", b"\0", b" {}", b"\n\n", b" " * 5000 + b"x", b" null", raw, b" " + raw, b"}")
    after = pick.choice(values)
    return raw + after, f"{after[:20]!r} after the end"


def _before(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    before = pick.choice((b"\xef\xbb\xbf", b"// a note\n", b"\n \t", b"\x0b", b"{} ", b"null "))
    return before + raw, f"{before!r} before the file"


def _cut(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    place = pick.randrange(len(raw))
    return raw[:place], f"cut after {place} bytes"


def _wrong_byte(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    place = pick.randrange(len(raw))
    byte = pick.choice((b"\xff", b"\xa0", b"\t", b"\0", b"\\", b",", b"0", b"\xc3"))
    return raw[:place] + byte + raw[place:], f"{byte!r} put in at byte {place}"


def _in_string(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    inside = pick.choice(
        (b"\\ud800", b"\xff\xfe", b"\\u0000", b"\t", b"\\x41", b"\\/", b"\xed\xa0\x80")
    )
    changed = raw.replace(b'"retries"', b'"re' + inside + b'tries"', 1)
    return changed, f"{inside!r} within a string"


def _number(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    number = pick.choice((b"1e400", b"NaN", b"03", b"3.", b"+3", b"-0", b"3e0", b"0x3", b"9" * 400))
    return raw.replace(b'"retries": 3', b'"retries": ' + number, 1), f"the number {number[:9]!r}"


def _key_twice(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    key, value = pick.choice(
        (
            (b'"points"', b'[{"name": "sentry/clone", "context_fields": ["time"]}]'),
            (b'"points"', b'[{"context_fields": ["no_such"]}]'),
            (b'"points"', b'[{"optional_fields": ["no_such"]}, {"name": "no/such"}]'),
            (b'"points"', b"null"),
            (b'"name"', b"null"),
            (b'"name"', b"5"),
            (b'"sinks"', b'[{"ignore_setup_error": true}]'),
            (b'"sinks"', b"[]"),
            (b'"config"', b'{"backoff": "1h"}'),
            (b'"retries"', b'"word"'),
        )
    )
    return raw.replace(key, key + b": " + value + b", " + key, 1), f"{key.decode()} twice"


def _key_again(raw: bytes, pick: random.Random) -> tuple[bytes, str]:
    more = pick.choice(
        (
            b'"points": null',
            b'"points": [{}, {}]',
            b'"points": [{"name": "syscall/openat/enter"}]',
            b'"points": [null, {"optional_fields": ["no_such"]}]',
            b'"NAME": null',
            b'"name": "Mine"',
            b'"sinks": [{"config": {"retries": "5"}}]',
            b'"sinks": [{"config": null}]',
            b'"sinks": [{}, {}]',
            b'"ignore_missing": true, "Ignore_Missing": null',
        )
    )
    end = raw.rfind(b"]") + 1
    return raw[:end] + b", " + more + raw[end:], f"at the end again {more.decode()}"


_CHANGES: tuple[_Change, ...] = (
    _unknown_key, _other_case, _wrong_type, _no_key, _null, _name, _unknown_point, _ignored_point,
    _only_ignored, _unknown_field, _ignored_field, _field_twice, _point_twice, _no_points,
    _no_sinks, _other_sinks, _endpoint, _no_endpoint, _retries, _backoff, _backoff_max,
    _other_setting, _deep, _options, _status, _flag,
)  # fmt: skip
_REWRITES: tuple[_Rewrite, ...] = (
    _beside, _wrapper, _wrapper_twice, _whole, _after, _before, _cut, _wrong_byte, _in_string,
    _number, _key_twice, _key_again,
)  # fmt: skip
