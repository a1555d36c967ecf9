"""Folds sandboxes of one kind that were there for a short time, and have gone, into one entry.

A kind is what jobs, functions and CI steps of one sort have in common: who owns them, their image,
their name and their command, with `*` for what differs from one to the next.
"""

from __future__ import annotations

import os.path
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.endings import ending_words
from gvtui.trace.connection import NEVER_AGAIN, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.trace.connection import Sandbox
    from gvtui.trace.connections import Connections

SHORT_MINUTES = 5
"""A sandbox that was connected for less is short-lived."""

_SHORT_NS = SHORT_MINUTES * 60 * SECOND_NS
_LEAST = 2
"""How many sandboxes make a fold."""
_MAX_TEXT = 512
"""Characters of a command that tell its kind."""
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_WORD = re.compile(rf"{_UUID}|[0-9A-Za-z]+")
_RANDOM = re.compile(rf"{_UUID}|[0-9]+|(?=[a-f]*[0-9])[0-9a-f]{{5,}}|[0-9a-f]{{12,}}")
_POD_RANDOM = re.compile(r"[bcdfghjklmnpqrstvwxz2456789]{5}|[bcdfghjklmnpqrstvwxz2456789]{8,10}")
"""The ends of the names that Kubernetes makes: its alphabet for these has no vowels; see
k8s.io/apimachinery/pkg/util/rand."""
_NUMBERED = re.compile(r"([A-Za-z]+)[0-9]+")
_MADE_UP = re.compile(r"[a-z]+_[a-z]+[0-9]?")
"""Names as Docker and podman make them up: `brave_tesla`."""
_RUNS = re.compile(r"\*(?:[-_.:]\*)+")


class SandboxKind(NamedTuple):
    """What sandboxes of one sort have in common; texts are "" where they are not known."""

    owner: tuple[str, str, int | None]
    """The program that manages it, its Kubernetes namespace, and the user id of its runsc."""
    name: str
    """Its name, or its container ID if nobody has told a name, with `*` for what differs."""
    image: str
    command: str

    @property
    def is_named(self) -> bool:
        """Whether the name tells anything."""
        return self.name != "*"


@dataclass(frozen=True, slots=True)
class SandboxFold:
    """Sandboxes of one kind."""

    kind: SandboxKind
    sandboxes: tuple[Sandbox, ...]
    """In the order of the list; at least two."""

    @property
    def messages(self) -> int:
        """How many messages came from all of them."""
        return sum(sandbox.messages for sandbox in self.sandboxes)

    @property
    def dropped(self) -> int:
        """How many points all of them dropped."""
        return sum(sandbox.dropped for sandbox in self.sandboxes)

    @property
    def may_lack_drops(self) -> bool:
        """Whether `dropped` is only the least that they dropped; all of them have gone."""
        return any(sandbox.may_lack_drops(NEVER_AGAIN) for sandbox in self.sandboxes)

    def endings(self, connections: Connections) -> list[tuple[str, int]]:
        """How they ended, in words, and how many did so; the most frequent first."""
        lives = connections.lives
        return Counter(
            ending_words(lives.of(sandbox.latest.conn)) for sandbox in self.sandboxes
        ).most_common()


class ListEntry(NamedTuple):
    """An entry of the list: a sandbox, a fold, or a sandbox of an open fold."""

    sandbox: Sandbox | None
    fold: SandboxFold | None = None


class Folding:
    """Which sandboxes are folded."""

    def __init__(self) -> None:
        self.is_on = False
        self.version = 0
        """Grows with each change of what is folded and of what is open."""
        self._open: set[SandboxKind] = set()
        self._kinds: dict[int, SandboxKind] = {}
        """The kind of each short-lived sandbox, by its connection."""
        self._named = -1

    def toggle(self) -> None:
        """Fold, or show all sandboxes one by one."""
        self.is_on = not self.is_on
        self._open.clear()
        self.version += 1

    def is_open(self, kind: SandboxKind) -> bool:
        """Whether a fold shows its sandboxes."""
        return kind in self._open

    def open(self, kind: SandboxKind, *, wanted: bool) -> None:
        """Open a fold or close it."""
        if wanted is not self.is_open(kind):
            self._open ^= {kind}
            self.version += 1

    def folded(self, sandboxes: Iterable[Sandbox], connections: Connections) -> list[ListEntry]:
        """The sandboxes with closed folds, each in the place of its first sandbox."""
        if not self.is_on:
            return [ListEntry(sandbox) for sandbox in sandboxes]
        kinds = self._kinds_of(sandboxes, connections)
        members: dict[SandboxKind, list[Sandbox]] = {}
        for sandbox in sandboxes:
            kind = kinds.get(sandbox.latest.conn)
            if kind is not None:
                members.setdefault(kind, []).append(sandbox)
        entries = []
        for sandbox in sandboxes:
            kind = kinds.get(sandbox.latest.conn)
            alike = members[kind] if kind is not None else []
            if kind is None or len(alike) < _LEAST:
                entries.append(ListEntry(sandbox))
            elif alike[0] is sandbox:
                entries.append(ListEntry(None, SandboxFold(kind, tuple(alike))))
        return entries

    def opened(self, entries: Iterable[ListEntry]) -> list[ListEntry]:
        """The entries, with the sandboxes of open folds below these."""
        shown = []
        for entry in entries:
            shown.append(entry)
            if entry.fold is not None and entry.fold.kind in self._open:
                shown += [ListEntry(sandbox, entry.fold) for sandbox in entry.fold.sandboxes]
        return shown

    def _kinds_of(
        self, sandboxes: Iterable[Sandbox], connections: Connections
    ) -> dict[int, SandboxKind]:
        if self._named != connections.naming.version:
            self._named, self._kinds = connections.naming.version, {}
        known, self._kinds = self._kinds, {}
        for sandbox in sandboxes:
            if is_short_lived(sandbox, connections):
                conn = sandbox.latest.conn
                self._kinds[conn] = known.get(conn) or kind_of(sandbox, connections)
        return self._kinds


def is_short_lived(sandbox: Sandbox, connections: Connections) -> bool:
    """Whether a sandbox has gone, ran once, and was connected for less than `SHORT_MINUTES`.

    One that was started again under its ID stands for itself: it has ended more than once.
    """
    if sandbox.connected or sandbox.earlier.connections or not sandbox.container_id:
        return False
    opened = min(each.opened_ns for each in sandbox.connections)
    closed = max(each.closed_ns for each in sandbox.connections)
    lives = {id(connections.lives.of(each.conn)) for each in sandbox.connections}
    is_disputed = any(each.disputed for each in sandbox.connections)
    return 0 <= closed - opened < _SHORT_NS and len(lives) == 1 and not is_disputed


def kind_of(sandbox: Sandbox, connections: Connections) -> SandboxKind:
    """The kind of a sandbox, by all that is known of it."""
    names = connections.names(sandbox.latest.conn, sandbox.container_id)
    if names.pod:
        name = "/".join(filter(None, (pattern(names.pod, _POD_RANDOM), names.name)))
    elif names.image and _MADE_UP.fullmatch(names.name):
        name = "*"
    else:
        name = pattern(names.name or sandbox.container_id)
    uids = {each.peer_uid for each in sandbox.connections if each.peer_uid is not None}
    return SandboxKind(
        (names.manager, names.namespace, min(uids, default=None)),
        name,
        names.image,
        command_pattern(args_of(sandbox)),
    )


def pattern(name: str, also: re.Pattern[str] | None = None) -> str:
    """A name with `*` for its numbers and random parts: `job-17-4f5c0d` becomes `job-*`.

    Args:
        name: the name.
        also: what random parts may look like beside numbers and hex digits.
    """

    def part(found: re.Match[str]) -> str:
        if _RANDOM.fullmatch(found[0]) or (also is not None and also.fullmatch(found[0])):
            return "*"
        numbered = _NUMBERED.fullmatch(found[0])
        return f"{numbered[1]}*" if numbered else found[0]

    return _RUNS.sub("*", _WORD.sub(part, name))


def command_pattern(args: list[str]) -> str:
    """A command without its program's folder, with `*` for numbers and random parts."""
    if not args:
        return ""

    def part(found: re.Match[str]) -> str:
        return "*" if _RANDOM.fullmatch(found[0]) else found[0]

    rest = _RUNS.sub("*", _WORD.sub(part, " ".join(args[1:])[:_MAX_TEXT]))
    return " ".join(filter(None, (os.path.basename(args[0])[:_MAX_TEXT], rest)))


def args_of(sandbox: Sandbox) -> list[str]:
    """The arguments of a sandbox's command; none if it is not known."""
    # Of later sessions, none tells what the container runs: it has started before them.
    told = (each.args for each in reversed(sandbox.connections))
    return list(next(filter(None, told), []))
