"""Personal data and capabilities stay out of messages."""

from __future__ import annotations

import pytest

from transforms.personal import mask_emails, mask_key


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jane.roe@example.com", "j***@example.com"),
        (
            "Could not convert 'j.r+tag@example.com' to INT64",
            "Could not convert 'j***@example.com' to INT64",
        ),
        ("a@example.com,b@example.org", "a***@example.com,b***@example.org"),
        ("nobody here", "nobody here"),
    ],
    ids=["plain", "within a sentence", "two in a list", "none"],
)
def test_mask_emails_keeps_the_first_letter_and_the_domain(text, masked):
    assert mask_emails(text) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        (42, "42"),
        (None, "NULL"),
        ("short", "short"),
        ("exactlytwelv", "exactlytwelv"),
        ("thirteenchars", "thirte…"),
        ("jane@example.com", "j***@example.com"),
    ],
    ids=["number", "null", "short", "twelve", "thirteen", "mail"],
)
def test_mask_key_shows_enough_to_find_the_row_only(value, masked):
    assert mask_key(value) == masked
