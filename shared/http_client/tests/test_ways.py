"""The ways to a server: encrypted, and over the proxy that the environment names."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.http_client import HttpClient, NotSent
from shared.http_client.tests.servers import answering, read_request, server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "server.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def served_with(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_https_reaches_a_server_whose_certificate_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    seen: list[bytes] = []
    secure = server(answering(200, seen=seen), served_with(certificate))
    async with secure as address, HttpClient(address, name="erp") as client:
        for _ in range(2):
            assert (await client.post("/postings", json={"minutes": 90})).status_code == 200
    assert len(seen) == 2


async def test_a_certificate_that_nobody_vouches_for_means_not_sent(certificate: Path) -> None:
    seen: list[bytes] = []
    secure = server(answering(200, seen=seen), served_with(certificate))
    async with secure as address, HttpClient(address, name="erp") as client:
        with pytest.raises(NotSent):
            await client.post("/postings", json={"minutes": 90})
    assert not seen


async def test_a_proxy_of_the_environment_is_used_but_for_whom_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over_proxy: list[bytes] = []
    direct: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over_proxy.append(await read_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    async with server(proxy) as address, server(answering(200, seen=direct)) as near:
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with HttpClient(name="erp") as client:
            assert (await client.get("http://far.example/periods")).status_code == 200
            assert (await client.get(f"{near}/periods")).status_code == 200
    assert [call.split(b"\r\n")[0] for call in over_proxy] == [
        b"GET http://far.example/periods HTTP/1.1"
    ]
    assert len(direct) == 1
