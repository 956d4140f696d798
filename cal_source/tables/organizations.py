"""What organisations keep about their people: attributes, roles, absences. Source: recordings."""

from __future__ import annotations

from cal_source.tables.model import (
    ORDINAL,
    POSITION,
    Child,
    Table,
    bigint,
    boolean,
    json,
    text,
    timestamp,
)

ATTRIBUTES = Table(
    name="attributes",
    key=("id",),
    description="Properties that an organisation keeps about its members, such as Department.",
    columns=(
        text("id", "The attribute's id.", required=True),
        bigint("teamId", "The organisation."),
        text("type", "TEXT, NUMBER, SINGLE_SELECT or MULTI_SELECT."),
        text("name", "Name."),
        text("slug", "Slug, unique in the organisation."),
        boolean("enabled", "False when switched off."),
        boolean("usersCanEditRelation", "True when members may set it themselves."),
        boolean("isWeightsEnabled", "True when assignments carry weights."),
        boolean("isLocked", "True when a directory sync owns it."),
        timestamp("createdAt", "When it was made, UTC."),
        timestamp("updatedAt", "When it was last written, UTC."),
    ),
)

ATTRIBUTE_OPTIONS = Table(
    name="attribute_options",
    key=("id",),
    description="Values that an attribute can have.",
    columns=(
        text("id", "The option's id.", required=True),
        text("attributeId|$attributeId", "The attribute."),
        text("value", "The value as people read it."),
        text("slug", "Slug of the value."),
        boolean("isGroup", "True when it stands for several options."),
        json("contains", "Options that it stands for."),
    ),
)

ATTRIBUTE_ASSIGNMENTS = Table(
    name="attribute_assignments",
    key=("attribute_option_id", "user_id"),
    description="Which member has which option of an attribute.",
    columns=(
        text("id", "The option.", name="attribute_option_id", required=True),
        bigint("$userId", "The member.", required=True),
        text("attributeId", "The attribute."),
        text("value", "The option's value as people read it."),
        text("slug", "Slug of the value."),
    ),
)

OUT_OF_OFFICE_ENTRIES = Table(
    name="out_of_office_entries",
    key=("id",),
    description="Whole days on which somebody is away; who stands in is named.",
    columns=(
        bigint("id", "The entry's id.", required=True),
        text("uuid", "The entry's uuid."),
        bigint("userId", "Who is away."),
        bigint("toUserId", "Who gets the bookings meanwhile; NULL: nobody."),
        timestamp("start", "First instant away, UTC."),
        timestamp("end", "Last instant away, UTC."),
        text("notes", "Notes."),
        text("reason", "Kind of absence: unspecified, vacation, travel, sick or public_holiday."),
    ),
)

ROLE_PERMISSIONS = Table(
    name="role_permissions",
    key=("role_id", "permission", "ordinal"),
    parent_key={"role_id": "id"},
    identity=("permission",),
    description="What a role allows, as resource.action; * stands for all.",
    columns=(
        text("$roleId", "The role.", required=True),
        text("permission", "The permission.", required=True),
        ORDINAL,
        POSITION,
    ),
)

ROLES = Table(
    name="roles",
    key=("id",),
    description="Roles of organisation and teams; Cal.com's own ones are of type SYSTEM.",
    columns=(
        text("id", "The role's id.", required=True),
        text("name", "Name."),
        text("color", "Colour."),
        text("description", "Description."),
        bigint("organizationId", "The organisation; NULL for Cal.com's own roles."),
        bigint("teamId", "The team; NULL for Cal.com's own roles."),
        text("type", "SYSTEM or CUSTOM."),
        timestamp("createdAt", "When it was made, UTC."),
        timestamp("updatedAt", "When it was last written, UTC."),
    ),
    children=(Child(ROLE_PERMISSIONS, "permissions", explode="permissions"),),
)

VERIFIED_EMAILS = Table(
    name="verified_emails",
    key=("id",),
    description="E-mail addresses that workflows may send from or to.",
    columns=(
        bigint("id", "Id.", required=True),
        bigint("userId", "The user it belongs to."),
        bigint("teamId", "The team it belongs to."),
        text("email", "The address."),
    ),
)

VERIFIED_PHONES = Table(
    name="verified_phones",
    key=("id",),
    description="Phone numbers that workflows may send to.",
    columns=(
        bigint("id", "Id.", required=True),
        bigint("userId", "The user it belongs to."),
        bigint("teamId", "The team it belongs to."),
        text("phoneNumber", "The number."),
    ),
)
