"""Bodies of Cal.com's 89 write actions: what each may hold, checked before anything is sent.

    validate_body("cancel_booking_via_uid", {"cancellationReason": "Moved"})

One model per distinct body, from the OpenAPI document of March 2026 and the validation errors of a
real server; where the two disagree, the server is right. To add a write, add its model to
`registry`.
"""

from __future__ import annotations

from cal_source.requests.registry import (
    CREDENTIAL_MODELS,
    REQUEST_MODELS,
    check_body,
    validate_body,
)

__all__ = ["CREDENTIAL_MODELS", "REQUEST_MODELS", "check_body", "validate_body"]
