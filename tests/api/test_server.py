"""The server itself: requests that never become one, and what it says of them. Raw bytes, over a socket."""

from __future__ import annotations

import json
import select
import socket
from contextlib import ExitStack

import pytest

from app.requests import limits, server

URL = "/api/v1/optimizations"


@pytest.fixture
def impatient(monkeypatch):
    """Have the server wait a tenth of a second for a whole request."""
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.1)


def connected(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def answer(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def problem_in(received: bytes) -> dict:
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {problem['status']} ".encode())
    assert f"x-request-id: {problem['request_id']}".encode() in head
    return problem


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01",  # TLS
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n",
    ],
)
def test_what_is_no_request_is_told_why(api, sent):
    with api.served() as url, connected(url) as connection:
        connection.sendall(sent)
        problem = problem_in(answer(connection))
    assert (problem["status"], problem["title"]) == (400, "Bad Request")
    assert "this is not an HTTP request: " in problem["detail"]
    assert api.telemetry.value("api.errors") == 1


def test_garbage_behind_a_request_does_not_get_into_its_answer(api):
    job = api.add_job(trials=500)
    request = f"GET {URL}/{job.id}/export HTTP/1.1\r\nHost: x\r\nX-API-Key: {api.key('viewer')}\r\n\r\n"
    with api.served() as url, connected(url) as connection:
        connection.sendall(request.encode() + b"\x00garbage\r\n\r\n")
        received = answer(connection)
    assert received.count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n", 408),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", 408),
        (b"", None),
    ],
)
def test_request_that_does_not_come_to_an_end_is_ended(api, impatient, sent, status):
    with api.served() as url, ExitStack() as stack:
        connections = [stack.enter_context(connected(url)) for _ in range(20)]
        for connection in connections:
            connection.sendall(sent)
        for connection in connections:
            received = answer(connection)
            if status is None:
                assert received == b""
            elif received.startswith(b"HTTP/1.1 404"):  # nobody wanted its body
                assert sent.startswith(b"POST")
            else:
                assert problem_in(received)["status"] == status


def test_bytes_that_trickle_in_do_not_keep_a_connection(api, impatient):
    with api.served() as url, connected(url) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
        while not select.select([connection], [], [], 0.01)[0]:
            connection.sendall(b"X: y\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_second_request_on_a_connection_has_its_time_too(api, impatient):
    with api.served() as url, connected(url) as connection:
        for _ in range(2):
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b'{"status":"alive"}' in connection.recv(65536)
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
        assert problem_in(answer(connection))["status"] == 408


def test_body_that_does_not_come_is_answered(api, monkeypatch):
    monkeypatch.setattr(limits, "_BODY_SECONDS", 0.1)
    head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nX-API-Key: {api.key('operator')}\r\n"
    with api.served() as url, connected(url) as connection:
        connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{".encode())
        problem = problem_in(answer(connection))
    assert (problem["status"], problem["detail"]) == (408, "the body was not whole within 0.1 s")
    assert api.telemetry.value("api.errors", {"error.type": "RequestTimeout", "http.route": URL}) == 1


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"], ids=["endless", "whole"])
def test_head_may_be_only_so_long(api, end):
    with api.served() as url, connected(url) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * limits.MAX_HEAD_BYTES + end)
        connection.shutdown(socket.SHUT_WR)
        problem = problem_in(answer(connection))
    assert (problem["status"], problem["title"]) == (431, "Request Header Fields Too Large")


def test_url_may_be_only_so_long(api):
    response = api.client("viewer").get(f"{URL}/{'x' * 9000}")
    assert (response.status_code, response.json()["detail"]) == (414, "the URL is longer than 8,192 bytes")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "identity, gzip"])
def test_encoded_body_is_refused_with_what_would_be_read(api, encoding):
    response = api.client("operator").post(URL, content=b"\x1f\x8b", headers={"Content-Encoding": encoding})
    assert (response.status_code, response.headers["Accept-Encoding"]) == (415, "identity")
    assert "without that header" in response.json()["detail"]
