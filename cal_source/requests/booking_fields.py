"""Questions on an event type's booking form (`cal-api-version` 2024-06-14).

Cal.com's own questions are told by `slug` where the type says too little, custom ones by `type`.
A list of questions replaces the whole form.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import NonEmpty


class Question(RequestBody):
    """What every question may have."""

    disable_on_prefill: bool | None = None


class NameQuestion(Question):
    """The booker's name."""

    type: Literal["name"]
    label: str
    placeholder: str


class EmailQuestion(Question):
    """The booker's e-mail; may be optional on organisations' team event types only."""

    type: Literal["email"]
    label: str
    placeholder: str
    required: bool | None = None
    hidden: bool | None = None


class DefaultQuestion(Question):
    """One of Cal.com's own questions."""

    slug: Literal["title", "notes", "guests", "rescheduleReason"]
    required: bool | None = None
    hidden: bool | None = None
    label: str | None = None
    placeholder: str | None = None


class LocationQuestion(RequestBody):
    """Which of several places the booker wants."""

    slug: Literal["location"]
    label: str | None = None


class CustomQuestion(Question):
    """A question of the organiser's own."""

    slug: NonEmpty
    label: str
    required: bool
    hidden: bool


class TickQuestion(CustomQuestion):
    """Yes or no."""

    type: Literal["boolean"]


class TextQuestion(CustomQuestion):
    """A text, number, address or the like."""

    type: Literal["phone", "address", "text", "number", "textarea", "multiemail"]
    placeholder: str


class UrlQuestion(CustomQuestion):
    """A web address."""

    type: Literal["url"]
    placeholder: str


class ChoiceQuestion(CustomQuestion):
    """One or some of several options."""

    type: Literal["multiselect", "checkbox", "radio"]
    options: list[str]


class SelectQuestion(CustomQuestion):
    """One option out of a menu."""

    type: Literal["select"]
    options: list[str]
    placeholder: str


def _told_by(question: object) -> str:
    return "#by slug" if isinstance(question, dict) and "type" not in question else "#by type"


_BySlug = Annotated[DefaultQuestion | LocationQuestion, Discriminator("slug")]
_ByType = Annotated[
    NameQuestion | EmailQuestion | TickQuestion | TextQuestion | ChoiceQuestion | SelectQuestion,
    Discriminator("type"),
]
_ByTypeOrUrl = Annotated[
    NameQuestion
    | EmailQuestion
    | TickQuestion
    | TextQuestion
    | UrlQuestion
    | ChoiceQuestion
    | SelectQuestion,
    Discriminator("type"),
]

BookingField = Annotated[
    Annotated[_BySlug, Tag("#by slug")] | Annotated[_ByType, Tag("#by type")],
    Discriminator(_told_by),
]
"""A question as an update takes it."""

NewBookingField = Annotated[
    Annotated[_BySlug, Tag("#by slug")] | Annotated[_ByTypeOrUrl, Tag("#by type")],
    Discriminator(_told_by),
]
"""A question as creating takes it: web addresses too."""
