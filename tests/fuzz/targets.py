"""The list of all targets."""

from __future__ import annotations

from tests.fuzz.datagrams import DATAGRAMS
from tests.fuzz.recordings import RECORDINGS
from tests.fuzz.texts import TEXTS

TARGETS = (*DATAGRAMS, *RECORDINGS, *TEXTS)
