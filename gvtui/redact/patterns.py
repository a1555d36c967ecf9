"""What secrets look like: the named patterns of `--redact`."""

from __future__ import annotations

from typing import NamedTuple

ENVIRONMENT = "environment"
"""The name of the one rule that is no pattern: the values of all environment variables."""
ASSIGNMENT_NAME = "assignment"
"""The name of the rule for what is assigned to a secret's name: in a command line up to the end of
its word."""

_NAME = (
    r"(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"credentials?)"
)
"""A word in the name of what is secret."""

_SHORT = r"(?:pass|sshpass|[a-z0-9]+_pwd)"
"""Such words that stand for themselves alone: others contain them, and PWD is a folder."""

SECRET_NAME = (
    rf"(?i)(?:(?:^|.*[^a-z]|.*){_NAME}(?:[^a-z].*|s)?|(?:.*[^a-z])?{_SHORT}(?:[^a-z].*)?)$"
)
"""The names of variables, labels and options whose value is secret."""

_OPTION = rf"--?(?:[a-z0-9]+[_-])*(?:{_NAME}(?:[_-][a-z0-9]+)*|pass|pwd)"
OPTION = rf"(?i)^{_OPTION}$"
"""An option whose value is the next word of a command line."""

_ASSIGNED = rf"(?:{_NAME}[a-z0-9_.-]*|(?:\b|_){_SHORT})"
WHOLE = rf"(?is)^[a-z0-9_.-]*{_ASSIGNED}=(.+)$"
"""A word of a command line that assigns a secret: it goes to the word's end."""

SCRIPT_OPTION = r"^-[a-z]*c$"
"""An option whose value is a script, as that of a shell."""

_MYSQL = (
    "mysql mysqladmin mysqlcheck mysqldump mysqlimport mysqlpump mysqlshow mariadb mariadb-admin "
    "mariadb-check mariadb-dump mariadb-import mariadb-show mongo mongodump mongosh sshpass"
)
GLUED = {
    **dict.fromkeys(_MYSQL.split(), "-p"),
    "redis-cli": "-a",
    **dict.fromkeys(("ldapadd", "ldapmodify", "ldapsearch"), "-w"),
}
"""Programs, each with the option that its password follows, directly or as the next word."""

USER_OPTIONS = {"curl": ("-u", "--user", "-U", "--proxy-user"), "wget": ("--user",)}
"""Programs, each with options whose value may be `name:password`."""

_VALUE = r"""(?:"((?:[^"\\]|\\.)+)"|'([^']+)'|([^\s"'`;|&()-][^\s"'`;|&()]*))"""
"""A value in a shell's script."""
SCRIPTS = (
    rf"(?i)(?:^|[\s(`]){_OPTION}\s+{_VALUE}",
    *(
        rf"\b(?:{'|'.join(name for name in GLUED if GLUED[name] == option)})\s(?:.*?\s)?{option}\s?{_VALUE}"
        for option in sorted(set(GLUED.values()))
    ),
    *(
        rf"""\b{name}\s(?:.*?\s)?(?:{"|".join(options)})[\s=]?\s*["']?[^\s:"']*:([^\s"'`;|&()]+)"""
        for name, options in USER_OPTIONS.items()
    ),
)
"""What a script has of the passwords that `OPTION`, `GLUED` and `USER_OPTIONS` find in words."""


class Pattern(NamedTuple):
    """A kind of secret that a text shows by itself."""

    name: str
    """What the command line calls it."""
    words: str
    """What it finds, for help texts."""
    pattern: str
    """A regular expression; the one of its groups that matches is the secret."""


PATTERNS = (
    Pattern(
        "bearer",
        "what follows Bearer, Basic or Authorization:",
        r"""(?i)\b(?:(?:bearer|basic)\s+|authorization["']?\s*[:=]\s*["']?(?:[a-z]+\s+)?)"""
        r"([A-Za-z0-9+/=._~-]{8,})",
    ),
    Pattern(
        ASSIGNMENT_NAME,
        "what is assigned to a name like DB_PASSWORD or access_token",
        rf"(?is){_ASSIGNED}\\*[\"']?\s*[=:]\s*"
        # In a text within a text, in quotes, as a list, or as it stands; the end may be missing.
        r"""(?:\\+["']([^"'\\]+)|"((?:[^"\\]|\\.)+)(?:"|$)|'([^']+)(?:'|$)|\[([^\]]+)(?:\]|$)|"""
        r"""["']?([^\s"'&;,\[][^\s"'&;,]*))""",
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
