"""Where settings come from, and which of several credentials wins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cal_source.errors import ConfigError
from cal_source.settings import Settings, resolve_settings, secrets_file
from cal_source.signin.secrets_file import SecretsFile
from cal_source.signin.stored import StoredTokens, write_tokens
from cal_source.signin.tokens import App, Tokens

SERVER = "https://cal.example.com"


@pytest.fixture
def signed_in(tmp_path):
    secrets = SecretsFile(tmp_path / "secrets.toml")
    ends = datetime(2100, 1, 1, tzinfo=UTC)
    write_tokens(secrets, Tokens(App("app"), SERVER, "access", "refresh", ends))
    return StoredTokens(secrets)


def test_settings_come_from_the_environment_where_dlt_knows_nothing():
    found = resolve_settings(
        {},
        {
            "CAL_API_KEY": "cal_x",
            "CAL_BASE_URL": SERVER,
            "CAL_ORG_ID": "7",
            "CAL_V1_BASE_URL": f"{SERVER}/api/v1",
        },
    )

    assert (found.api_key, found.base_url, found.organization_id) == ("cal_x", SERVER, 7)
    assert found.v1_base_url == f"{SERVER}/api/v1"


def test_settings_are_for_hosted_calcom_unless_they_say_otherwise():
    assert resolve_settings({}, {"CAL_API_KEY": "cal_x"}).base_url == "https://api.cal.com"


def test_secrets_file_is_dlts_own():
    assert secrets_file().path.parts[-2:] == (".dlt", "secrets.toml")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"api_key": "cal_x"}, "api key"),
        ({"access_token": "t"}, "access token"),
        ({"client_id": "c", "client_secret": "s"}, "platform client"),
        ({}, "sign-in"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_client_signs_with_what_is_given_and_else_with_the_sign_in(signed_in, given, kind):
    settings = Settings(base_url=SERVER, signed_in=signed_in, **given)

    assert repr(settings.client()) == f"CalClient('{SERVER}', {kind})"


def test_client_of_nobody_is_refused():
    with pytest.raises(ConfigError, match="cal-warehouse login"):
        Settings().client()


def test_sign_in_is_refused_for_another_server(signed_in):
    with pytest.raises(ConfigError, match="tokens go nowhere else") as refused:
        Settings(base_url="https://other.example.com", signed_in=signed_in).client()

    assert SERVER in str(refused.value)


def test_settings_show_no_secret(signed_in):
    shown = repr(
        Settings(
            api_key="canary", access_token="canary", client_secret="canary", signed_in=signed_in
        )
    )

    assert "canary" not in shown
    assert "access" not in shown
