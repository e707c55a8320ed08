"""The tier under test, between a real identity server and a stand-in for the process tier."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from deploy.identity.in_thread import RunningIdentityServer, identity_server_in_thread
from deploy.identity.sign_in import sign_in
from experience_apis.app import create_app
from experience_apis.settings import ExperienceIdentity, ExperienceSettings
from experience_apis.tests.process_tier import ProcessTier, process_tier_in_thread
from shared.http_client import ASGITransport, HttpClient
from shared.web import WebSettings, wait_until_started

SignIn = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIdentityServer]:
    """The development identity server."""
    with identity_server_in_thread(tmp_path_factory.mktemp("identity")) as running:
        yield running


@pytest.fixture(scope="session")
def served_process_tier(identity: RunningIdentityServer) -> Iterator[ProcessTier]:
    """One stand-in for all tests."""
    with process_tier_in_thread(identity.issuer) as tier:
        yield tier


@pytest.fixture
def process_tier(served_process_tier: ProcessTier) -> ProcessTier:
    """The stand-in, as if just started."""
    url = served_process_tier.url
    served_process_tier.__dict__.update(vars(ProcessTier(url=url)))
    return served_process_tier


@pytest.fixture
def settings(
    identity: RunningIdentityServer, served_process_tier: ProcessTier
) -> ExperienceSettings:
    """What an operator would configure."""
    return ExperienceSettings(
        environment="development",
        process_url=served_process_tier.url,
        process_timeout_seconds=5,
        identity=ExperienceIdentity(
            issuer=identity.issuer,
            client_secret=identity.client_secrets["timepost-experience"],
        ),
        web=WebSettings(access_log=False),
    )


@pytest.fixture
async def api(settings: ExperienceSettings, process_tier: ProcessTier) -> AsyncIterator[HttpClient]:
    """The tier, before the stand-in."""
    async with serving(settings) as client:
        yield client


@pytest.fixture
def signed_in(identity: RunningIdentityServer) -> SignIn:
    """``await signed_in("maya", scope=...)``: headers with the user's token for this tier."""

    async def headers(subject: str, scope: str | None = None) -> dict[str, str]:
        browser = identity.workbench
        if scope is not None:
            browser = replace(browser, scope=scope)
        async with HttpClient(name="identity") as http:
            password = identity.login_password.get_secret_value()
            tokens = await sign_in(http.library_client, browser, subject, password)
        return {"Authorization": f"Bearer {tokens.access_token}"}

    return headers


@asynccontextmanager
async def serving(settings: ExperienceSettings) -> AsyncIterator[HttpClient]:
    """The tier with these settings, called without a socket."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        async with HttpClient("http://api", name="api", transport=ASGITransport(app)) as client:
            yield client
