"""Puts runsc's error output into one plain sentence.

The patterns are the wordings of releases 0.0~20221219 and 0.0~20240729. Error texts can come from
inside a sandbox, so all of them are escaped.
"""

from __future__ import annotations

import re

from gvtui.decode.escape import escape

_MAX_SENTENCE = 300
_MAX_LINE = 4096
"""How many characters of a line are searched; some patterns take long for long lines."""
_LOG_LINE = re.compile(r"[IWEFD]\d{4} \S+ +\d+ [\w.]+:\d+\] (?P<text>.*)")
_FATAL = re.compile(r"^(?:FATAL ERROR|error): ", re.IGNORECASE)

_KNOWN: tuple[tuple[str, str], ...] = (
    (
        r"doesn't belong to a sandbox",
        "{id} is a container inside a pod's sandbox; sessions belong to the sandbox, by its own ID",
    ),
    (
        r"loading (?:sandbox|container): (?:file does not exist|container does not exist)",
        "runsc knows no sandbox {id} under the root {root}",
    ),
    (
        r"connecting to control server.*|urpc method .* failed: EOF",
        "the sandbox {id} does not answer; it has probably ended",
    ),
    (
        r'connect\("(?P<path>.*)"\): no such file or directory',
        "nobody listens at {path}: there is no such socket; start the monitor first",
    ),
    (
        r'connect\("(?P<path>.*)"\): connection refused',
        "nobody listens at {path}: the socket is there, but its monitor has gone",
    ),
    (
        r'connect\("(?P<path>.*)"\): protocol wrong type for socket',
        "{path} is a socket of another kind: no trace monitor listens there",
    ),
    (
        r'connect\("(?P<path>.*)"\): (?:permission denied|operation not permitted)',
        "runsc may not connect to {path}; let the monitor's socket be open to its user",
    ),
    (
        r'configuring point "(?P<point>[^"]*)": field "(?P<field>[^"]*)" not found',
        "the runtime's point {point} has no field {field}",
    ),
    (r'point "(?P<point>[^"]*)" not found', "the runtime has no point {point}"),
    (r'sink "(?P<sink>[^"]*)" not found', "the runtime has no sink {sink}"),
    (
        r'json: unknown field "(?P<key>[^"]*)"',
        "this runsc does not know the session's key {key}; it is too old for it",
    ),
    (r'session "[^"]*" already exists', "the sandbox is traced by a session already"),
    (r'session "[^"]*" not found', "the sandbox has no session to delete"),
    (
        r"creating trace session: bad file descriptor",
        "a sink of the session has no connection to give to the sandbox (a null sink, or a remote "
        "one that could not be set up)",
    ),
    (
        r"permission denied|operation not permitted",
        "no permission for the root {root}; run gvtui as its owner, mostly root",
    ),
)


def last_words(stderr: str) -> str:
    """The line of runsc's stderr with the error, without its log prefix; not escaped."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    for line in reversed(lines):
        logged = _LOG_LINE.fullmatch(line)
        if logged is None or _FATAL.match(logged["text"]):
            return _cut(_FATAL.sub("", logged["text"] if logged else line))
    return _cut(lines[-1]) if lines else ""


def _cut(line: str) -> str:
    """A long line shortened in its middle: the end often has the reason."""
    if len(line) <= _MAX_LINE:
        return line
    return f"{line[: _MAX_LINE // 2]}…{line[-_MAX_LINE // 2 :]}"


def plain_sentence(stderr: str, container_id: str, root: str) -> str:
    """The error in one sentence without its full stop, safe for a terminal."""
    words = last_words(stderr)
    for pattern, sentence in _KNOWN:
        found = re.search(pattern, words)
        if found:
            said = {"id": container_id, "root": root, **found.groupdict()}
            return escape(sentence.format_map(said), _MAX_SENTENCE)
    return escape(f"runsc says: {words}", _MAX_SENTENCE) if words else "runsc gave no reason"


def unknown_key(stderr: str) -> str | None:
    """The session key that this runsc refused because it is too old to know it; else None."""
    found = re.search(r'json: unknown field "([^"]*)"', last_words(stderr))
    return found[1] if found else None
