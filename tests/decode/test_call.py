from __future__ import annotations

from gvtui.decode.call import CallSide, descriptor
from gvtui.wire.pb import syscall_pb2 as pb


def close(fd_path: str, enter: pb.Close | None = None) -> CallSide:
    message = pb.Close(fd=3, fd_path=fd_path)
    if enter is not None:
        message.exit.SetInParent()
    return CallSide("close", "x86_64", message, enter)


def test_descriptor() -> None:
    assert descriptor(3, "/etc/passwd") == "3</etc/passwd>"
    assert descriptor(3, "") == "3"
    assert descriptor(0xFFFFFFFF, "") == "-1"


def test_paths_that_say_only_what_went_wrong_are_none() -> None:
    assert close("[err: FD not found]").fd() == "3"
    assert close("[err: FD not found]", pb.Close(fd=3, fd_path="[err: x]")).fd() == "3"


def test_the_enter_helps_out() -> None:
    enter = pb.Close(fd=3, fd_path="/f")
    assert close("", enter).fd() == "3</f>"
    assert close("/g", enter).fd() == "3</g>"


def test_directory() -> None:
    call = CallSide("openat", "arm64", pb.Open(fd=-100))
    assert call.directory() == "AT_FDCWD"
