"""Takes secrets out of messages, details and texts, and remembers what they were."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

from gvtui.redact.patterns import (
    ASSIGNMENT_NAME,
    ENVIRONMENT,
    GLUED,
    OPTION,
    OPTION_NAME,
    PATTERNS,
    RULES,
    SCRIPT_OPTION,
    SCRIPTS,
    SECRET_NAME,
    USER_OPTIONS,
    WHOLE,
)
from gvtui.wire.header import MIN_HEADER_SIZE, WireError, build_message, parse_header
from gvtui.wire.messages import KINDS, Unknown, decode
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.message import Message

REDACTED = "[redacted]"
"""What stands where a secret stood."""

_SHORTEST = 5
"""Characters of the shortest secret that is looked for elsewhere too."""
_SHORTEST_PART = 16
"""Characters of the shortest part of a secret with spaces or lines that is looked for too."""
_NO_SECRETS = frozenset({"false", "none", "null", "true", "undefined", REDACTED})
MAX_SECRETS = 20_000
"""How many secrets are remembered."""
_MAX_KEPT, _LONGEST_KEPT = 1 << 15, 512
"""Texts that are known with what is shown of them, and characters of the longest."""
_AT_ONCE = 500
"""How many are looked for with one expression."""

_ENVIRONMENTS = frozenset({"env", "envv"})
"""The fields with an environment."""
WITH_ENVIRONMENT = frozenset(
    {MessageType.CONTAINER_START, MessageType.SENTRY_EXEC, MessageType.SYSCALL_EXECVE}
)
"""The types of messages that can have one."""
_IDS = frozenset({"container_id"})
"""Fields and details that tell who somebody is: other rows are found by them."""


class Redactor:
    """Takes out what some rules find."""

    def __init__(self, rules: Iterable[str] = tuple(RULES)) -> None:
        """Choose rules.

        Args:
            rules: names from `RULES`.
        """
        chosen = frozenset(rules)
        self._with_environment = ENVIRONMENT in chosen
        self._with_options = OPTION_NAME in chosen
        self._patterns = [re2.compile(each.pattern) for each in PATTERNS if each.name in chosen]
        self._is_secret_name = re2.compile(SECRET_NAME)
        self._is_option = re2.compile(OPTION)
        self._with_assignments = ASSIGNMENT_NAME in chosen
        self._assigns = re2.compile(WHOLE)
        self._is_script_option = re2.compile(SCRIPT_OPTION)
        self._scripts = [re2.compile(each) for each in SCRIPTS] if self._with_options else []
        self._secrets: set[str] = set()
        self._known: list[Any] = []
        self._shown: dict[str, str] = {}
        """Texts and what is shown of them: names and paths come again and again."""
        self._is_learning = False
        self.is_full = False
        """Whether there were more secrets than are remembered."""

    @property
    def only_environment(self) -> bool:
        """Whether nothing but environments is redacted."""
        return self._with_environment and not (self._with_options or self._patterns)

    def learn(self, *, begins: bool) -> None:
        """Begin or end to remember each secret that is found; it is then taken out wherever it is."""
        self._is_learning = begins
        self._shown.clear()
        if not begins:
            # The longest first: one may be a part of another.
            words = sorted(self._secrets, key=len, reverse=True)
            parts = (words[start : start + _AT_ONCE] for start in range(0, len(words), _AT_ONCE))
            self._known = [re2.compile("|".join(map(re2.escape, part))) for part in parts]

    def text(self, text: str) -> str:
        """A text without what looks like a secret."""
        shown = self._shown.get(text)
        if shown is not None:
            return shown
        shown = text
        for pattern in self._patterns:
            shown = pattern.sub(self._in_match, shown)
        for known in self._known:
            shown = known.sub(REDACTED, shown)
        if len(text) <= _LONGEST_KEPT:
            if len(self._shown) >= _MAX_KEPT:
                self._shown.clear()
            self._shown[text] = shown
        return shown

    def _in_match(self, match: Any) -> str:  # noqa: ANN401
        whole: str = match.group(0)
        start, end = (place - match.start(0) for place in match.span(match.lastindex))
        if whole[start - 1 : end + 1] == REDACTED:
            return whole
        self._found(whole[start:end])
        return whole[:start] + REDACTED + whole[end:]

    def _found(self, secret: str) -> None:
        self._remember(secret)
        # A key has lines, each of which is as secret where it stands alone.
        parts = re.split(r"\s+|\\n", secret) if self._is_learning else []
        for part in parts if len(parts) > 1 else ():
            if len(part) >= _SHORTEST_PART:
                self._remember(part)

    def _remember(self, secret: str) -> None:
        if not self._is_learning or len(secret) < _SHORTEST or secret.lower() in _NO_SECRETS:
            return
        if len(self._secrets) >= MAX_SECRETS:
            self.is_full = True
            return
        self._secrets.add(secret)

    def words(self, words: Sequence[str]) -> list[str]:
        """A command line without passwords."""
        shown = []
        # The program may be another's argument, as sudo's.
        glued, before = "", ""
        users: Sequence[str] = ()
        for number, word in enumerate(words):
            program = word.rpartition("/")[2]
            glued, users = GLUED.get(program, glued), USER_OPTIONS.get(program, users)
            kept = None
            if self._with_options and number:
                kept = self._password(word, before, glued, users)
            if kept is None and self._with_assignments:
                kept = self._assigned(word, before)
            before = word
            shown.append(self.text(self._script(word) if kept is None else kept))
        return shown

    def _password(self, word: str, before: str, glued: str, users: Sequence[str]) -> str | None:
        """The word, with a mark in place of its password; None if it has none.

        Args:
            word: a word of a command line.
            before: the word before it.
            glued: the option that a password follows; "" for none.
            users: options whose value may be `name:password`.
        """
        is_value = not word.startswith("-")
        if is_value and (self._is_option.match(before) or (glued and before == glued)):
            self._found(word)
            return REDACTED
        if glued and word.startswith(glued) and word != glued:
            self._found(word[len(glued) :])
            return glued + REDACTED
        if is_value and before in users:
            return self._of_user(word)
        for each in users:
            if (
                word.startswith(each)
                and word != each
                and (len(each) == 2 or word[len(each)] == "=")
            ):
                return each + self._of_user(word[len(each) :])
        return None

    def _of_user(self, word: str) -> str:
        """`name:password` without the password."""
        name, sign, password = word.partition(":")
        self._found(password)
        return f"{name}{sign}{REDACTED * bool(password)}"

    def _assigned(self, word: str, before: str) -> str | None:
        """A word that assigns a secret, up to its end; None if it assigns none, or is a script."""
        match = self._assigns.match(word)
        if match is None or self._is_script_option.match(before):
            return None
        value = match.group(1)
        self.text(word)
        for each in (value, value.strip("\"'")):
            self._found(each)
        return f"{word[: match.start(1)]}{REDACTED}"

    def _script(self, word: str) -> str:
        """A word without the passwords that the commands in it have."""
        if any(char.isspace() for char in word):
            for script in self._scripts:
                word = script.sub(self._in_match, word)
        return word

    def environment(self, variables: Iterable[str]) -> list[str]:
        """An environment: the names of its variables."""
        shown = []
        for each in variables:
            name, sign, value = each.partition("=")
            if sign and self._is_secret_name.match(name):
                self._found(value)
            if self._is_learning:
                self.text(each)
            shown.append(f"{name}={REDACTED}" if sign else REDACTED)
        return shown

    def message(self, datagram: bytes) -> bytes:
        """A message as it comes, without secrets: one that cannot be read is cut to its header."""
        try:
            decoded = decode(datagram)
        except WireError:
            return self.cut(datagram)
        message = decoded.message
        if isinstance(message, Unknown):
            return self.cut(datagram)
        self.fields(message)
        header = decoded.header
        payload = message.SerializeToString()
        return build_message(header.message_type, payload, header.dropped_count, header.header_size)

    def cut(self, datagram: bytes) -> bytes:
        """The header of a message that cannot be read."""
        try:
            header = parse_header(datagram)
        except WireError:
            return datagram[:MIN_HEADER_SIZE]
        return build_message(header.message_type, b"", header.dropped_count, header.header_size)

    def for_export(self, datagram: bytes, message_type: int, *, is_whole: bool) -> bytes:
        """A message for an export; quick where only environments are redacted."""
        if self.only_environment and message_type in KINDS and message_type not in WITH_ENVIRONMENT:
            return datagram
        return self.message(datagram) if is_whole else self.cut(datagram)

    def fields(self, message: Message) -> None:
        """Take secrets out of a message's fields, and fields out that are not known."""
        if not self.only_environment:
            message.DiscardUnknownFields()  # type: ignore[attr-defined]
        for field, value in message.ListFields():
            if field.message_type is not None:
                for each in value if field.is_repeated else [value]:
                    self.fields(each)
            elif field.name in _ENVIRONMENTS and field.is_repeated:
                if self._with_environment:
                    value[:] = self.environment(value)
                else:
                    value[:] = map(self.text, value)
            elif self.only_environment or field.name in _IDS:
                continue
            elif field.type == field.TYPE_STRING:
                if field.is_repeated:
                    value[:] = self.words(value)
                else:
                    setattr(message, field.name, self.text(value))
            elif field.type == field.TYPE_BYTES:
                if field.is_repeated:
                    value[:] = map(self.data, value)
                else:
                    setattr(message, field.name, self.data(value))

    def data(self, data: bytes) -> bytes:
        """Bytes without what looks like a secret in them."""
        # Each byte is a character, so nothing else changes.
        text = data.decode("latin-1")
        changed = self.text(text)
        for each in self._secrets if not data.isascii() else ():
            changed = changed.replace(each.encode().decode("latin-1"), REDACTED)
        return data if changed == text else changed.encode("latin-1")

    def details(self, details: dict[str, Any]) -> dict[str, Any]:
        """The details of a connection or a mark without secrets."""
        return {self.text(name): self._value(name, value) for name, value in details.items()}

    def _value(self, name: str, value: object) -> object:
        if isinstance(value, str):
            if self._patterns and self._is_secret_name.match(name) and value:
                self._found(value)
                return REDACTED
            return value if name in _IDS else self.text(value)
        if isinstance(value, bytes):
            return self.data(value)
        if isinstance(value, dict):
            return self.details({str(key): each for key, each in value.items()})
        if isinstance(value, list | tuple):
            if value and all(isinstance(each, str) for each in value):
                return self.words(list(value))
            return [self._value("", each) for each in value]
        return value


def rules_in(text: str) -> list[str]:
    """The rules that a user names, separated by commas; `all` for all, `none` for none.

    Raises:
        ValueError: there is no such rule; the text says which there are.
    """
    names = [name for name in re.split(r"[,\s]+", text.strip()) if name]
    if names == ["all"]:
        return list(RULES)
    if names in ([], ["none"]):
        return []
    for name in names:
        if name not in RULES:
            raise ValueError(f"{name!r} is no rule; there are {', '.join(RULES)}, all and none.")
    return names
