"""What errors say and what they never show."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cal_source.errors import (
    AuthError,
    BadRequestError,
    CalError,
    ConfigError,
    ForbiddenError,
    NotFoundError,
    RateLimited,
    RequestFailed,
    ServerError,
    Unreachable,
    redact,
    refusal,
)


def subclasses(root):
    for child in root.__subclasses__():
        yield child
        yield from subclasses(child)


@pytest.mark.parametrize("error_class", list(subclasses(CalError)), ids=lambda c: c.__name__)
def test_every_error_is_drawn_in_the_tree_of_the_module(error_class):
    assert f" {error_class.__name__} " in sys.modules[error_class.__module__].__doc__


@pytest.mark.parametrize("error_class", list(subclasses(RequestFailed)), ids=lambda c: c.__name__)
def test_request_failures_keep_their_values_and_say_how_to_mend_them(error_class):
    error = error_class(
        method="GET",
        path="/v2/me",
        status=418,
        request_id="r-1",
        cal_code="TeapotException",
        cal_message="I am a teapot.",
        attempts=3,
    )

    assert (error.method, error.path, error.status) == ("GET", "/v2/me", 418)
    assert (error.request_id, error.cal_code, error.attempts) == ("r-1", "TeapotException", 3)
    assert str(error) == (
        "GET /v2/me answered 418 (request r-1) after 3 tries: I am a teapot. " + error_class.remedy
    )
    assert error.remedy.endswith(".")


def test_request_failure_without_an_answer_says_so():
    error = Unreachable(method="GET", path="/v2/me", cal_message="Connection refused")

    assert str(error).startswith("GET /v2/me got no answer: Connection refused. Check base_url")


def test_request_failure_prefers_broken_rules_to_a_general_message():
    error = BadRequestError(
        method="GET",
        path="/v2/bookings",
        status=400,
        cal_message="Bad Request Exception",
        constraints=("take must not be greater than 250", "skip must not be less than 0"),
    )

    assert "take must not be greater than 250; skip must not be less than 0. Mend" in str(error)


def test_after_changes_only_the_number_of_tries():
    error = ServerError(method="GET", path="/x", status=502, cal_message="down", request_id="r")

    later = error.after(4)

    assert type(later) is ServerError
    assert later.attempts == 4
    assert str(later) == str(error).replace("(request r)", "(request r) after 4 tries")


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, BadRequestError),
        (401, AuthError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, BadRequestError),
        (422, BadRequestError),
        (429, RateLimited),
        (498, AuthError),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (599, ServerError),
    ],
)
def test_refusal_groups_statuses_by_what_can_be_done(status, error_class):
    assert refusal(status) is error_class


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("jane.doe@example.com is taken", "j***@example.com is taken", id="e-mail"),
        pytest.param("for jane%40example.com", "for j***@example.com", id="encoded e-mail"),
        pytest.param("a+b@mail.example.com", "a***@mail.example.com", id="tagged e-mail"),
        pytest.param("Cannot GET /v2/x?email=q&a=b now", "Cannot GET /v2/x?… now", id="query"),
        pytest.param("key cal_live_abc123 expired", "key <secret> expired", id="key"),
        pytest.param("token eyJh.eyJz-_1.c2ln bad", "token <secret> bad", id="jwt"),
        pytest.param("Booking with uid=abc was not found", None, id="nothing to hide"),
        pytest.param("why? because", None, id="a question"),
    ],
)
def test_redact_hides_what_must_not_be_shown(text, shown):
    assert redact(text) == (text if shown is None else shown)


@given(st.text(), st.emails(), st.text())
def test_redact_never_leaves_a_whole_address(before, email, after):
    local, _, domain = email.rpartition("@")
    if len(local) > 1 and "." in domain and not domain.startswith("["):
        assert f"{local}@{domain}" not in redact(f"{before} {email} {after}")


def test_config_error_names_setting_problem_and_remedy():
    error = ConfigError("timeout_seconds", "is negative", "Give seconds above 0.")

    assert str(error) == "timeout_seconds is negative. Give seconds above 0."
    assert (error.setting, error.problem) == ("timeout_seconds", "is negative")
