"""What the sandbox would have sent: mails, and webhooks signed as Cal.com signs them.

Nothing leaves the process; tests and the control routes read what is here.

Source: BEHAVIOUR.md section 9.1; `recorded/_webhook_deliveries.jsonl`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.clock import to_iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cal_source.sandbox.records import Json, Webhook

SIGNATURE_HEADER: Final = "X-Cal-Signature-256"
_UNSIGNED: Final = "no-secret-provided"
_PAYLOAD_VERSION: Final = "2021-10-20"
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: what it is about, to whom, and the booking it is about, if any."""

    kind: str
    to: str
    booking_uid: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request: `body` is what the signature in `headers` is made from."""

    trigger: str
    subscriber: str
    payload: Json
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Outbox:
    """Mails and webhooks in the order in which they would have left."""

    mails: list[Mail] = field(default_factory=list)
    webhooks: list[Delivery] = field(default_factory=list)

    def mail(
        self,
        kind: str,
        recipients: Iterable[str],
        now: datetime,
        booking_uid: str | None = None,
    ) -> None:
        """Send one mail of a kind to each address, once."""
        for address in dict.fromkeys(recipients):
            self.mails.append(Mail(kind, address, booking_uid, now))

    def deliver(self, webhook: Webhook, trigger: str, payload: Json, now: datetime) -> None:
        """Send one webhook; a payload template of the subscriber replaces the whole body."""
        envelope = {"triggerEvent": trigger, "createdAt": to_iso(now), "payload": payload}
        body = msgspec.json.encode(envelope)
        if webhook.payload_template:
            flat = payload | {"triggerEvent": trigger, "createdAt": to_iso(now)}
            body = _filled(webhook.payload_template, flat).encode()
        headers = {
            "Content-Type": _content_type(body),
            SIGNATURE_HEADER: signature(webhook.secret, body),
            "X-Cal-Webhook-Version": _PAYLOAD_VERSION,
        }
        self.webhooks.append(Delivery(trigger, webhook.subscriber_url, payload, headers, body))

    def as_json(self) -> Json:
        """Everything sent, for the control routes."""
        webhooks = [
            {
                "trigger": sent.trigger,
                "subscriber": sent.subscriber,
                "headers": sent.headers,
                "body": sent.body.decode(),
            }
            for sent in self.webhooks
        ]
        return {"mails": self.mails, "webhooks": webhooks}


def signature(secret: str | None, body: bytes) -> str:
    """The hexadecimal HMAC-SHA256 of a body, or the words Cal.com sends without a secret."""
    if not secret:
        return _UNSIGNED
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _filled(template: str, values: Json) -> str:
    """Put values into `{{name}}` and `{{name.part}}`; unknown names become empty."""

    def value_of(match: re.Match[str]) -> str:
        value: Any = values
        for part in match[1].split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        return str(value)

    return _PLACEHOLDER.sub(value_of, template)


def _content_type(body: bytes) -> str:
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        return "application/x-www-form-urlencoded"
    return "application/json"
