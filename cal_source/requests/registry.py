"""Which body each write takes, and the check of a body before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from cal_source.call_errors import BrokenRule, NotAWriteError, RequestBodyError
from cal_source.catalogue import OPERATIONS, Kind, operation
from cal_source.requests import (
    attributes,
    bookings,
    calendars,
    event_types,
    people,
    schedules,
    teams,
    v1,
    webhooks,
    workflows,
)
from cal_source.requests.body import broken_rules

if TYPE_CHECKING:
    from pydantic import BaseModel

_WITH_BODY: Final[dict[str, type[BaseModel]]] = {
    "add_attendee": bookings.NewAttendee,
    "cancel_booking_via_uid": bookings.CancelBooking,
    "create_a_new_booking": bookings.CreateBooking,
    "decline_booking_with_reason": bookings.DeclineBooking,
    "mark_booking_absent_for_uid": bookings.MarkAbsent,
    "reassign_booking_to_another_user": bookings.ReassignBooking,
    "reschedule_booking_by_uid": bookings.RescheduleBooking,
    "reserve_slot_for_event": bookings.ReserveSlot,
    "create_phone_call_event": event_types.CreatePhoneCall,
    "create_phone_call_for_event_type": event_types.CreatePhoneCall,
    "create_team_event_type": event_types.CreateTeamEventType,
    "create_team_event_types_with_custom_options": event_types.CreateTeamEventType,
    "edit_event_type_by_id": event_types.UpdateEventType,
    "update_private_link": event_types.UpdatePrivateLink,
    "update_team_event_type": event_types.UpdateTeamEventType,
    "create_user_availability_schedule": schedules.CreateSchedule,
    "create_user_schedule_in_organization": schedules.CreateSchedule,
    "update_schedule_by_id": schedules.UpdateSchedule,
    "update_user_schedule_in_organization": schedules.UpdateSchedule,
    "create_oauth_client_user": people.CreateManagedUser,
    "patch_organization_user_details": people.UpdateOrganizationUser,
    "post_user_to_organization": people.CreateOrganizationUser,
    "update_oauth_client_user_settings": people.UpdateProfile,
    "update_user_profile_details": people.UpdateProfile,
    "add_member_to_team": teams.CreateMembership,
    "create_membership_for_organization": teams.CreateMembership,
    "create_or_update_team_profile": teams.CreateTeam,
    "create_team_in_organization": teams.CreateTeam,
    "create_team_membership_with_role": teams.CreateTeamMembership,
    "modify_organization_membership_by_id": teams.UpdateMembership,
    "patch_team_details_by_id": teams.UpdateTeam,
    "request_email_verification_code": teams.RequestEmailVerification,
    "update_team_information_by_id": teams.UpdateTeam,
    "update_team_membership": teams.UpdateMembership,
    "update_team_membership_by_id": teams.UpdateMembership,
    "update_team_membership_properties": teams.UpdateMembership,
    "create_oauth_client_webhook_configuration": webhooks.CreateWebhook,
    "create_organization_webhook_by_org_id": webhooks.CreateWebhook,
    "create_webhook_for_event_type": webhooks.CreateWebhook,
    "create_webhook_subscription": webhooks.CreateWebhook,
    "patch_webhook_event_type": webhooks.UpdateWebhook,
    "update_oauth_client_webhook": webhooks.UpdateWebhook,
    "update_team_event_type_webhook": webhooks.UpdateWebhook,
    "update_webhook_by_id": webhooks.UpdateWebhook,
    "update_webhook_for_organization": webhooks.UpdateWebhook,
    "add_organization_attribute_option": attributes.CreateAttributeOption,
    "assign_or_create_attribute_option_for_user": attributes.AssignAttributeOption,
    "create_organization_attributes": attributes.CreateAttribute,
    "modify_org_attribute_by_id": attributes.UpdateAttribute,
    "patch_organization_attribute_option": attributes.UpdateAttributeOption,
    "create_organization_team_form_workflow": workflows.CreateFormWorkflow,
    "add_selected_calendar": calendars.AddSelectedCalendar,
    "disconnect_calendar_using_credential_id": calendars.DisconnectCalendar,
    "save_calendar_ics_feeds": calendars.SaveIcsFeeds,
    "update_destination_calendar_integration": calendars.UpdateDestinationCalendar,
    "edit_attendee_by_id": v1.EditAttendee,
    "edit_availability_by_id": v1.EditAvailability,
    "edit_booking_by_id": v1.EditBooking,
    "edit_selected_calendar_by_id": v1.EditSelectedCalendar,
}

_WITHOUT_BODY: Final = (
    "confirm_booking_by_uid",
    "connect_conferencing_app",
    "create_team_invite_link",
    "delete_all_team_event_type_webhooks",
    "delete_conference_app_connection",
    "delete_destination_calendar_by_id",
    "delete_event_type_by_id",
    "delete_event_type_in_team",
    "delete_membership_in_team",
    "delete_oauth_client_managed_user",
    "delete_oauth_client_webhook",
    "delete_org_webhook",
    "delete_organization_attribute",
    "delete_organization_attribute_option",
    "delete_organization_membership",
    "delete_schedule_by_id",
    "delete_selected_calendars",
    "delete_selected_slot",
    "delete_team_by_id",
    "delete_team_event_type_in_organization",
    "delete_team_from_organization",
    "delete_team_memberships_by_id",
    "delete_user_attribute_option",
    "delete_user_from_organization",
    "delete_user_schedule",
    "delete_webhook_by_id",
    "delete_webhook_for_event_type",
    "delete_webhooks_for_event_type",
    "reassign_booking_with_uid",
    "set_default_conferencing_app",
)

REQUEST_MODELS: Final[dict[str, type[BaseModel] | None]] = {
    **_WITH_BODY,
    **dict.fromkeys(_WITHOUT_BODY),
}
"""The model of each write's body; None where it takes none. Keys are the catalogue's writes."""

CREDENTIAL_MODELS: Final[dict[str, type[BaseModel]]] = {
    "post_calendar_credentials": calendars.CalendarCredentials,
    "refresh_oauth_token_for_client_id": calendars.RefreshToken,
}
"""The model of each credential flow's body; the other flows take none."""


def validate_body(key: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the body to send for a write, as it was given; None where the write takes none.

    Args:
        key: A write of the catalogue.
        body: A JSON object as Python values, under Cal.com's own field names; None or `{}` where
            the write takes no body.

    Raises:
        UnknownOperationError: The catalogue has no such operation.
        NotAWriteError: The operation is no write.
        RequestBodyError: The body breaks rules; names each field and its rule, and no value.
    """
    if operation(key).kind is not Kind.WRITE:
        raise NotAWriteError(key, OPERATIONS[key].kind)
    model = REQUEST_MODELS[key]
    if model is None:
        if body:
            raise RequestBodyError(key, [BrokenRule("body", "must be left out: there is none")])
        return None
    return check_body(key, model, body)


def check_body(key: str, model: type[BaseModel], body: dict[str, Any] | None) -> dict[str, Any]:
    """Return `body`, which the strict models take without changing anything in it.

    Raises:
        RequestBodyError: The body breaks rules of the model of the operation `key`.
    """
    try:
        model.model_validate(body)
    except ValidationError as error:
        raise RequestBodyError(key, list(broken_rules(model, error, body))) from None
    return body or {}
