"""The list of answers that break the OpenAPI document is right and up to date."""

from __future__ import annotations

import pytest

from tests.contract.openapi_violations import (
    DOCUMENT,
    Checker,
    Violation,
    judge_all,
    rendered,
)

SCHEMAS = {
    "Person": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "number"},
            "nick": {"type": "string", "nullable": True},
            "role": {"type": "string", "enum": ["ADMIN", "MEMBER"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "boss": {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Person"}]},
            "place": {
                "oneOf": [
                    {"type": "object", "required": ["link"]},
                    {"type": "object", "required": ["phone"]},
                ]
            },
        },
    },
}
PERSON = {"$ref": "#/components/schemas/Person"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"name": "Ada", "age": 36.5, "nick": None, "boss": None}, [], id="good"),
        pytest.param({"name": "Ada", "unknown": 1}, [], id="unknown field"),
        pytest.param({}, [("name", "required", "absent")], id="absent"),
        pytest.param({"name": None}, [("name", "string", "null")], id="null"),
        pytest.param({"name": 1}, [("name", "string", "number")], id="type"),
        pytest.param(
            {"name": "Ada", "age": True}, [("age", "number", "boolean")], id="boolean for number"
        ),
        pytest.param(
            {"name": "Ada", "role": "admin"}, [("role", "one of 2 words", '"admin"')], id="enum"
        ),
        pytest.param(
            {"name": "Ada", "tags": ["a", 2]}, [("tags[]", "string", "number")], id="element"
        ),
        pytest.param(
            {"name": "Ada", "boss": {"age": 1}}, [("name", "required", "absent")], id="reference"
        ),
        pytest.param(
            {"name": "Ada", "place": {}}, [("place", "one of 2 shapes", "none of them")], id="none"
        ),
        pytest.param(
            {"name": "Ada", "place": {"link": "x", "phone": "y"}},
            [("place", "exactly one of 2 shapes", "2 of them")],
            id="several",
        ),
        pytest.param([], [("", "object", "array")], id="whole"),
    ],
)
def test_checker_finds_what_breaks_a_schema(value, expected):
    checker = Checker({"components": {"schemas": SCHEMAS}})

    found = list(checker.check(PERSON, value))

    assert found == [Violation("Person", *one) for one in expected]


@pytest.mark.reference
def test_list_of_violations_is_up_to_date(reference_dir):
    judged = judge_all(reference_dir)

    assert DOCUMENT.read_text("utf-8") == rendered(judged), (
        "run python -m tests.contract.openapi_violations"
    )


@pytest.mark.reference
def test_most_answers_break_the_document(reference_dir):
    """Why types come from the answers; once this fails, the document has become usable."""
    judged = judge_all(reference_dir)

    assert len(judged) > 500
    assert sum(bool(one.violations) for one in judged) > len(judged) / 2


@pytest.mark.reference
def test_list_of_violations_shows_no_values(reference_dir):
    """Only types, counts and words of enums are shown: no names, addresses or secrets."""
    for one in judge_all(reference_dir):
        for violation in one.violations:
            assert "@" not in violation.found
            assert len(violation.found) < 40
