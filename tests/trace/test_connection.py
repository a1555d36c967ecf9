from __future__ import annotations

from gvtui.trace.connection import SECOND_NS, Connection, ConnectionSums, Sandbox


def test_seconds_long_gone_are_forgotten() -> None:
    connection = Connection(1)
    for second in range(1000):
        connection.count_second(second, second)
    assert connection.per_second(1000 * SECOND_NS, 3) == [997, 998, 999]
    assert sum(connection.per_second(1000 * SECOND_NS, 1000)) == sum(range(880, 1000))


def test_a_rate_is_that_of_two_whole_seconds() -> None:
    connection = Connection(1)
    for second, count in ((7, 100), (8, 3), (10, 50), (9, 5)):
        connection.count_second(second, count)
    assert connection.rate(10 * SECOND_NS) == 4.0
    assert connection.rate(9 * SECOND_NS) == 51.5
    assert connection.rate(90 * SECOND_NS) == 0.0


def test_of_too_many_containers_the_first_are_forgotten() -> None:
    connection = Connection(1, container_id="own")
    connection.starts("own", ["sleep"])
    for number in range(100):
        connection.starts(f"c{number}", [str(number)])
    assert list(connection.container_args)[:2] == ["own", "c37"]
    assert connection.args == ["sleep"]


def test_a_sandbox_counts_what_is_summed_up_too() -> None:
    connections = [Connection(5, messages=2, dropped=1), Connection(9, messages=3, closed_ns=1)]
    sandbox = Sandbox("web", connections, ConnectionSums(4, 10, 20))
    assert (sandbox.count, sandbox.messages, sandbox.dropped) == (6, 15, 21)
    assert sandbox.connected
    assert sandbox.latest.conn == 9


def test_the_drops_of_a_sandbox_are_a_bound_where_those_of_any_of_its_connections_are() -> None:
    asked = Connection(5, messages=2, details={"peer_start": 1}, last_message=3, asked_row=4)
    gone = Connection(6, messages=2, closed_ns=1, details={"peer_start": 1}, last_message=9)
    assert not Sandbox("web", [asked], ConnectionSums(4)).may_lack_drops(0)
    assert Sandbox("web", [asked, gone]).may_lack_drops(0)
    earlier = ConnectionSums(1)
    earlier.add(ConnectionSums(1, lack_drops=True))
    earlier.add(ConnectionSums(1))
    assert Sandbox("web", [asked], earlier).may_lack_drops(0)
