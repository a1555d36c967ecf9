"""Numbers with their nouns, so that no sentence says `1 points`."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun: `1 point`, `0 points`, `12,402 points`.

    Args:
        number: how many.
        noun: for one, with what else depends on it, such as `point was`.
        plural: for all others; not given, the noun with an s.
    """
    return f"{number:,} {noun_for(number, noun, plural)}"


def noun_for(number: int, noun: str, plural: str = "") -> str:
    """The noun alone, for where the number is written in another way."""
    return noun if number == 1 else plural or f"{noun}s"


def lower_first(sentence: str) -> str:
    """A sentence as the end of another one: its first letter small."""
    return sentence[:1].lower() + sentence[1:]
