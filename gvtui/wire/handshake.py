"""The handshake: each side sends one bare `Handshake` message, the sandbox first."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from gvtui.wire.header import WireError
from gvtui.wire.pb import common_pb2

VERSION = 1
"""The protocol version that gvtui speaks, and the lowest it accepts."""

MAX_HANDSHAKE_SIZE = 10_240
"""The largest handshake that is accepted, in bytes."""


def parse_handshake(datagram: bytes) -> int:
    """Read the protocol version that a sandbox announces in its handshake.

    Raises:
        WireError: the bytes are no handshake, or announce a version below 1.
    """
    try:
        version = common_pb2.Handshake.FromString(datagram).version
    except DecodeError as error:
        raise WireError("the first message is no handshake") from error
    if version < VERSION:
        raise WireError(f"handshake version {version} is below {VERSION}")
    return version


def build_handshake(version: int = VERSION) -> bytes:
    """The bytes of a handshake, in either direction."""
    return common_pb2.Handshake(version=version).SerializeToString()
