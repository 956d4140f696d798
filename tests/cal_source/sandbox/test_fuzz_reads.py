"""Random requests from the OpenAPI document: the sandbox never breaks, and answers as recorded.

Parameters come from the document (types, enums, bounds), from ids that exist, and from junk.
Good answers are judged by schemas inferred from recordings, not by the document, which most real
answers break (docs/openapi-violations.md).
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.catalogue import OPERATIONS
from cal_source.sandbox import Sandbox, World
from tests.brute_force import ids_by_parameter
from tests.contract.inferred_schemas import infer_schemas, subject, unseen
from tests.contract.read_operations import operation_of

pytestmark = pytest.mark.reference

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "cal-api"
RATE_HEADERS = {f"X-RateLimit-{part}-Default" for part in ("Limit", "Remaining", "Reset")}
KEYS = ("owner", "admin", "teamadmin", "member", "solo", "otherorg", "platformowner", "nobody")
VERSIONS = ("2024-04-15", "2024-06-11", "2024-06-14", "2024-08-13", "2024-09-04", "1999-01-01")
JUNK = st.one_of(
    st.text(
        alphabet=st.characters(min_codepoint=33, exclude_characters="/?#%", codec="utf-8"),
        min_size=1,
    ),
    st.sampled_from(["-1", "0", "1.5", "1e3", "NaN", "9" * 25, "null", "true", "a,b", "١٢"]),
)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
)


def read_json(name):
    return json.loads((REFERENCE / name).read_text("utf-8")) if REFERENCE.is_dir() else {}


DOCUMENT = read_json("openapi.json")
READS = [
    row
    for row in OPERATIONS.values()
    if row.method == "GET" and "get" in DOCUMENT.get("paths", {}).get(row.path, {})
]


@pytest.fixture(scope="module")
def sandbox(reference_dir):
    return Sandbox(World.from_folder(reference_dir / "world"), rate_limit_per_minute=10**9)


@pytest.fixture(scope="module")
def schemas(reference_dir):
    return infer_schemas(reference_dir)


@pytest.fixture(scope="module")
def broken_at_cal(reference_dir):
    """Paths at which the real server itself was recorded answering 5xx."""
    found = set()
    for file in [*reference_dir.glob("recorded/*.json"), *reference_dir.glob("recorded-*/*.json")]:
        call = json.loads(file.read_text("utf-8"))
        if "request" in call and call["request"]["method"] == "GET" and call["status"] >= 500:
            row = operation_of(call["request"]["path"])
            found.add(row.path)
    return found


@pytest.mark.parametrize("row", READS, ids=[row.key for row in READS])
def test_sandbox_answers_any_read_in_a_known_way(row, sandbox, schemas, broken_at_cal):
    ids = ids_by_parameter(sandbox.world)

    @settings(max_examples=40)
    @given(request=requests(row, ids))
    def check(request):
        path, query, headers = request
        answer = sandbox.respond("GET", path, query, headers)

        if not has_odd_number(row, path, ids) and row.path not in broken_at_cal:
            assert answer.status < 500
        body = answer.json() if answer.headers.get("Content-Type", "").startswith("app") else None
        assert is_known_shape(answer.status, body), body
        assert set(answer.headers) >= RATE_HEADERS or answer.status in {401, 404}
        if answer.status == 200 and headers.get("cal-api-version") == row.version:
            judge(row, schemas, body)

    check()


def requests(row, ids):
    """Path, query pairs and headers of a request for one operation."""
    parameters = DOCUMENT["paths"][row.path]["get"].get("parameters", [])
    path = st.fixed_dictionaries({name: path_values(name, ids) for name in row.path_parameters})
    pairs = [
        st.tuples(st.just(parameter["name"]), query_values(parameter["schema"], ids))
        for parameter in parameters
        if parameter["in"] == "query"
    ]
    query = st.lists(st.one_of(*pairs, st.tuples(st.just("unknown"), JUNK)), max_size=4)
    return st.tuples(
        path.map(lambda values: row.url_path(**values).replace("%2C", ",")), query, headers(row)
    )


def path_values(name, ids):
    known = st.sampled_from([str(one) for one in ids[name]]) if ids.get(name) else JUNK
    return st.one_of(known, known, known, known, st.integers(0, 10**6).map(str), JUNK)


def query_values(schema, ids):
    """Values that a parameter documents, ids that exist, and junk."""
    good = [JUNK, INSTANTS]
    if "enum" in schema or "enum" in schema.get("items", {}):
        good.append(st.sampled_from(schema.get("enum") or schema["items"]["enum"]).map(str))
    if schema.get("type") == "number":
        low, high = schema.get("minimum", 0), schema.get("maximum", 300)
        good += [st.integers(low - 1, high + 1).map(str)] * 3
    if schema.get("type") == "boolean":
        good.append(st.sampled_from(["true", "false"]))
    if schema.get("type") in {"string", "array"}:
        every = [str(one) for of_one in ids.values() for one in of_one[:3]]
        good.append(st.sampled_from(every))
    return st.one_of(*good)


def headers(row):
    right = {"cal-api-version": row.version} if row.version else {}
    version = st.one_of(
        st.just(right),
        st.just(right),
        st.sampled_from(VERSIONS).map(lambda v: {"cal-api-version": v}),
    )
    client = {
        "x-cal-client-id": "cmlremhtume2m3shyouf11xq2",
        "x-cal-secret-key": "sandbox-oauth-secret",
    }
    keys = st.sampled_from(KEYS).map(lambda key: {"Authorization": f"Bearer cal_sandbox_{key}"})
    signed = st.one_of(keys, keys, keys, st.just(client), st.just({}))
    return st.builds(lambda one, other: {**one, **other}, version, signed)


def has_odd_number(row, path, ids):
    """Whether a part of the path that is a number in the database is none that it takes."""
    parts = dict(zip(row.path.split("/"), path.split("/"), strict=True))
    numbers = [name for name in row.path_parameters if isinstance(ids.get(name, [""])[0], int)]
    values = [parts["{" + name + "}"] for name in numbers]
    return not all(v.isascii() and v.isdigit() and int(v) < 2**31 for v in values)


def is_known_shape(status, body):
    """Either error shape, the success envelope, or a redirect without a body."""
    if 300 <= status < 400:
        return body is None
    if status < 400:
        return isinstance(body, dict) and body.get("status") == "success"
    if body.keys() == {"status", "timestamp", "path", "error"}:
        return body["status"] == "error" and {"code", "message"} <= body["error"].keys()
    return {"statusCode", "message"} <= body.keys() and body["statusCode"] == status


def judge(row, schemas, body):
    if subject(row) in schemas:
        assert unseen(schemas[subject(row)], body) == []


def test_good_answers_are_judged_for_nearly_all_reads(schemas):
    """Those without any recorded good answer: newer than the server, or always refused."""
    judged = Counter(subject(row) in schemas for row in READS)

    assert judged[True] / judged.total() > 0.8


def test_a_field_that_no_recording_has_is_noticed(schemas):
    good = {"data": {"id": 1, "email": "j@example.com"}}

    assert unseen(schemas["me"], good) == []
    assert unseen(schemas["me"], {"data": {"id": "1", "surprise": None}}) == [
        "[].id: str",
        "[].surprise: null",
    ]
