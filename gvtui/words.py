"""Puts numbers in front of nouns in singular or plural, so that no sentence says `1 points`."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun: `1 point`, `0 points`, `12,402 points`.

    Args:
        number: the number that is written.
        noun: the singular, with a verb that depends on it if needed, such as `point was`.
        plural: the plural; the noun with an s if not given.
    """
    return f"{number:,} {noun_for(number, noun, plural)}"


def noun_for(number: int, noun: str, plural: str = "") -> str:
    """Only the noun in singular or plural, for a number that is written in another way."""
    return noun if number == 1 else plural or f"{noun}s"


def lower_first(sentence: str) -> str:
    """A sentence as the end of another one: its first letter small."""
    return sentence[:1].lower() + sentence[1:]


def upper_first(text: str) -> str:
    """A text as the beginning of a sentence: its first letter a capital one."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A text without its full stop as a sentence."""
    return f"{upper_first(text)}."
