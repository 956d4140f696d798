"""The catalogue against the published actions, the OpenAPI document and recorded answers."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import pytest

from cal_source.catalogue import OPERATIONS, Evidence, Kind, Paging

pytestmark = pytest.mark.reference

EVIDENCE = {
    "recorded": Evidence.RECORDED,
    "recorded-failure": Evidence.REFUSAL,
    "source": Evidence.SOURCE,
    "docs": Evidence.DOCS,
}


@pytest.fixture(scope="module")
def actions(reference_dir):
    rows = json.loads((reference_dir / "actions.json").read_text("utf-8"))
    return {row["key"]: row for row in rows}


@pytest.fixture(scope="module")
def openapi(reference_dir):
    return json.loads((reference_dir / "openapi.json").read_text("utf-8"))["paths"]


@pytest.fixture(scope="module")
def recordings(reference_dir):
    """Recorded calls by (method, path template) of the catalogue."""
    files = [*reference_dir.glob("recorded/*.json"), *reference_dir.glob("recorded-actions/*.json")]
    found = defaultdict(list)
    for file in sorted(files):
        call = None if file.name.startswith("_") else json.loads(file.read_text("utf-8"))
        if isinstance(call, dict) and "request" in call:
            request = call["request"]
            template = most_specific(request["method"], request["path"].removeprefix("/api"))
            if template is not None:
                found[request["method"], template].append(call)
    return found


@pytest.fixture(scope="module")
def world_versions(reference_dir):
    """Versions with which the recorded world's lists were read, by (method, path template)."""
    index = json.loads((reference_dir / "world" / "index.json").read_text("utf-8"))
    found = defaultdict(set)
    for entry in index.values():
        if isinstance(entry, dict) and entry.get("status") == 200:
            found["GET", most_specific("GET", entry["path"])].add(entry["version"])
    return found


def most_specific(method, path):
    """Return the catalogue path that `path` is of; fixed segments win over parameters."""
    fits = [
        row.path
        for row in OPERATIONS.values()
        if row.method == method
        and re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", row.path), path.rstrip("/"))
    ]
    return min(fits, key=lambda template: template.count("{"), default=None)


def test_catalogue_holds_exactly_the_published_actions(actions):
    ours = {key for key, row in OPERATIONS.items() if row.is_action}

    assert ours == set(actions)
    assert len(ours) == 176


def test_catalogue_agrees_with_the_published_facts(actions):
    for key, action in actions.items():
        row = OPERATIONS[key]
        assert row.action == action["action"], key
        assert row.kind == action["kind"], key
        assert (row.method, row.path) == (action["method"], action["path"]), key
        assert row.version == action["cal_api_version"], key
        assert row.table == action["warehouse_table"], key
        assert list(row.parents) == action["parents"], key
        assert row.scope == action["scope"], key
        assert row.idempotent == action["idempotent"], key
        assert row.irreversible == action["irreversible"], key
        assert row.undo == action["undo"], key
        assert row.evidence == EVIDENCE[action["evidence"]], key
        assert row.is_v1 == (action["source"] == "v1"), key


def test_every_operation_is_in_openapi_or_says_why_not(openapi):
    for key, row in OPERATIONS.items():
        documented = openapi.get(row.path, {}).get(row.method.lower())
        assert bool(documented) != bool(row.missing_from_openapi), key


def test_every_version_is_the_documented_one_where_openapi_names_one(openapi):
    for key, row in OPERATIONS.items():
        documented = openapi.get(row.path, {}).get(row.method.lower(), {})
        for parameter in documented.get("parameters", ()):
            named = parameter["schema"].get("default")
            if parameter["name"] == "cal-api-version" and named:
                assert row.version == named, key


def test_page_sizes_do_not_exceed_the_documented_maximum(openapi):
    for key, row in OPERATIONS.items():
        documented = openapi.get(row.path, {}).get(row.method.lower(), {})
        for parameter in documented.get("parameters", ()):
            maximum = parameter["schema"].get("maximum")
            if parameter["name"] in {"take", "limit"} and maximum and row.page_size:
                assert row.page_size <= maximum, key


def test_paged_operations_have_paging_parameters_and_whole_lists_have_none(openapi):
    wanted = {
        Paging.OFFSET: {"take", "skip"},
        Paging.BOOKINGS: {"take", "skip"},
        Paging.LIMIT: {"limit", "offset"},
        Paging.WHOLE: set(),
        Paging.ONE: set(),
    }
    for key, row in OPERATIONS.items():
        documented = openapi.get(row.path, {}).get(row.method.lower())
        if documented and row.kind is Kind.READ:
            names = {parameter["name"] for parameter in documented.get("parameters", ())}
            assert names & {"take", "skip", "limit", "offset"} == wanted[row.paging], key
            assert {name for name, _ in row.ordered_by} <= names, key
            assert set(row.incremental) <= names, key


def test_recorded_operations_answer_the_version_of_the_row(recordings, world_versions):
    """No row claims a recording that is not there, nor a version that the server refused."""
    for key, row in OPERATIONS.items():
        if row.evidence is not Evidence.RECORDED or row.kind is Kind.CREDENTIAL:
            continue  # a sign-in callback without a real provider can only be recorded failing
        calls = recordings[row.method, row.path]
        good = [call for call in calls if 200 <= call["status"] < 400]
        versions = {call["request"]["headers"].get("cal-api-version") for call in good}
        versions |= world_versions[row.method, row.path]
        assert versions, key
        assert row.version in versions, (key, versions)


def test_refused_operations_have_only_refusals_recorded(recordings):
    for key, row in OPERATIONS.items():
        if row.evidence is Evidence.REFUSAL:
            statuses = [call["status"] for call in recordings[row.method, row.path]]
            assert statuses, key
            assert all(status >= 400 for status in statuses), (key, statuses)


def test_recorded_answers_have_the_shape_that_paging_says(recordings):
    """A list is a list in the row's version, and one object is no list."""
    exceptions = {"retrieve_booking_details_by_uid"}  # a series answers its occurrences as a list
    for key, row in OPERATIONS.items():
        if row.kind is not Kind.READ or key in exceptions:
            continue
        for call in recordings[row.method, row.path]:
            version = call["request"]["headers"].get("cal-api-version")
            data = call["body"].get("data") if isinstance(call["body"], dict) else None
            if call["status"] != 200 or version != row.version or data is None:
                continue
            is_list = isinstance(data, list)
            assert is_list == (row.paging is not Paging.ONE), (key, type(data))


def test_bookings_lists_have_pagination_and_no_other_list_does(recordings):
    for key, row in OPERATIONS.items():
        for call in recordings[row.method, row.path]:
            version = call["request"]["headers"].get("cal-api-version")
            if row.kind is Kind.READ and call["status"] == 200 and version == row.version:
                has_pagination = "pagination" in call["body"]
                assert has_pagination == (row.paging is Paging.BOOKINGS), key
