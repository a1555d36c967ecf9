"""What a field of the filter language is, and the names of those that are used elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gvtui.query.filter.operators import OPERATORS, ValueKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gvtui.query.filter.batch import NumberColumn
    from gvtui.query.filter.conditions import Condition
    from gvtui.query.filter.forms import Forms
    from gvtui.query.filter.texts import TextColumn
    from gvtui.query.source import RowSource

PROCESS, PID, NAME, DIRECTION = "proc.id", "proc.pid", "proc.name", "evt.dir"
CONTAINER, CONNECTION, THREAD, ROW = "container.id", "conn.num", "thread.tid", "evt.num"
CONTAINER_NAME = "container.name"
EXEC_SESSION, IS_EXEC_SESSION = "proc.exec_session", "proc.is_exec_session"
IN_CONTEXT = "context.is_exec_session"
"""Fields that commands and panes use in filters."""

TRUTH = {"true": 1, "false": 0}
"""The choices of a field that is a question."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field to filter by: its name, its meaning, and where its values come from."""

    name: str
    kind: ValueKind
    description: str
    example: str
    column: NumberColumn | TextColumn | None = None
    """The column of the rows that has the values, or that is derived from them."""
    condition: Callable[[Callable[[str], bool]], Condition] | None = None
    """Makes the condition for a text that is in no column, from the test of a text."""
    of_context: bool = False
    """Whether the filter's context has its texts, under its name. For rows of which the context
    knows nothing those of the column are taken, if there is one."""
    other_column: NumberColumn | None = None
    """A second number of the row, of which one must pass."""
    is_net: bool = False
    """Whether its texts are addresses, and values networks such as 10.0.0.0/8."""
    is_digest: bool = False
    """Whether its texts are digests in hexadecimal, which a beginning stands for."""
    is_list: bool = False
    """Whether it has several values, of which a number in brackets chooses one."""
    forms: Forms | None = None
    """Finds the argument in a message."""
    arguments: Callable[[], list[str]] | None = None
    """The known names that may follow, as in `evt.arg.NAME`."""
    argument_note: str = ""
    """A description of these names, in a few words."""
    needs: tuple[str, ...] = ()
    """The context fields that the session must collect for it, by their names in sessions."""
    optional: str = ""
    """The optional field of `sentry/execve` that it must collect too; "" for none."""
    choices: Mapping[str, int] = field(default_factory=dict)
    """The allowed values, if there are few, each with its number in the column."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other words for the choices, which the description mentions."""
    seen: Callable[[RowSource], Iterable[str]] | None = None
    """Finds the values that a trace has, of a field that is no column."""
    path: str = ""
    """The path of the message field with the same value; "" if there is none."""

    @property
    def takes_argument(self) -> bool:
        """Whether a name follows, as in `evt.arg.NAME`."""
        return self.forms is not None

    @property
    def asks_context(self) -> bool:
        """Whether the filter's context has its values."""
        return self.of_context or bool(self.column is not None and self.column.asks_context)

    def spelled(self, argument: str) -> str:
        """Its name with an argument as a filter has it."""
        return f"{self.name}{'' if argument[:1] in ('', '[') else '.'}{argument}"

    @property
    def label(self) -> str:
        """The name as the help writes it."""
        if self.is_list:
            return f"{self.name}[N]"
        return f"{self.name}.NAME" if self.takes_argument else self.name

    def operators(self) -> list[str]:
        """The operators that can be used with it."""
        return [operator.name for operator in OPERATORS if self.kind in operator.kinds]

    def choice(self, text: str) -> int | None:
        """The number of a choice, given in upper or lower case; None if it is not a choice."""
        folded = self.aliases.get(text, text).lower()
        return next((n for name, n in self.choices.items() if name.lower() == folded), None)
