"""The registry of the viewer's commands: finds, runs and completes them by their lines."""

from __future__ import annotations

import difflib
import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gvtui.tui.command.command import Command, CommandError, Parameter, commands_of, parameters
from gvtui.tui.command.keymap import Keymap, make_keymap
from gvtui.tui.command.keys import key_words, keys_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gvtui.query.filter.complete import Completion
    from gvtui.tui.command.command import Owner

_EVERYWHERE = ""


class Invocation(NamedTuple):
    """A parsed line: a command and its arguments."""

    command: Command
    arguments: tuple[int | str, ...]
    start: int
    """The column of the line at which the arguments begin."""


class Commands:
    """The commands of some classes, and the keys that call them."""

    def __init__(
        self, owners: Iterable[type[Owner]], find: Callable[[type[Owner]], object]
    ) -> None:
        """Collect the commands of the classes.

        Args:
            owners: the classes; an inherited command belongs to the class that declares it.
            find: gives the object of a class on which a command runs; for a pane, the widget that
                has the focus or gets it.
        """
        self._find = find
        self._all: dict[str, Command] = {}
        self._by_name: dict[str, Command] = {}
        self.scopes: dict[str, list[type[Owner]]] = {_EVERYWHERE: []}
        """For each part of the screen, the classes whose keys work there."""
        self.keymap_in_force = Keymap()
        for owner in owners:
            lineage = [each for each in reversed(owner.__mro__) if hasattr(each, "prefix")]
            self.scopes.setdefault(owner.home and owner.__name__, []).extend(lineage)
            for each in lineage:
                for command in commands_of(each):
                    self._all.setdefault(command.line, command)
                    self._by_name.setdefault(command.name, command)

    def __iter__(self) -> Iterator[Command]:
        return iter(self._all.values())

    def listed(self) -> Iterator[Command]:
        """All commands, each followed by its lines that only the configuration contains."""
        own: dict[str, list[Command]] = {}
        for line in self.keymap_in_force.added:
            call = self.parse(line)
            if line not in self._all:
                command = replace(
                    call.command, arguments=tuple(map(str, call.arguments)), keys=(), footer=""
                )
                own.setdefault(command.name, []).append(command)
        for command in self:
            yield command
            yield from own.pop(command.name, ())

    @property
    def names(self) -> list[str]:
        """The names of all commands, without arguments, in alphabetical order."""
        return sorted(self._by_name)

    def parse(self, line: str) -> Invocation:
        """Parse a line into a command and its arguments.

        Raises:
            CommandError: the line is not a command, or its arguments are wrong; has the column.
        """
        name, _, rest = line.strip().partition(" ")
        command = self._by_name.get(name)
        if command is None:
            raise CommandError(self._unknown(name), 0)
        start = len(line) - len(line.lstrip()) + len(name) + 1
        return Invocation(command, tuple(_arguments(command, rest, start)), start)

    def _unknown(self, name: str) -> str:
        if not name:
            return "no command is named"
        near = difflib.get_close_matches(name, self._by_name, 1) or [
            each for each in self._by_name if each.endswith(f".{name}")
        ]
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"there is no command {name}{hint}"

    def execute(self, line: str) -> None:
        """Run the command of a line.

        Raises:
            CommandError: the line is not a command, or the command refuses its arguments.
        """
        command, arguments, start = self.parse(line)
        try:
            command.method(self._find(command.owner), *arguments)
        except CommandError as error:
            if error.column is not None:
                error.column += start
            raise

    def complete(self, line: str, cursor: int) -> Sequence[Completion]:
        """Suggestions for a column of a line: names of commands, then arguments."""
        from gvtui.query.filter.complete import Completion

        before = line[:cursor]
        name, space, _ = before.partition(" ")
        if not space:
            end = len(line.partition(" ")[0])
            names = sorted(
                (each for each in self.names if name in each),
                key=lambda each: not each.startswith(name),
            )
            return [Completion(each, 0, end, self._note(each)) for each in names]
        command = self._by_name.get(name)
        if command is None:
            return ()
        start = len(name) + 1
        if command.complete is not None:
            owner = self._find(command.owner)
            found = command.complete(owner, line[start:], cursor - start)
            return [each._replace(start=each.start + start, end=each.end + start) for each in found]
        words = before[start:].split(" ")
        known = parameters(command.method)
        if len(words) > len(known):
            return ()
        begun = cursor - len(words[-1])
        so_far = tuple(words[:-1])
        declared = {
            each.arguments[len(so_far)]: each
            for each in self._all.values()
            if each.name == command.name
            and len(each.arguments) > len(so_far)
            and each.arguments[: len(so_far)] == so_far
        }
        return [
            Completion(choice, begun, cursor, self._told(declared[choice]))
            if choice in declared
            else Completion(choice, begun, cursor, "")
            for choice in dict.fromkeys((*known[len(so_far)].choices, *declared))
            if choice.startswith(words[-1])
        ]

    def _note(self, name: str) -> str:
        """A description of all commands of one name."""
        lines = [each for each in self._all.values() if each.name == name]
        if len(lines) == 1:
            return self._told(lines[0])
        said = (inspect.getdoc(lines[0].method) or lines[0].title).partition("\n")[0]
        return said.rstrip(".")

    def _told(self, command: Command) -> str:
        """A command's title, with its keys."""
        keys = keys_words(self.keys(command))
        return f"{command.title}  [{keys}]" if keys else command.title

    def line_of(self, text: str) -> str:
        """A line in its standard form, with single spaces between words.

        Raises:
            CommandError: the line is not a command.
        """
        call = self.parse(text)
        return " ".join((call.command.name, *map(str, call.arguments)))

    def keymap(self, wanted: Mapping[str, str]) -> Keymap:
        """Make the keymap of a configuration, which has keys by line.

        Raises:
            CommandError: a line is not a command, or two commands would have the same key in the
                same place; its `key` is the wrong entry.
        """
        for line in wanted:
            try:
                self.parse(line)
            except CommandError as error:
                raise CommandError(str(error), error.column, line) from error
        return make_keymap(self, self.scopes, wanted)

    def use(self, keymap: Keymap) -> None:
        """Use another keymap: from now on sentences, help and palette name its keys."""
        self.keymap_in_force = keymap

    def keys(self, command: Command) -> tuple[str, ...]:
        """The keys that now call a command."""
        return self.keymap_in_force.keys(command)

    def keys_for(self, line: str) -> tuple[str, ...]:
        """The keys that now call a line, in Textual's names; none for a line without a key."""
        command = self._all.get(line)
        return self.keymap_in_force.of_line(line, command.keys if command is not None else ())

    def keys_of(self, line: str) -> str:
        """A command's first key, or else the line to type, for a sentence on the screen.

        Raises:
            CommandError: the line is not a command.
        """
        keys = self.keys_for(line)
        if keys:
            return key_words(keys[0])
        self.parse(line)
        return f":{line}"


def _arguments(command: Command, rest: str, start: int) -> Iterator[int | str]:
    """Read the arguments from the words of a line."""
    known = parameters(command.method)
    for place, parameter in enumerate(known):
        if parameter.kind == "rest":
            yield from rest.split(" ") if rest else ()
            return
        start += len(rest) - len(rest.lstrip())
        rest = rest.lstrip()
        is_last_text = parameter.kind == "text" and place == len(known) - 1
        word, _, after = (rest, "", "") if is_last_text else rest.partition(" ")
        if not word:
            if parameter.is_required:
                raise CommandError(f"{command.name} needs {_what(parameter)}", start)
            return
        try:
            yield parameter.read(word)
        except CommandError as error:
            raise CommandError(f"{command.name}: {error}", start) from error
        start += len(word) + 1
        rest = after
    if rest.strip():
        raise CommandError(f"{command.name} takes no more than this: {rest!r} is left over", start)


def _what(parameter: Parameter) -> str:
    return " or ".join(parameter.choices) if parameter.choices else f"a {parameter.name}"
