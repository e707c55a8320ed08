"""Tokens of the development server's users, as they come through the experience tier."""

from deploy.identity.in_thread import RunningIdentityServer
from deploy.identity.sign_in import BrowserClient, sign_in
from shared.http_client import HttpClient
from shared.identity import IdentitySettings, ServiceTokens, TokenVerifier


async def token_of(identity: RunningIdentityServer, subject: str, *scopes: str) -> str:
    """Signed in at the experience tier, and exchanged for a token for the process tier."""
    browser = BrowserClient(
        identity.workbench.issuer,
        identity.workbench.client_id,
        identity.workbench.redirect_uri,
        " ".join(("openid", *scopes)),
    )
    settings = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-experience",
        client_id="timepost-experience",
        client_secret=identity.client_secrets["timepost-experience"],
    )
    async with HttpClient(name="identity") as http:
        password = identity.login_password.get_secret_value()
        signed_in = await sign_in(http.library_client, browser, subject, password)
        caller = await TokenVerifier(settings, http.library_client).verify(signed_in.access_token)
        tokens = ServiceTokens(settings, http.library_client)
        return await tokens.exchange_token(caller, "timepost-process", list(scopes))
