"""Every recorded webhook, held against what the sandbox sends in the same series of calls."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from tests.contract import recorded_steps as steps
from tests.contract.recorded_writes import Bindings, Replay, read_writes

pytestmark = pytest.mark.reference

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "cal-api"
DELIVERIES = REFERENCE / "recorded" / "_webhook_deliveries.jsonl"
FIRST_WRITE = "w_booking_create"
# The team's own subscription is in no list of the world, as no operation lists it.
UNLISTED = {"team"}
_RANDOM = re.compile(r"[0-9A-Za-z]{20,22}|[0-9a-f]{8}-[0-9a-f-]{27}")

Key = tuple[str, str, str]


def _key(url: str, trigger: str, payload: dict[str, Any]) -> Key:
    """Subscriber, trigger and booking: what tells deliveries apart."""
    return url.rpartition("/")[2], trigger, payload.get("uid") or payload["bookingUid"]


def _recorded() -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = defaultdict(list)
    if not DELIVERIES.is_file():
        return found
    for line in DELIVERIES.read_text("utf-8").splitlines():
        sent = json.loads(line)
        envelope = sent["p"]
        key = _key(sent["u"], envelope["triggerEvent"], envelope["payload"])
        if key[0] not in UNLISTED:
            found[key].append(envelope["payload"])
    return found


RECORDED = _recorded()


@cache
def _played() -> tuple[Bindings, dict[Key, list[Any]]]:
    replay = Replay(Sandbox(World.from_folder(REFERENCE / "world")))
    calls = read_writes(REFERENCE / "recorded")
    names = [call.name for call in calls]
    for call in calls[names.index(FIRST_WRITE) :]:
        if call.name in steps.IN_FIRST_SERIES:
            steps.IN_FIRST_SERIES[call.name](replay)
        replay.play(call)
    sent: dict[Key, list[Any]] = defaultdict(list)
    for delivery in replay.sandbox.outbox.webhooks:
        key = _key(delivery.subscriber, delivery.trigger, delivery.payload)
        sent[key].append(json.loads(delivery.body)["payload"])
    return replay.bindings, sent


@pytest.mark.parametrize("key", RECORDED, ids=["-".join(key) for key in RECORDED])
def test_sandbox_sends_a_recorded_webhook_like_the_real_server(key: Key) -> None:
    bindings, sent = _played()
    subscriber, trigger, uid = key

    ours = sent[subscriber, trigger, bindings.words.get(uid, uid)]

    assert len(ours) == len(RECORDED[key])
    for recorded, payload in zip(RECORDED[key], ours, strict=True):
        assert _differences("", bindings.value(recorded, ""), payload, bindings) == []


def test_sandbox_sends_no_webhook_more(reference_dir: Path) -> None:
    bindings, sent = _played()

    expected = {(url, trigger, bindings.words.get(uid, uid)) for url, trigger, uid in RECORDED}

    assert {key for key, deliveries in sent.items() if deliveries} == expected


def _differences(where: str, recorded: Any, ours: Any, bindings: Bindings) -> list[str]:
    """What is not the same, in words; ids that nothing else ever showed may be anything."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        found = [f"{where}: missing {name}" for name in recorded.keys() - ours.keys()]
        found += [f"{where}: extra {name}" for name in ours.keys() - recorded.keys()]
        for name in recorded.keys() & ours.keys():
            is_attendee_id = name == "id" and ".attendees" in where
            if not is_attendee_id:
                found += _differences(f"{where}.{name}", recorded[name], ours[name], bindings)
        return found
    if isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
        pairs = enumerate(zip(recorded, ours, strict=True))
        return [
            text
            for n, (one, two) in pairs
            for text in _differences(f"{where}[{n}]", one, two, bindings)
        ]
    if isinstance(recorded, str) and isinstance(ours, str):
        recorded, ours = _without_unseen(recorded, ours, bindings)
    return [] if recorded == ours else [f"{where}: {ours!r} instead of {recorded!r}"]


def _without_unseen(recorded: str, ours: str, bindings: Bindings) -> tuple[str, str]:
    known = set(bindings.words.values()) | bindings.known
    if {name for name in _RANDOM.findall(recorded) if name not in known}:
        return _RANDOM.sub("*", recorded), _RANDOM.sub("*", ours)
    return recorded, ours
