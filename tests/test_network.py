"""The guard of conftest.py holds."""

from __future__ import annotations

import socket

import pytest

OUTSIDE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody answers there


def test_a_connection_that_leaves_the_machine_is_an_error() -> None:
    with (
        socket.socket() as client,
        pytest.raises(AssertionError, match="expected no network in tests, got a connection to"),
    ):
        client.connect((OUTSIDE, 80))


def test_looking_up_a_name_is_an_error() -> None:
    with pytest.raises(AssertionError, match="expected no network"):
        socket.create_connection(("shop.example", 443))


def test_a_datagram_that_leaves_the_machine_is_an_error() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as client,
        pytest.raises(AssertionError, match="expected no network"),
    ):
        client.sendto(b"", (OUTSIDE, 53))


def test_the_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        peer, address = server.accept()
        peer.close()

        assert client.getsockname() == address
