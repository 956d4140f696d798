"""Working hours and calendars changed through API v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cal_source.sandbox.connections import SelectedCalendar

if TYPE_CHECKING:
    from cal_source.sandbox import Answer, Sandbox


def send(
    sandbox: Sandbox, method: str, path: str, body: Any = None, key: str = "cal_sandbox_owner"
) -> Answer:
    content = b"" if body is None else msgspec.json.encode(body)
    return sandbox.respond(method, path, [("apiKey", key)], {}, content)


def test_range_of_working_hours_is_changed(sandbox: Sandbox) -> None:
    key = sandbox.world.users[1001].default_schedule_id or 0
    body = {"days": [1, 3], "startTime": "1970-01-01T10:00:00Z", "endTime": "1970-01-01T15:30:00Z"}

    answer = send(sandbox, "PATCH", f"/v1/availabilities/{key * 100}", body)

    assert answer.status == 200
    first = sandbox.world.schedules[key].availability[0]
    assert first == {"days": ["Monday", "Wednesday"], "startTime": "10:00", "endTime": "15:30"}


def test_selected_calendar_is_exchanged(sandbox: Sandbox) -> None:
    rows = sandbox.world.connections.selected_calendars
    rows.append(SelectedCalendar(1001, "google_calendar", "a@example.com", 1))

    path = "/v1/selected-calendars/1001_google_calendar_a@example.com"
    answer = send(sandbox, "PATCH", path, {"externalId": "b@example.com"})

    assert answer.status == 200
    assert rows == [SelectedCalendar(1001, "google_calendar", "b@example.com", 1)]


def test_destination_calendar_is_forgotten(sandbox: Sandbox) -> None:
    sandbox.world.connections.destination_calendars[1001] = {"id": 7}

    assert send(sandbox, "DELETE", "/v1/destination-calendars/7").status == 200
    assert not sandbox.world.connections.destination_calendars
    assert send(sandbox, "DELETE", "/v1/destination-calendars/7").status == 404


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v1/availabilities/{own}", "cal_nobody", 401),
        ("/v1/availabilities/{own}", "cal_sandbox_solo", 403),
        ("/v1/availabilities/99", "cal_sandbox_owner", 404),
        ("/v1/selected-calendars/1001_zoom_x", "cal_sandbox_owner", 404),
        ("/v1/selected-calendars/1003_zoom_x", "cal_sandbox_owner", 403),
    ],
)
def test_refusals_have_v1s_own_shape(sandbox: Sandbox, path: str, key: str, status: int) -> None:
    own = (sandbox.world.users[1001].default_schedule_id or 0) * 100

    answer = send(sandbox, "PATCH", path.format(own=own), {}, key)

    assert answer.status == status
    if status != 401:
        assert set(answer.json()) == {"message"}
