from __future__ import annotations

import pytest

from gvtui.query.filter import messages
from gvtui.wire.messages import Decoded, decode


class Decodings:
    """Counts how often conditions decode a message from its bytes."""

    def __init__(self) -> None:
        self.count = 0

    def decode(self, datagram: bytes) -> Decoded:
        self.count += 1
        return decode(datagram)


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> Decodings:
    counted = Decodings()
    monkeypatch.setattr(messages, "decode", counted.decode)
    return counted
