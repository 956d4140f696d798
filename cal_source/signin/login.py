"""The sign-in itself: consent page, callback, code, tokens (RFC 6749, 7636 and 8252)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from cal_source.signin.errors import ConsentDenied, StateMismatch
from cal_source.signin.pkce import challenge, random_text
from cal_source.signin.stored import write_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cal_source.signin.callback import Callback
    from cal_source.signin.secrets_file import SecretsFile
    from cal_source.signin.token_endpoint import TokenEndpoint
    from cal_source.signin.tokens import App, Tokens

AUTHORIZE_URL: Final = "https://app.cal.com/auth/oauth2/authorize"
"""The consent page of hosted Cal.com."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What is asked for.

    Attributes:
        app: The app that asks.
        authorize_url: The consent page.
        scopes: What the app may do; empty for what it was registered with.
        wait_seconds: How long the person may take.
    """

    app: App
    authorize_url: str = AUTHORIZE_URL
    scopes: Sequence[str] = ()
    wait_seconds: float = 300.0


def sign_in(
    wanted: SignIn,
    *,
    callback: Callback,
    endpoint: TokenEndpoint,
    secrets: SecretsFile,
    show: Callable[[str], object],
    random_bytes: Callable[[int], bytes],
) -> Tokens:
    """Sign a person in and store the tokens; a sign-in stored before stays until then.

    Args:
        wanted: What is asked for.
        callback: Listens for the browser's return.
        endpoint: Exchanges the code.
        secrets: Where the tokens are stored.
        show: Opens the consent page's address in a browser, or shows it.
        random_bytes: That many bytes that nobody can guess.

    Raises:
        SignInError: It was denied, came back wrong, late or not at all.
        RequestFailed: The token endpoint gave no usable answer.
        ConfigError: The tokens cannot be stored; told before the person is asked.
    """
    with secrets.locked():
        secrets.check_writable()
    state, verifier = random_text(random_bytes), random_text(random_bytes)
    show(
        authorize_address(
            wanted, redirect_uri=callback.address, state=state, challenge=challenge(verifier)
        )
    )
    code = _code(callback.wait(wanted.wait_seconds), state)
    tokens = endpoint.exchange(
        wanted.app, code=code, redirect_uri=callback.address, verifier=verifier
    )
    with secrets.locked():
        write_tokens(secrets, tokens)
    return tokens


def authorize_address(wanted: SignIn, *, redirect_uri: str, state: str, challenge: str) -> str:
    """Return the address of the consent page for one sign-in."""
    query = {
        "response_type": "code",
        "client_id": wanted.app.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if wanted.scopes:
        query["scope"] = " ".join(wanted.scopes)
    return f"{wanted.authorize_url}?{urlencode(query)}"


def _code(query: Mapping[str, str], state: str) -> str:
    """Return the code of a callback that belongs to this sign-in.

    Raises:
        StateMismatch: It belongs to another.
        ConsentDenied: It brings no code.
    """
    if not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        raise StateMismatch
    if "code" not in query:
        raise ConsentDenied(query.get("error") or "no code came back")
    return query["code"]
