"""Session files, and `gvtui session` run within the test."""

from __future__ import annotations

from click.testing import CliRunner, Result

from gvtui.commands.session import session

GOOD = """{"name": "Default", "points": [{"name": "sentry/clone"}],
"sinks": [{"name": "remote", "config": {"endpoint": "/tmp/s"}}]}"""


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(session, list(words), input=text)
