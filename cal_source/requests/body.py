"""What every request body has in common, and how its faults are told.

Cal.com drops a misspelt key silently and answers 200 (`*__unknown_field` recordings); these models
refuse it. They are strict (no `"30"` for 30), know Cal.com's own field names only, and tell null
from absent: a field is sent when it is given and left out otherwise, and null is refused unless
Cal.com documents it as a value.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from cal_source.call_errors import BrokenRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_SHOULD: Final = re.compile(r"^\w+ should\b")


class RequestBody(BaseModel):
    """A request body, or an object inside one.

    Attributes:
        nullable: Python names of the fields for which Cal.com takes null as a value.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=to_camel, validate_by_name=False
    )
    nullable: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*")
    @classmethod
    def _refuse_null(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.nullable:
            raise PydanticCustomError("null", "must not be null; leave the field out instead")
        return value


def broken_rules(
    model: type[BaseModel], error: ValidationError, body: object
) -> Iterator[BrokenRule]:
    """Yield the rules that `body` breaks, field by field, without the values given.

    Args:
        model: What the body was checked against.
        error: What validating `body` raised.
        body: The body, to tell its keys from the names that pydantic gives to the members of a
            union.
    """
    for fault in error.errors(include_url=False, include_input=False):
        yield BrokenRule(_path(fault["loc"], body), _rule(fault, model))


def _rule(fault: ErrorDetails, model: type[BaseModel]) -> str:
    context: Mapping[str, Any] = fault.get("ctx") or {}
    if fault["type"] == "missing":
        return "is required"
    if fault["type"] == "extra_forbidden":
        name = str(fault["loc"][-1])
        similar = get_close_matches(name, _field_names(model) - {name}, n=1)
        hint = f" (did you mean {similar[0]}?)" if similar else ""
        return f"is not a field of this body, and Cal.com would drop it silently{hint}"
    if fault["type"] == "union_tag_invalid":  # pydantic's own words repeat the value
        return f"must have {context['discriminator']} one of {context['expected_tags']}"
    if fault["type"] == "union_tag_not_found":
        return f"must be an object with {context['discriminator']}"
    if fault["type"] in {"model_type", "dict_type"}:
        return "must be an object"
    return _SHOULD.sub("must", fault["msg"])


@cache
def _field_names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of all fields of a body and of the objects inside it."""
    schema = model.model_json_schema()
    objects = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in objects for name in part.get("properties", ()))


def _path(location: tuple[int | str, ...], body: object) -> str:
    """Return where in `body` a fault is, such as `attendees[0].email`; union tags left out."""
    path = ""
    here = body
    is_tagged = False
    for index, part in enumerate(location):
        is_last = index == len(location) - 1
        if isinstance(part, int):
            path += f"[{part}]"
            here = here[part] if isinstance(here, list) and part < len(here) else None
            is_tagged = False
        elif isinstance(here, dict) and not _is_tag(part, here, alone=is_last or is_tagged):
            if part in here or is_last:
                path += f".{part}"
            here = here.get(part, here)
            is_tagged = False
        else:
            is_tagged = True
    return path.removeprefix(".") or "body"


def _is_tag(part: str, here: dict[str, Any], *, alone: bool) -> bool:
    """True where `part` names the member of a union that `here` was taken for.

    With `alone`, `part` can be no tag by `type` or `slug`: a tag stands before a field, and once.
    """
    return part.startswith("#") or (not alone and part in {here.get("type"), here.get("slug")})
