"""What secrets look like: the named patterns of `--redact`."""

from __future__ import annotations

from typing import NamedTuple

ENVIRONMENT = "environment"
"""The name of the one rule that is no pattern: the values of all environment variables."""

_NAME = (
    r"(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"credentials?)"
)
"""A word in the name of what is secret."""

SECRET_NAME = rf"(?i)(?:^|.*[^a-z]|.*){_NAME}(?:[^a-z].*|s)?$"
"""The names of variables, labels and options whose value is secret."""

OPTION = rf"(?i)^--?(?:[a-z0-9]+[_-])*{_NAME}(?:[_-][a-z0-9]+)*$"
"""An option whose value is the next word of a command line."""

GLUED = {"mysql": "-p", "mysqldump": "-p", "mysqladmin": "-p", "mariadb": "-p", "sshpass": "-p"}
"""Programs, each with the option that its password follows directly."""

USER_OPTIONS = {"curl": ("-u", "--user", "-U", "--proxy-user"), "wget": ("--user",)}
"""Programs, each with options whose value may be `name:password`."""


class Pattern(NamedTuple):
    """A kind of secret that a text shows by itself."""

    name: str
    """What the command line calls it."""
    words: str
    """What it finds, for help texts."""
    pattern: str
    """A regular expression; its group is the secret."""


PATTERNS = (
    Pattern(
        "bearer",
        "what follows Bearer or Basic",
        r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9+/=._~-]{8,})",
    ),
    Pattern(
        "assignment",
        "what is assigned to a name like DB_PASSWORD or access_token",
        rf"(?i){_NAME}[a-z0-9_.-]*[\"']?\s*[=:]\s*[\"']?([^\s\"'&;,\[][^\s\"'&;,]*)",
    ),
    Pattern(
        "private-key",
        "what stands in a private key in PEM form",
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(.+?)(?:-----END|$)",
    ),
    Pattern("aws-key", "access keys of AWS", r"\b((?:AKIA|ASIA)[0-9A-Z]{16})\b"),
    Pattern(
        "token",
        "tokens that begin as those of GitHub, GitLab, Slack or npm do",
        r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|"
        r"xox[abprs]-[A-Za-z0-9-]{10,}|npm_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|"
        r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|AIza[0-9A-Za-z_-]{35})",
    ),
    Pattern(
        "jwt", "JSON web tokens", r"\b(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*)"
    ),
    Pattern(
        "url-password",
        "the password in a URL",
        r"[a-z][a-z0-9+.-]*://[^\s/:@]*:([^\s/@]+)@",
    ),
)
"""All patterns, in the order in which they are tried."""

OPTION_NAME = "option"
"""The name of the rule for command lines: passwords in words of their own, or behind `-p`."""

RULES: dict[str, str] = {
    ENVIRONMENT: "the values of all environment variables",
    OPTION_NAME: "passwords in commands: --password X, mysql -pX, curl -u NAME:X",
    **{each.name: each.words for each in PATTERNS},
}
"""All rules with what they find."""
