"""Folds away what differs from run to run: process ids, temporary names, ports, times in names.

Each rule says what it folds, and the output lists the rules that were used. What a rule puts in
place of a name stands for all such names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

_MAX = 4096
"""How many characters of a text are looked at; the rest stays as it is."""
_TEMPORARY = re.compile(
    r"(?P<folder>(?<![\w/.-])(?:/var)?/(?:tmp|run)/|/dev/shm/)(?P<rest>[^\s'\"]+)", re.ASCII
)
_MKTEMP = re.compile(r"(?<![^/@])tmp\.[A-Za-z0-9]{6,}(?![\w-])", re.ASCII)
_TEMPFILE = re.compile(r"(?<![^/])tmp[A-Za-z0-9_]{6,}(?![\w-])", re.ASCII)
_COMPILER = re.compile(r"(?<![^/])cc[A-Za-z0-9]{6}(?=\.|$)", re.ASCII)
_RANDOM_END = re.compile(r"(?<=[._-])[A-Za-z0-9]{6,}(?![\w-])", re.ASCII)
_NUMBER = re.compile(r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])", re.ASCII)
_UUID = re.compile(
    r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
_HEXADECIMAL = re.compile(
    r"(?<![0-9A-Za-z])(?<!, sha256 )(?=[a-fA-F]*\d)(?=\d*[a-fA-F])(?:[0-9a-f]{8,}|[0-9A-F]{8,})(?![0-9A-Za-z])",
    re.ASCII,
)
_TIME = re.compile(
    r"(?<![0-9A-Za-z])(?:20\d\d-?[01]\d-?[0-3]\d(?:[T_-]?[0-2]\d[:-]?[0-5]\d(?:[:-]?[0-5]\d)?Z?)?"
    r"|1[5-9]\d{8}(?:\.\d+|\d{3}|\d{6}|\d{9})?)(?![0-9A-Za-z])",
    re.ASCII,
)
_LOOPBACK = re.compile(r"(?<![\w.])(127\.\d+\.\d+\.\d+|\[::1\]):(\d+)(?![\d.])", re.ASCII)
_FIRST_PORT = 16_000
"""The lowest port that gVisor gives a socket of its own accord: `FirstEphemeral` in
`pkg/tcpip/ports/ports.go`."""
_CLIENT = re.compile(r"(?P<host>[^\s:]*(?:\[[^\]]*\])?):\d+(?=->)", re.ASCII)
_BOTH_ENDS = re.compile(r"(?<= on a socket )(\S+):(\d+) ⇄ (\S+):(\d+)(?=,|$)", re.ASCII)
"""How the socket is told that a shell's standard input and output are."""
_NO_PORT = ("", "0")


@dataclass(frozen=True, slots=True)
class FoldingRule:
    """One kind of thing that is folded away."""

    words: str
    """What it folds, and into what."""
    fold: Callable[[str, RunNames], str]
    """Gives a text with such things folded."""


@dataclass(frozen=True, slots=True)
class RunNames:
    """What one side has of its own in each run, as its messages tell."""

    pids: frozenset[int] = frozenset()
    """The thread group ids that its processes had."""
    has_any_port: bool = False
    """Whether a socket listened on a port that the sandbox chose."""
    random_ends: frozenset[tuple[str, int]] = frozenset()
    """Beginnings of temporary names that random ends of this length follow, on any side."""


def has_any_port(addresses: Collection[str]) -> bool:
    """Whether one of these addresses that were listened on is without a port of its own."""
    return any(
        address.rpartition(":")[2] in _NO_PORT
        for address in addresses
        if ":" in address and not address.startswith(("/", "@"))
    )


def _told_ids(text: str, _: RunNames) -> str:
    return re.sub(r" ?\(?\bpid \d+\)?", "", text)


def _proc(text: str, _: RunNames) -> str:
    text = re.sub(r"/proc/\d+(?![\w.])", "/proc/PID", text)
    return re.sub(r"(/proc/(?:PID|self|thread-self))/task/\d+", r"\1/task/TID", text)


def _given_ids(text: str, _: RunNames) -> str:
    text = re.sub(r"(ptrace\([A-Z_0-9]+, )\d+", r"\1PID", text)
    name, *words = text.split(" ")
    if name.rpartition("/")[2] == "kill":
        text = " ".join([name, *("PID" if word.isdecimal() else word for word in words)])
    return text


def _temporary(text: str, run: RunNames) -> str:
    text = _MKTEMP.sub("tmp.??????????", text)
    return _TEMPORARY.sub(lambda found: found["folder"] + _in_temporary(found["rest"], run), text)


def _in_temporary(text: str, run: RunNames) -> str:
    text = _TEMPFILE.sub("tmp????????", text)
    text = _COMPILER.sub("cc??????", text)
    for found in reversed(list(_RANDOM_END.finditer(text))):
        if _is_random(found[0]) or _beginning(found) in run.random_ends:
            text = f"{text[: found.start()]}??????{text[found.end() :]}"
    return _NUMBER.sub(lambda found: "PID" if int(found[0]) in run.pids else found[0], text)


def _beginning(found: re.Match[str]) -> tuple[str, int]:
    """What stands in front of an end in its name, and how long the end is."""
    return found.string[: found.start()].rpartition("/")[2], len(found[0])


def random_ends(texts: Iterable[str]) -> frozenset[tuple[str, int]]:
    """The `RunNames.random_ends` that texts of either side tell.

    One name of a hundred that mktemp makes has small letters alone and looks like a word: the
    names that others of its kind have tell what it is.
    """
    return frozenset(
        _beginning(end)
        for text in texts
        for found in _TEMPORARY.finditer(text[:_MAX])
        for end in _RANDOM_END.finditer(found["rest"])
        if _is_random(end[0])
    )


def _is_random(text: str) -> bool:
    """Whether a name has letters of both cases, or letters and digits."""
    kinds = (str.islower, str.isupper, str.isdigit)
    return sum(any(map(kind, text)) for kind in kinds) > 1


def _hexadecimal(text: str, _: RunNames) -> str:
    return _HEXADECIMAL.sub("HEX", _UUID.sub("HEX", text))


def _times(text: str, _: RunNames) -> str:
    return _TIME.sub("TIME", text)


def _ports(text: str, run: RunNames) -> str:
    text = _CLIENT.sub(r"\g<host>:PORT", text)
    text = _BOTH_ENDS.sub(_client_end, text)
    if run.has_any_port:
        text = _LOOPBACK.sub(_any_port, text)
    return text


def _any_port(found: re.Match[str]) -> str:
    return f"{found[1]}:PORT" if int(found[2]) >= _FIRST_PORT else found[0]


def _client_end(found: re.Match[str]) -> str:
    """Both ends of a socket without the port that the sandbox or its peer chose: the higher one."""
    local, local_port, remote, remote_port = found.groups()
    own, other = int(local_port), int(remote_port)
    if max(own, other) < _FIRST_PORT:
        return found[0]
    ends = (f"{local}:PORT", f"{remote}:{other}")
    return " ⇄ ".join(ends if own > other else (f"{local}:{own}", f"{remote}:PORT"))


def _numbered(text: str, _: RunNames) -> str:
    text = re.sub(r"\b(socket|pipe|anon_inode):\[\d+\]", r"\1:[N]", text)
    return re.sub(r"/dev/pts/\d+", "/dev/pts/N", text)


RULES = (
    FoldingRule("process ids beside programs' names: (pid 12)", _told_ids),
    FoldingRule("/proc/12 is /proc/PID, /proc/self/task/12 is /proc/self/task/TID", _proc),
    FoldingRule("process ids as arguments of ptrace and kill are PID", _given_ids),
    FoldingRule(
        "names of mktemp, tempfile and compilers are tmp.??????????, tmp???????? and cc??????; below "
        "/tmp, /var/tmp, /run and /dev/shm random ends such as .aB3dE6, and ends of the same length after the same name, are ??????, and process ids of "
        "that side are PID",
        _temporary,
    ),
    FoldingRule(
        "8 or more hexadecimal digits that stand alone, and UUIDs, are HEX; digests of programs are not folded",
        _hexadecimal,
    ),
    FoldingRule(
        "dates and times of day in names and arguments, also as seconds since 1970, are TIME",
        _times,
    ),
    FoldingRule(
        "a client's port is PORT; so are loopback ports from 16000 on where a socket listened on "
        "any port",
        _ports,
    ),
    FoldingRule("numbers of sockets, pipes and terminals are N", _numbered),
)
"""The rules, in the order in which they are applied."""

ALWAYS = (
    "times, durations of waiting and which process it was tell no difference",
    "EAGAIN and EINTR, and ETIMEDOUT of calls that wait: they tell that a call had to wait",
)
"""What is left out of the comparison in any case."""


class ThingFolding:
    """Folds the texts of one side, and knows which rules have changed any."""

    def __init__(self, run: RunNames) -> None:
        self._run = run
        self._known: dict[str, str] = {}
        self.used: set[int] = set()
        """The places in `RULES` of those that have folded something."""

    def fold(self, text: str) -> str:
        """A text with everything folded that the rules name."""
        known = self._known.get(text)
        if known is not None:
            return known
        folded, rest = text[:_MAX], text[_MAX:]
        for place, rule in enumerate(RULES):
            before, folded = folded, rule.fold(folded, self._run)
            if folded != before:
                self.used.add(place)
        self._known[text] = folded + rest
        return folded + rest
