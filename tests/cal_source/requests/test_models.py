"""Every field of every request model once: unknown, missing, null, of a wrong type.

Bodies are made from the models' own JSON schemas, so a new field is tested without a new test.
"""

from __future__ import annotations

from functools import cache

import pytest

from cal_source.call_errors import BrokenRule, RequestBodyError
from cal_source.catalogue import OPERATIONS, Kind
from cal_source.requests import CREDENTIAL_MODELS, REQUEST_MODELS, check_body
from cal_source.requests.body import RequestBody

NULLABLE = {
    "CreateOrganizationUser": {"theme", "appTheme", "locale"},
    "OrganizationUser": {"theme", "appTheme", "locale"},
    "UpdateOrganizationUser": {"theme", "appTheme", "locale"},
    "Routing": {"queuedResponseId", "responseId"},
}
CONTRADICTS = {"assignAllTeamMembers"}  # hosts or this, not both
ASKED_FOR_BY_A_RULE = {  # beyond the fields that are always required
    "NewBooking": {"eventTypeId": 1},
    "NewInstantBooking": {"eventTypeId": 1},
    "NewSeries": {"eventTypeId": 1},
    "Booker": {"email": "ada@example.com"},
}
OF_NO_JSON_TYPE = object()


def all_models(base=RequestBody):
    for model in base.__subclasses__():
        yield model
        yield from all_models(model)


MODELS = {model.__name__: model for model in all_models()}


def example(schema, definitions):
    """A valid value with every field that contradicts no other."""
    if "$ref" in schema:
        return example(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for union in ("oneOf", "anyOf", "allOf"):
        if union in schema:
            return example(schema[union][0], definitions)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema["type"]:
        case "object":
            fields = schema.get("properties", {}).items()
            return {
                name: example(field, definitions)
                for name, field in fields
                if name not in CONTRADICTS
            }
        case "array":
            return [example(schema["items"], definitions)] * schema.get("minItems", 1)
        case "integer":
            return min(30, schema.get("maximum", 30))
        case kind:
            return {"boolean": True, "string": "text"}[kind]


@cache
def schema_of(model):
    return model.model_json_schema()


@cache
def whole(model):
    schema = schema_of(model)
    return example(schema, schema.get("$defs", {}))


def required(model):
    names = schema_of(model).get("required", [])
    extra = ASKED_FOR_BY_A_RULE.get(model.__name__, {})
    return {name: whole(model)[name] for name in names} | extra


def refusal(model, body):
    with pytest.raises(RequestBodyError) as refused:
        check_body("some_write", model, body)
    return {rule.field: rule.rule for rule in refused.value.rules}


def fields_of(*, only_required=False):
    for name, model in MODELS.items():
        schema = schema_of(model)
        fields = schema.get("required", []) if only_required else schema.get("properties", {})
        for field in fields:
            yield pytest.param(model, field, id=f"{name}.{field}")


def test_registry_covers_exactly_the_writes_of_the_catalogue():
    writes = {key for key, row in OPERATIONS.items() if row.kind is Kind.WRITE and row.is_action}

    assert set(REQUEST_MODELS) == writes
    assert len(writes) == 89


def test_credential_models_belong_to_credential_flows():
    assert all(OPERATIONS[key].kind is Kind.CREDENTIAL for key in CREDENTIAL_MODELS)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_model_accepts_its_required_fields_and_all_fields(model):
    for body in (required(model), whole(model)):
        assert check_body("some_write", model, body) == body


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_model_refuses_an_unknown_field_by_name_and_without_its_value(model):
    with pytest.raises(RequestBodyError) as refused:
        check_body("some_write", model, {**whole(model), "labUnknownField": "canary"})

    assert [rule.field for rule in refused.value.rules] == ["labUnknownField"]
    assert "is not a field" in str(refused.value)
    assert "nothing was sent" in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(("model", "field"), list(fields_of(only_required=True)))
def test_model_refuses_a_missing_field(model, field):
    body = {name: value for name, value in whole(model).items() if name != field}

    assert refusal(model, body) == {field: "is required"}


@pytest.mark.parametrize(("model", "field"), list(fields_of()))
def test_model_refuses_a_field_of_a_wrong_type(model, field):
    faults = refusal(model, {**whole(model), field: OF_NO_JSON_TYPE})

    assert {name.partition("[")[0] for name in faults} == {field}
    assert all(rule.startswith("must ") for rule in faults.values())


@pytest.mark.parametrize(("model", "field"), list(fields_of()))
def test_model_tells_null_from_absent(model, field):
    body = {**whole(model), field: None}

    if field in NULLABLE.get(model.__name__, ()):
        assert check_body("some_write", model, body) == body
    else:
        assert field in refusal(model, body)


@pytest.mark.parametrize(("model", "field"), list(fields_of()))
def test_model_knows_no_field_by_its_python_name(model, field):
    python_name = next(n for n, f in model.model_fields.items() if f.alias == field)
    if python_name == field:
        return

    assert python_name in refusal(model, {**whole(model), python_name: "text"})


def test_fault_is_a_sentence_that_begins_with_the_field():
    assert str(BrokenRule("attendees[0].email", "is required")) == "attendees[0].email is required"
