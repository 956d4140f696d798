"""The bookings stream of Airbyte's public connector source-cal-com, as a declarative manifest.

As published (manifest version 6.4.0): the user's own list, pages of 100 by offset, no cursor, every
run from the beginning. Only the address differs.
"""

from __future__ import annotations

from typing import Any

NULLABLE = {
    "object": "metadata eventType bookingFieldsResponses",
    "array": "hosts attendees guests",
    "number": "duration eventTypeId rating",
    "boolean": "absentHost",
    "string": (
        "uid title description status start end location meetingUrl icsUid createdAt updatedAt "
        "cancellationReason cancelledByEmail reschedulingReason rescheduledByEmail "
        "rescheduledFromUid rescheduledToUid recurringBookingUid"
    ),
}


def manifest(url: str) -> dict[str, Any]:
    """Return the manifest for a server."""
    properties: dict[str, Any] = {
        name: {"type": [kind, "null"]} for kind, names in NULLABLE.items() for name in names.split()
    }
    schema = {
        "type": "object",
        "$schema": "http://json-schema.org/schema#",
        "additionalProperties": True,
        "required": ["id"],
        "properties": {"id": {"type": "number"}, **properties},
    }
    return {
        "version": "6.4.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["bookings"]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "bookings",
                "primary_key": ["id"],
                "retriever": _retriever(url),
                "schema_loader": {"type": "InlineSchemaLoader", "schema": schema},
            }
        ],
        "spec": {
            "type": "Spec",
            "connection_specification": {
                "type": "object",
                "required": ["api_key"],
                "properties": {"api_key": {"type": "string", "airbyte_secret": True}},
                "additionalProperties": True,
            },
        },
    }


def _retriever(url: str) -> dict[str, Any]:
    def parameter(name: str) -> dict[str, str]:
        return {"type": "RequestOption", "inject_into": "request_parameter", "field_name": name}

    return {
        "type": "SimpleRetriever",
        "requester": {
            "type": "HttpRequester",
            "url_base": url,
            "path": "/v2/bookings",
            "http_method": "GET",
            "request_headers": {"cal-api-version": "2024-08-13"},
            "authenticator": {
                "type": "BearerAuthenticator",
                "api_token": "{{ config['api_key'] }}",
            },
        },
        "record_selector": {
            "type": "RecordSelector",
            "extractor": {"type": "DpathExtractor", "field_path": ["data", "*"]},
        },
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": parameter("skip"),
            "page_size_option": parameter("take"),
            "pagination_strategy": {
                "type": "OffsetIncrement",
                "page_size": 100,
                "inject_on_first_request": True,
            },
        },
    }
