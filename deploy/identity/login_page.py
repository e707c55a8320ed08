"""The sign-in page: one HTML form that works with the keyboard and without scripts."""

from html import escape
from pathlib import Path
from secrets import token_urlsafe
from string import Template
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from deploy.identity.directory import User

_PAGE = Path(__file__).with_name("login.html")
_CHOICE = Template(
    '<label class="user"><input type="radio" name="subject" value="$subject" required$checked>'
    "<span>$name</span></label>"
)


def login_page(
    users: tuple[User, ...],
    *,
    action: str,
    redirect_uri: str,
    selected: str | None = None,
    failed: bool = False,
) -> HTMLResponse:
    """The form; with ``failed`` it says so, and is answered with 401.

    :param action: where the form goes; carries the authorization request as query.
    :param redirect_uri: where the answer will lead; browsers must be allowed to follow it.
    """
    nonce = token_urlsafe(16)
    body = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        nonce=nonce,
        action=escape(action),
        users="\n".join(_choice(user, selected) for user in users),
        error='<p class="error" role="alert">That password is not right. Try again.</p>'
        if failed
        else "",
    )
    return HTMLResponse(body, 401 if failed else 200, headers=_headers(nonce, redirect_uri))


def _choice(user: User, selected: str | None) -> str:
    return _CHOICE.substitute(
        subject=escape(user.subject),
        name=escape(user.name),
        checked=" checked" if user.subject == selected else "",
    )


def _headers(nonce: str, redirect_uri: str) -> dict[str, str]:
    """Chromium applies ``form-action`` to redirects too, so the client's origin is named."""
    target = urlsplit(redirect_uri)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; "
        f"form-action 'self' {target.scheme}://{target.netloc}; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
