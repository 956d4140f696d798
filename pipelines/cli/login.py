"""`cal-warehouse login`: sign a person in to a third-party app of Cal.com's."""

from __future__ import annotations

import secrets as randomness
import sys
import webbrowser
from typing import TYPE_CHECKING

from cal_source.client import normalise_base_url
from cal_source.settings import HOSTED_BASE_URL, resolve_settings, secrets_file
from cal_source.signin.callback import Callback
from cal_source.signin.login import AUTHORIZE_URL, SignIn, sign_in
from cal_source.signin.token_endpoint import TokenEndpoint
from cal_source.signin.tokens import App

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def run_login(arguments: argparse.Namespace, output: Output) -> int:
    """Open Cal.com's consent page, wait for its answer and store the tokens."""
    settings = resolve_settings({"base_url": arguments.base_url})
    base_url = normalise_base_url(arguments.base_url or settings.base_url)
    wanted = SignIn(
        app=App(arguments.client_id, _secret(arguments.client_secret)),
        authorize_url=arguments.authorize_url or _authorize_url(base_url),
        scopes=arguments.scope,
        wait_seconds=arguments.wait,
    )

    def show(address: str) -> None:
        output.warn(f"Allow the access on Cal.com's page: {address}")
        if not arguments.no_browser:
            webbrowser.open(address)

    file = secrets_file()
    with Callback(arguments.port) as callback:
        tokens = sign_in(
            wanted,
            callback=callback,
            endpoint=TokenEndpoint(base_url),
            secrets=file,
            show=show,
            random_bytes=randomness.token_bytes,
        )
    output.say(f"Signed in at {base_url}. The sign-in is stored in {file.path} and renews itself.")
    if settings.has_credentials:
        output.warn("A key or token is configured too, and wins over the sign-in; remove it.")
    output.result({
        "base_url": base_url,
        "stored_in": str(file.path),
        "expires_at": tokens.expires_at,
    })
    return 0


def _secret(given: str | None) -> str | None:
    """Return the client's secret; '-' reads it from standard input, out of the shell's history."""
    return sys.stdin.readline().strip() if given == "-" else given


def _authorize_url(base_url: str) -> str:
    """Return the consent page of a server; hosted Cal.com has it on another host than its API."""
    return AUTHORIZE_URL if base_url == HOSTED_BASE_URL else f"{base_url}/auth/oauth2/authorize"
