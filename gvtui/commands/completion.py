"""`gvtui completion` prints a shell's completion script; this module also answers the scripts.

A script passes the line up to the cursor in the environment. The answer has a line for each
possible value, with three parts separated by tabs: a kind, the value, and a description.

    word    a whole word
    part    the beginning of one: no space goes after it
    file    the shell looks for files itself; the value is how their names end, or nothing
    dir     the shell looks for folders itself
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import click

from gvtui.commands.options import examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

SCRIPTS = {"bash": "gvtui.bash", "zsh": "_gvtui", "fish": "gvtui.fish"}
"""The file of each shell's script in `gvtui/data/completion`."""

SHELL, LINE, WORD = "_GVTUI_COMPLETE", "_GVTUI_LINE", "_GVTUI_WORD"
"""The environment variables that a script sets: its shell; the line up to the cursor; and, for
bash, the part of the line that an answer replaces."""

_MAX_HELP = 90
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:,@%=")
_EVENT = re.compile(r"![^\s=]")
"""What bash replaces by a command of before; nothing within double quotes keeps it from that."""
_IN_DOUBLE_QUOTES = '\\"$`'


@click.command(
    epilog=examples(
        "gvtui completion bash > ~/.local/share/bash-completion/completions/gvtui",
        "gvtui completion zsh > /usr/local/share/zsh/site-functions/_gvtui",
        "gvtui completion fish > ~/.config/fish/completions/gvtui.fish",
    )
)
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    With it, the Tab key completes commands, options, files, containers, presets, trace points, and
    the fields and operators of a filter inside its quotes. If gvtui is installed for the whole
    machine, the scripts are installed already.
    """
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """The script of a shell."""
    return (resources.files("gvtui") / "data" / "completion" / SCRIPTS[shell]).read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a shell's line."""

    value: str
    """The word as a program gets it, without quotes."""
    raw: str
    """The word as it was typed."""
    quote: str = ""
    """The quote that is open at its end; "" if none is."""


def split(line: str) -> list[Word]:
    """The words of a line up to the cursor; the last word is at the cursor and may be empty."""
    words: list[Word] = []
    value, start, quote = "", None, ""
    at = 0
    while at < len(line):
        char = line[at]
        if start is None and not char.isspace():
            start = at
        if quote == "'":
            if char == quote:
                quote = ""
            else:
                value += char
        elif char == "\\" and at + 1 < len(line):
            at += 1
            keeps = quote and line[at] not in _IN_DOUBLE_QUOTES
            value += f"\\{line[at]}" if keeps else line[at]
        elif char == quote:
            quote = ""
        elif not quote and char in ("'", '"'):
            quote = char
        elif quote or not char.isspace():
            value += char if char != "\\" else ""
        elif start is not None:
            words.append(Word(value, line[start:at]))
            value, start = "", None
        at += 1
    return [*words, Word(value, line[start:] if start is not None else "", quote)]


def answer(cli: click.Command, environ: Mapping[str, str] = os.environ) -> int:
    """Print the possible values at the cursor; gives the exit code.

    The Tab key must never print an error into the line that the user types, so a failure gives no
    values.
    """
    try:
        lines = list(map(_told, completions(cli, environ)))
    except Exception:
        return 1
    # Bytes, so that a locale without UTF-8 causes no failure.
    click.echo("".join(f"{line}\n" for line in lines if line).encode("utf-8", "replace"), nl=False)
    return 0


def _told(item: tuple[str, str, str]) -> str:
    """A line of the answer; "" for a value that cannot be typed on one."""
    return "\t".join(item) if all(part.isprintable() for part in item) else ""


def completions(cli: click.Command, environ: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The possible values at the cursor, each with its kind and description.

    Args:
        cli: the command line.
        environ: with `SHELL`, `LINE` and `WORD`.
    """
    from click.shell_completion import ShellComplete

    words = split(environ.get(LINE, ""))
    last = words[-1]
    engine = ShellComplete(cli, {}, "gvtui", SHELL)
    found = engine.get_completions([word.value for word in words[1:-1]], last.value)
    option, equals, _ = last.value.partition("=")
    joined = f"{option}=" if equals and option.startswith("--") else ""
    answers = []
    for item in found:
        kind = {"file": "file", "dir": "dir"}.get(item.type) or item.part or "word"
        value = str(item.value)
        if kind in ("file", "dir"):
            value = item.endings or ""
        else:
            value = value if value.startswith(joined) else f"{joined}{value}"
            if environ[SHELL] == "bash":
                if last.quote == '"' and _EVENT.search(value):
                    continue
                value = _for_bash(value, last, environ.get(WORD, ""))
                if kind == "word" and last.quote and value.endswith(last.quote):
                    # bash takes it for the closing quote, and adds none.
                    value += last.quote
        answers.append((kind, value, _short(item)))
    return answers


def _for_bash(value: str, word: Word, replaced: str) -> str:
    """The text that bash is to put in place of `replaced`, the part of the word it has split
    off."""
    if word.quote:
        # bash adds the closing quote itself.
        kept = split(word.raw[: word.raw.rfind(word.quote)])[-1].value
        rest = value.removeprefix(kept)
        if word.quote == "'":
            return rest.replace("'", "'\\''")
        return "".join(f"\\{char}" if char in _IN_DOUBLE_QUOTES else char for char in rest)
    kept = split(word.raw.removesuffix(replaced))[-1].value
    rest = value.removeprefix(kept)
    return "".join(char if char in _PLAIN or ord(char) > 127 else f"\\{char}" for char in rest)


def _short(item: CompletionItem[str]) -> str:
    text = " ".join((item.help or "").split())
    return text if len(text) <= _MAX_HELP else f"{text[: _MAX_HELP - 1].rstrip()}…"
