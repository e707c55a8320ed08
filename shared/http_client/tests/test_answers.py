"""Every form in which a server may answer, and what is no answer."""

import gzip

import pytest

from shared.http_client import HttpClient, NoAnswer
from shared.http_client.tests.servers import saying, server

_LONG = b"x" * 3_000_000


@pytest.mark.parametrize(
    ("pieces", "status", "body"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", b"k"], 200, b"ok"),
        ([b"HTTP/1.1 2", b"00 OK\r\nContent-", b"Length: 0\r\n\r", b"\n"], 200, b""),
        ([b"HTTP/1.1 200 OK\r\n\r\nuntil ", b"the end"], 200, b"until the end"),
        (
            [
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
                b"1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n",
            ],
            200,
            b"ok!",
        ),
        ([b"HTTP/1.1 204 Nothing\r\n\r\n"], 204, b""),
        (
            [
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n1",
            ],
            201,
            b"1",
        ),
        (
            [
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_LONG),
                _LONG,
            ],
            200,
            _LONG,
        ),
    ],
)
async def test_answers_are_read_in_every_form(
    pieces: list[bytes], status: int, body: bytes
) -> None:
    async with server(saying(*pieces)) as address, HttpClient(address, name="erp") as client:
        answer = await client.post("/postings", json={})
    assert (answer.status_code, answer.content) == (status, body)
    assert "x-trailer" not in answer.headers


async def test_a_compressed_answer_is_unpacked() -> None:
    packed = gzip.compress(b"hours")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with server(saying(head, packed)) as address, HttpClient(address, name="erp") as client:
        assert (await client.get("/periods")).text == "hours"


async def test_headers_and_the_reason_are_handed_on() -> None:
    said = (
        b"HTTP/1.1 422 So what\r\nRetry-After: 7\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n"
    )
    async with server(saying(said)) as address, HttpClient(address, name="erp") as client:
        answer = await client.post("/postings", json={})
    assert answer.reason_phrase == "So what"
    assert answer.headers["retry-after"] == "7"
    assert answer.headers.get_list("x-a") == ["1", "2"]


async def test_an_answer_to_head_has_no_body_whatever_it_announces() -> None:
    said = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    async with server(said) as address, HttpClient(address, name="erp") as client:
        answer = await client.request("HEAD", "/postings", timeout=2)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "said",
    [
        b"<html>Please sign in</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ncut",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"y" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nnot",
    ],
    ids=["no HTTP", "short", "cut chunk", "cut head", "two lengths", "upgrade", "endless", "gzip"],
)
async def test_what_is_no_whole_answer_leaves_the_outcome_unknown(said: bytes) -> None:
    async with server(saying(said)) as address, HttpClient(address, name="erp") as client:
        with pytest.raises(NoAnswer):
            await client.post("/postings", json={}, timeout=2)


async def test_slow_pieces_are_waited_for_as_long_as_they_come() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
    drip = saying(head, b"s", b"l", b"o", b"w", pause=0.15)
    async with server(drip) as address, HttpClient(address, name="erp") as client:
        assert (await client.post("/postings", json={}, timeout=0.4)).text == "slow"


@pytest.mark.parametrize("forged", ["1\r\nX-Forged: 1", "1\nX-Forged: 1", "1\0"])
async def test_a_header_cannot_bring_another_one_along(forged: str) -> None:
    said = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    async with server(said) as address, HttpClient(address, name="erp") as client:
        with pytest.raises(NoAnswer, match="LocalProtocolError"):
            await client.post("/postings", json={}, headers={"X-Own": forged})
