"""Mails and webhooks that would have left."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.outbox import Outbox
from cal_source.sandbox.records import Webhook
from tests.cal_source.sandbox.booking_requests import asked, key_of
from tests.cal_source.sandbox.conftest import NOW, telling


@pytest.fixture
def sandbox(empty_world: World) -> Sandbox:
    empty_world.webhooks.clear()
    return Sandbox(empty_world, rate_limits=False)


def subscribe(world: World, name: str, **columns: Any) -> None:
    triggers = columns.pop("triggers", ["BOOKING_CREATED"])
    url = f"https://{name}.example.com/hook"
    world.webhooks[name] = Webhook(name, url, triggers, NOW, **columns)


def test_webhook_is_signed_over_the_body_it_sends() -> None:
    outbox = Outbox()
    webhook = Webhook("w", "https://example.com/hook", [], NOW, secret="whsec")

    outbox.deliver(webhook, "BOOKING_CREATED", {"uid": "ü"}, NOW)

    [sent] = outbox.webhooks
    expected = hmac.new(b"whsec", sent.body, hashlib.sha256).hexdigest()
    assert sent.headers["X-Cal-Signature-256"] == expected
    assert sent.headers["X-Cal-Webhook-Version"] == "2021-10-20"
    assert json.loads(sent.body) == {
        "triggerEvent": "BOOKING_CREATED",
        "createdAt": "2026-11-22T09:00:00.000Z",
        "payload": {"uid": "ü"},
    }


def test_webhook_without_secret_says_so() -> None:
    outbox = Outbox()

    outbox.deliver(Webhook("w", "https://example.com/hook", [], NOW), "BOOKING_PAID", {}, NOW)

    assert outbox.webhooks[0].headers["X-Cal-Signature-256"] == "no-secret-provided"


@pytest.mark.parametrize(
    ("template", "body", "kind"),
    [
        ('{"k":"{{type}} {{ organizer.name }}{{nope.x}}"}', '{"k":"30min Ingrid"}', "json"),
        ("t={{triggerEvent}}", "t=BOOKING_CREATED", "x-www-form-urlencoded"),
    ],
    ids=["json", "form"],
)
def test_template_replaces_the_whole_body(template: str, body: str, kind: str) -> None:
    outbox = Outbox()
    webhook = Webhook("w", "https://example.com/hook", [], NOW, payload_template=template)
    payload = {"type": "30min", "organizer": {"name": "Ingrid"}}

    outbox.deliver(webhook, "BOOKING_CREATED", payload, NOW)

    assert outbox.webhooks[0].body.decode() == body
    assert outbox.webhooks[0].headers["Content-Type"] == f"application/{kind}"


def test_personal_booking_reaches_user_event_type_and_organization(sandbox: Sandbox) -> None:
    world, key = sandbox.world, key_of(sandbox.world, "30min")
    subscribe(world, "user", user_id=1001)
    subscribe(world, "eventtype", event_type_id=key)
    subscribe(world, "organization", team_id=101)
    subscribe(world, "other-user", user_id=1002)
    subscribe(world, "other-team", team_id=102)
    subscribe(world, "inactive", user_id=1001, is_active=False)
    subscribe(world, "other-trigger", user_id=1001, triggers=["BOOKING_CANCELLED"])

    telling(sandbox)("/v2/bookings", asked(key))

    names = [sent.subscriber.split("//")[1].split(".")[0] for sent in sandbox.outbox.webhooks]
    assert names == ["user", "eventtype", "organization"]


def test_team_booking_reaches_the_team_and_not_its_host(sandbox: Sandbox) -> None:
    world, key = sandbox.world, key_of(sandbox.world, "discovery", None)
    world.edit("event_types", key, settings={})
    for host in (1003, 1004, 1005, 1006):
        subscribe(world, f"user{host}", user_id=host)
    subscribe(world, "team", team_id=102)
    subscribe(world, "organization", team_id=101)

    telling(sandbox)("/v2/bookings", asked(key, "2026-11-23T15:00:00Z"))

    names = [sent.subscriber.split("//")[1].split(".")[0] for sent in sandbox.outbox.webhooks]
    assert names == ["team", "organization"]
    assert sandbox.outbox.webhooks[0].payload["team"]["id"] == 102


def test_managed_users_booking_reaches_the_platforms_client(sandbox: Sandbox) -> None:
    world, key = sandbox.world, key_of(sandbox.world, "30min", 1023)
    subscribe(world, "client", oauth_client_id=world.users[1023].oauth_client_id)

    telling(sandbox)("/v2/bookings", asked(key, "2026-11-23T15:00:00Z"))

    [sent] = sandbox.outbox.webhooks
    assert sent.payload["platformClientId"] == world.users[1023].oauth_client_id


def test_pending_booking_is_requested_then_created_or_rejected(sandbox: Sandbox) -> None:
    triggers = ["BOOKING_REQUESTED", "BOOKING_CREATED", "BOOKING_REJECTED"]
    subscribe(sandbox.world, "user", user_id=1001, triggers=triggers)
    tell, key = telling(sandbox), key_of(sandbox.world, "on-request")
    one = tell("/v2/bookings", asked(key)).json()["data"]
    two = tell("/v2/bookings", asked(key, "2026-11-23T12:00:00Z")).json()["data"]

    tell(f"/v2/bookings/{one['uid']}/confirm")
    tell(f"/v2/bookings/{two['uid']}/decline", {"reason": "Busy"})

    sent = [(item.trigger, item.payload["status"]) for item in sandbox.outbox.webhooks]
    assert sent == [
        ("BOOKING_REQUESTED", "PENDING"),
        ("BOOKING_REQUESTED", "PENDING"),
        ("BOOKING_CREATED", "ACCEPTED"),
        ("BOOKING_REJECTED", "REJECTED"),
    ]


def test_outbox_can_be_read_by_another_process(sandbox: Sandbox) -> None:
    subscribe(sandbox.world, "user", user_id=1001)
    sandbox.clock.advance(timedelta(hours=1))
    telling(sandbox)("/v2/bookings", asked(key_of(sandbox.world, "30min")))

    outbox = sandbox.respond("GET", "/_sandbox/outbox").json()

    assert {mail["kind"] for mail in outbox["mails"]} == {"scheduled"}
    [webhook] = outbox["webhooks"]
    assert webhook["trigger"] == "BOOKING_CREATED"
    assert json.loads(webhook["body"])["createdAt"] == "2026-11-22T10:00:00.000Z"
