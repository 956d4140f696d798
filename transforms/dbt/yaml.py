"""YAML as dbt reads it: dictionaries, lists and scalars, every text in double quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
Yaml = str | int | bool | Mapping[str, "Yaml"] | Sequence["Yaml"]


def write_yaml(value: Mapping[str, Yaml]) -> str:
    """Return a dictionary as YAML; keys are plain words."""
    return "".join(f"{line}\n" for line in _lines(value))


# A text in JSON's quotes is one in YAML's too, once what YAML forbids to stand as it is is escaped.
def _scalar(value: Yaml) -> str | None:
    if isinstance(value, str | int):  # bool is an int
        text = json.dumps(value, ensure_ascii=False)
        return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    if not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    return None


def _lines(value: Yaml) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            scalar = _scalar(inner)
            yield f"{key}:" if scalar is None else f"{key}: {scalar}"
            if scalar is None:
                yield from (f"  {line}" for line in _lines(inner))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            scalar = _scalar(item)
            first, *rest = [scalar] if scalar is not None else _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
