from tests.query.activity.runs import activity_in


def test_connections_have_direction_address_and_bytes() -> None:
    activity = activity_in("network-2024")
    [out] = activity.section("connected").lines
    assert (out.what, out.details) == ("127.0.0.1:8080", "tcp")
    assert (out.bytes_in, out.bytes_out) == (6, 6)
    [came] = activity.section("accepted").lines
    assert (came.what, came.details) == ("127.0.0.1 to 127.0.0.1:8080", "tcp")
    assert (came.bytes_in, came.bytes_out) == (6, 6)
    [listening] = activity.section("listening").lines
    assert listening.what == "127.0.0.1:8080"


def test_a_connection_that_failed_is_none() -> None:
    activity = activity_in("network-2024")
    failed = [(line.what, line.details) for line in activity.section("not_connected").lines]
    assert failed == [("127.0.0.1:9", "ECONNREFUSED"), ("/tmp/none.sock", "ENOENT")]
