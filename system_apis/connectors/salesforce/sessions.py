"""The session with the org: opened when it is needed, and again when Salesforce ends it.

Salesforce does not say how long a session lasts; only a refused call shows that it is over.
"""

import asyncio
from urllib.parse import urlencode

from pydantic import ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import UpstreamRefused, UpstreamUnavailable
from system_apis.connectors.salesforce.platform_models import LoginError, Session
from system_apis.connectors.salesforce.settings import SalesforceSettings


class Sessions:
    """One at a time: whoever needs it first opens it, while the others wait."""

    def __init__(self, http: HttpClient, settings: SalesforceSettings) -> None:
        self._http = http
        self._settings = settings
        self._lock = asyncio.Lock()
        self._open: Session | None = None

    async def current(self) -> Session:
        """
        :raises UpstreamRefused: Salesforce refuses the app or the user.
        """
        async with self._lock:
            if self._open is None:
                self._open = await self._login()
            return self._open

    async def ended(self, session: Session) -> None:
        """Salesforce says that it is over; the next call opens another."""
        async with self._lock:
            if self._open is session:
                self._open = None

    async def _login(self) -> Session:
        """A session too many does no harm, so a lost answer may be asked for again."""
        answer = await self._http.post(
            f"{self._settings.login_url}/services/oauth2/token",
            content=urlencode(self._form()).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            idempotent=True,
        )
        if answer.status_code >= 500 or answer.status_code == 429:
            raise UpstreamUnavailable(f"Salesforce answers {answer.status_code} to the login.")
        if not answer.is_success:
            raise UpstreamRefused(
                f"Salesforce refuses the login ({_reason(answer)}).",
                action="Check client_id and client_secret, that the connected app allows the "
                "flow, and that its user is active; else username and password.",
                code="salesforce_login_refused",
            )
        return self._understood(answer)

    def _form(self) -> dict[str, str]:
        form = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        if self._settings.username is None or self._settings.password is None:
            return {**form, "grant_type": "client_credentials"}
        return {
            **form,
            "grant_type": "password",
            "username": self._settings.username,
            "password": self._settings.password.get_secret_value(),
        }

    def _understood(self, answer: Response) -> Session:
        """
        :raises UpstreamRefused: it is no session, or would take our calls to plain HTTP.
        """
        try:
            session = Session.model_validate_json(answer.content)
        except ValidationError:
            session = None
        is_safe = session is not None and (
            session.instance_url.startswith("https://")
            or self._settings.login_url.startswith("http://")
        )
        if session is None or not is_safe:
            # Outside of the block: the exception would quote the token.
            raise UpstreamRefused(
                "Salesforce's answer to the login is not understood.",
                action="Check login_url: it is the org's own domain, without a path.",
                code="salesforce_answer_not_understood",
            )
        return session


def _reason(answer: Response) -> str:
    """One word of OAuth; the description may name the user."""
    try:
        told = LoginError.model_validate_json(answer.content).error
    except ValidationError:
        told = None
    return told[:50] if told else str(answer.status_code)
