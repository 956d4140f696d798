"""Bodies of the writes about an organisation's attributes."""

from __future__ import annotations

from typing import Literal

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import NonEmpty

AttributeType = Literal["TEXT", "NUMBER", "SINGLE_SELECT", "MULTI_SELECT"]


class CreateAttributeOption(RequestBody):
    """An option of an attribute."""

    value: NonEmpty
    slug: NonEmpty


class UpdateAttributeOption(RequestBody):
    """Change an option."""

    value: NonEmpty | None = None
    slug: NonEmpty | None = None


class CreateAttribute(RequestBody):
    """Create an attribute; one without options (text, number) has an empty list."""

    name: NonEmpty
    slug: NonEmpty
    type: AttributeType
    options: list[CreateAttributeOption]
    enabled: bool | None = None


class UpdateAttribute(RequestBody):
    """Change an attribute."""

    name: NonEmpty | None = None
    slug: NonEmpty | None = None
    type: AttributeType | None = None
    enabled: bool | None = None


class AssignAttributeOption(RequestBody):
    """Give a user an option, or of a text or number attribute a value."""

    attribute_id: NonEmpty
    value: str | None = None
    attribute_option_id: str | None = None
