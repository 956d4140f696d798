"""Where a real server's good answers break Cal.com's published OpenAPI document.

`python -m tests.contract.openapi_violations` writes `docs/openapi-violations.md`.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY: Final = Path(__file__).resolve().parents[2]
REFERENCE: Final = REPOSITORY.parent / "shared" / "cal-api"
DOCUMENT: Final = REPOSITORY / "docs" / "openapi-violations.md"
_INTRODUCTION: Final = (
    "Recorded good answers of a real Cal.com API v2 server (built from the open-source code of "
    "January 2026), judged by the OpenAPI document of March 2026. Fields that the document does "
    "not mention are no violation. A strict client generated from the document fails on these "
    "answers; `cal_source` takes its types from the answers."
)
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}


@dataclass(frozen=True, order=True)
class Violation:
    """One way in which an answer breaks the document.

    Attributes:
        schema: Named schema that is broken; empty for what stands outside any.
        field: Dotted path within it; `[]` stands for any element of a list.
        documented: What the document says.
        found: What the server sent instead; types and enum words only, no other values.
    """

    schema: str
    field: str
    documented: str
    found: str


class Checker:
    """Judges values by the schemas of one OpenAPI 3.0 document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]

    def check(
        self, schema: dict[str, Any], value: Any, name: str = "", path: str = ""
    ) -> Iterator[Violation]:
        """Yield every violation; `name` and `path` say where in the document the value stands."""
        if "$ref" in schema:
            name, path = schema["$ref"].rsplit("/", 1)[1], ""
            schema = self._schemas[name]
        if value is None:
            if not schema.get("nullable"):
                yield Violation(name, path, _described(schema), "null")
            return
        for part in schema.get("allOf", ()):
            yield from self.check(part, value, name, path)
        yield from self._check_alternatives(schema, value, name, path)
        yield from self._check_own(schema, value, name, path)

    def _check_alternatives(
        self, schema: dict[str, Any], value: Any, name: str, path: str
    ) -> Iterator[Violation]:
        alternatives = schema.get("oneOf", schema.get("anyOf", ()))
        fitting = sum(not any(self.check(one, value)) for one in alternatives)
        if alternatives and not fitting:
            yield Violation(name, path, f"one of {len(alternatives)} shapes", "none of them")
        elif "oneOf" in schema and fitting > 1:
            yield Violation(
                name, path, f"exactly one of {len(alternatives)} shapes", f"{fitting} of them"
            )

    def _check_own(
        self, schema: dict[str, Any], value: Any, name: str, path: str
    ) -> Iterator[Violation]:
        expected = schema.get("type")
        if expected and not _is_a(value, expected):
            yield Violation(name, path, _described(schema), _type_name(value))
            return
        if "enum" in schema and value not in schema["enum"]:
            word = json.dumps(value) if isinstance(value, str) else _type_name(value)
            yield Violation(name, path, _described(schema), word)
        if isinstance(value, dict):
            yield from self._check_object(schema, value, name, path)
        if isinstance(value, list):
            for element in value:
                yield from self.check(schema.get("items", {}), element, name, f"{path}[]")

    def _check_object(
        self, schema: dict[str, Any], value: dict[str, Any], name: str, path: str
    ) -> Iterator[Violation]:
        for field in schema.get("required", ()):
            if field not in value:
                yield Violation(name, f"{path}.{field}".lstrip("."), "required", "absent")
        for field, inner in schema.get("properties", {}).items():
            if field in value:
                yield from self.check(inner, value[field], name, f"{path}.{field}".lstrip("."))


def _is_a(value: Any, expected: str) -> bool:
    return isinstance(value, _TYPES[expected]) and isinstance(value, bool) == (
        expected == "boolean"
    )


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return next(name for name, types in _TYPES.items() if isinstance(value, types))


def _described(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f"one of {len(schema['enum'])} words"
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    return str(schema.get("type", "a value"))


@dataclass(frozen=True)
class Judged:
    """One recorded answer and what it breaks."""

    name: str
    operation: str
    violations: frozenset[Violation]


def judge_all(reference: Path) -> list[Judged]:
    """Judge every recorded good answer whose operation and version the document describes."""
    document = json.loads((reference / "openapi.json").read_text("utf-8"))
    checker = Checker(document)
    judged = []
    for file in sorted([*reference.glob("recorded/*"), *reference.glob("recorded-actions/*")]):
        call = json.loads(file.read_text("utf-8")) if file.suffix == ".json" else None
        if not isinstance(call, dict) or "request" not in call:
            continue
        found = _schema_of(document, call)
        if found is not None:
            template, schema = found
            operation = f"{call['request']['method']} {template}"
            judged.append(
                Judged(file.stem, operation, frozenset(checker.check(schema, call["body"])))
            )
    return judged


def _schema_of(document: dict[str, Any], call: dict[str, Any]) -> tuple[str, Any] | None:
    """Return path template and schema of a good JSON answer, None where none is documented."""
    request = call["request"]
    if not (200 <= call["status"] < 300 and isinstance(call["body"], dict)):
        return None
    path = request["path"].removeprefix("/api").rstrip("/")
    method = request["method"].lower()
    fits = [
        template
        for template, methods in document["paths"].items()
        if method in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    if not fits:
        return None
    template = min(fits, key=lambda one: one.count("{"))
    operation = document["paths"][template][method]
    if not _is_documented_version(operation, request["headers"].get("cal-api-version")):
        return None
    answer = next((a for status, a in operation["responses"].items() if status[0] == "2"), {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return None if schema is None else (template, schema)


def _is_documented_version(operation: dict[str, Any], sent: str | None) -> bool:
    versions = {
        parameter["schema"].get("default")
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "cal-api-version"
    }
    return not versions or sent in versions


def rendered(judged: list[Judged]) -> str:
    """Return the document: violations by schema and field, the commonest schemas first."""
    broken = [one for one in judged if one.violations]
    counts = Counter(violation for one in judged for violation in one.violations)
    operations = defaultdict(set)
    for one in judged:
        for violation in one.violations:
            operations[violation].add(one.operation)
    lines = [
        "# Where Cal.com's answers break its OpenAPI document",
        "",
        _INTRODUCTION,
        "",
        f"**{len(broken)} of {len(judged)}** answers break it, in {len(counts)} ways: "
        + ", ".join(f"{count} {kind}" for kind, count in _kinds(counts).most_common())
        + ".",
        "",
        "Generated by `python -m tests.contract.openapi_violations`.",
    ]
    by_schema = defaultdict(list)
    for violation in counts:
        by_schema[violation.schema].append(violation)
    for schema in sorted(by_schema, key=lambda s: (-sum(counts[v] for v in by_schema[s]), s)):
        lines += ["", f"## {schema or 'Answers without a named schema'}", ""]
        lines += ["| field | documented | found | answers | for example |", "|---|---|---|---|---|"]
        lines += [
            f"| {f'`{v.field}`' if v.field else 'the whole'} | {v.documented} | {v.found} | "
            f"{counts[v]} | `{min(operations[v])}` |"
            for v in sorted(by_schema[schema])
        ]
    return "\n".join(lines) + "\n"


def _kinds(counts: Counter[Violation]) -> Counter[str]:
    """Count the ways by what is wrong."""

    def kind(violation: Violation) -> str:
        if violation.found == "null":
            return "nulls where none may be"
        if violation.found == "absent":
            return "required fields that are absent"
        if violation.found.startswith('"'):
            return "words outside an enum"
        if violation.found.endswith("of them"):
            return "shapes that fit none or several of the alternatives"
        return "values of another type"

    return Counter(kind(violation) for violation in counts)


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(rendered(judge_all(REFERENCE)), encoding="utf-8")
