"""Declares commands: a command is a method of a feature or of a pane, marked with `@command`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

from gvtui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gvtui.query.filter.complete import Completion

_DECLARED = "__gvtui_commands__"

_Method = TypeVar("_Method", bound="Callable[..., None]")


class CommandError(UsageError):
    """A line is not a command, or a key cannot be bound to one."""

    def __init__(self, message: str, column: int | None = None, key: str = "") -> None:
        """Make the error.

        Args:
            message: what is wrong, in one sentence.
            column: the wrong column of the line, from 0; None if the whole line is wrong.
            key: the wrong entry of a keymap; "" if it is not about a keymap.
        """
        super().__init__(message)
        self.column = column
        self.key = key


class Owner:
    """A class that declares commands: a feature, or a pane whose keys work while it has focus."""

    prefix: ClassVar[str] = ""
    """The first part of its commands' names, such as `filter` in `filter.pid`."""
    heading: ClassVar[str] = ""
    """The heading above its commands on the help screen."""
    home: ClassVar[str] = ""
    """For a pane, the id of its widget; "" for commands whose keys work everywhere."""
    tab: ClassVar[str] = ""
    """For a pane, the tab that it is on; "" if it is always on the screen."""
    part: ClassVar[Literal["", "sidebar", "detail"]] = ""
    """For a pane, the part of the screen that it is in, if that part can be hidden."""
    where: ClassVar[str] = ""
    """Where its keys work, in the help's words: `in the sandboxes`; "" if the titles say it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The arguments of one `@command`, stored on its method."""

    title: str
    keys: tuple[str, ...]
    arguments: tuple[str, ...]
    footer: str
    heading: str
    complete: Callable[..., Sequence[Completion]] | None


def command(
    title: str,
    keys: str = "",
    *arguments: object,
    footer: str = "",
    heading: str = "",
    complete: Callable[..., Sequence[Completion]] | None = None,
) -> Callable[[_Method], _Method]:
    """Make a method a command; several decorators make several commands of one method.

    Args:
        title: what the command does, for the help screen and the palette.
        keys: the default keys in Textual's names, separated by commas; "" for none.
        arguments: the arguments of the call when the key is pressed.
        footer: its word in the last line of the screen; "" leaves it out there.
        heading: its heading on the help screen, if it is not its class's heading.
        complete: a method of the same class that suggests arguments, given the text after the name
            and the cursor's column in that text.
    """

    def declare(method: _Method) -> _Method:
        noted: list[Declaration] = method.__dict__.setdefault(_DECLARED, [])
        # Python applies the lowest decorator first.
        noted.insert(
            0,
            Declaration(
                title,
                tuple(key for key in keys.split(",") if key),
                tuple(map(str, arguments)),
                footer,
                heading,
                complete,
            ),
        )
        return method

    return declare


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method, whose argument is read from a typed line."""

    name: str
    kind: Literal["choice", "number", "text", "rest"]
    choices: tuple[str, ...] = ()
    is_required: bool = True

    def read(self, word: str) -> int | str:
        """Read the argument from a word.

        Raises:
            CommandError: the word is not a valid argument.
        """
        if self.kind == "number":
            try:
                return int(word)
            except ValueError:
                raise CommandError(f"{word!r} is not a whole number") from None
        if self.kind == "choice" and word not in self.choices:
            raise CommandError(f"{word!r} is none of {', '.join(self.choices)}")
        return word


@cache
def parameters(method: Callable[..., None]) -> tuple[Parameter, ...]:
    """The parameters of a command's method after `self`: `Literal`, `int`, `str`, `*words: str`.

    Raises:
        TypeError: a parameter has another type.
    """
    hints = get_type_hints(method)
    found = []
    for each in list(inspect.signature(method).parameters.values())[1:]:
        hint = hints.get(each.name)
        required = each.default is inspect.Parameter.empty
        if each.kind is inspect.Parameter.VAR_POSITIONAL and hint is str:
            found.append(Parameter(each.name, "rest", is_required=False))
        elif get_origin(hint) is Literal:
            found.append(Parameter(each.name, "choice", get_args(hint), required))
        elif hint is int:
            found.append(Parameter(each.name, "number", is_required=required))
        elif hint is str:
            found.append(Parameter(each.name, "text", is_required=required))
        else:
            raise TypeError(f"{method.__qualname__}: no command can have {each.name}: {hint}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the viewer: a method, and the arguments that its key passes."""

    name: str
    """The owner's prefix and the command's own name: `filter.pid`."""
    title: str
    heading: str
    keys: tuple[str, ...] = ()
    """The keys that call it by default."""
    arguments: tuple[str, ...] = ()
    footer: str = ""
    owner: type[Owner] = Owner
    method: Callable[..., None] = field(default=lambda self: None, compare=False)
    complete: Callable[..., Sequence[Completion]] | None = field(default=None, compare=False)

    @property
    def line(self) -> str:
        """The line that runs it when typed, which is also its name in the configuration."""
        return " ".join((self.name, *self.arguments))

    @property
    def where(self) -> str:
        """Where its key works, as words to follow its title; "" if the title says it."""
        return f" ({self.owner.where})" if self.owner.where else ""


def commands_of(owner: type) -> Iterator[Command]:
    """The commands that a class declares itself, in their order, without inherited ones."""
    for name, method in vars(owner).items():
        for noted in getattr(method, _DECLARED, ()):
            yield Command(
                f"{owner.prefix}.{name.rstrip('_').replace('_', '-')}",  # type: ignore[attr-defined]
                noted.title,
                noted.heading or owner.heading,  # type: ignore[attr-defined]
                noted.keys,
                noted.arguments,
                noted.footer,
                owner,
                method,
                noted.complete,
            )
