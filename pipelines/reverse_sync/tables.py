"""The tables of schema `ops` that the reverse sync keeps."""

from __future__ import annotations

from cal_source.tables.model import Table, bigint, boolean, json, text, timestamp

_PLAN = text("plan_digest", "SHA-256 of the plan, 64 hexadecimal digits.")
_CHANGE = text("change_id", "The change within its plan.")

CHANGE_REQUESTS = Table(
    name="change_requests",
    key=("request_id",),
    description="Changes that somebody asks for; rows are written by people and their tools.",
    columns=(
        text("request_id", "Name of the request, unique; other requests may refer to its result."),
        text("action", "Key of the write; see 'cal-warehouse actions'."),
        json("target", "Values of the path's braces, and further names that the read needs."),
        json("query", "Query parameters; NULL for none."),
        json("body", "Body, under Cal.com's own field names; NULL for none."),
        text("reason", "Why."),
        text("requested_by", "Who asks."),
        timestamp("requested_at", "When it was asked for, UTC."),
    ),
)

REJECTED_REQUESTS = Table(
    name="rejected_requests",
    key=("run_id", "number"),
    description="Change requests that are not understood or may not be made, with the rule.",
    columns=(
        text("run_id", "The run of 'plan' that refused it."),
        bigint("number", "Counts the faults of the run."),
        text("source", "File and line, or table and key."),
        text("action", "The action asked for, as it was written."),
        text("field", "The field at fault; empty where it is the row."),
        text("value", "Its value, e-mail addresses masked; empty where it may be a secret."),
        text("rule", "The rule that it breaks."),
        timestamp("rejected_at", "When, UTC."),
    ),
)

PLANS = Table(
    name="plans",
    key=("plan_digest",),
    description="Plans as they were frozen; a plan is never changed, only made again.",
    columns=(
        _PLAN,
        timestamp("created_at", "When it was made, UTC."),
        text("author", "Who made it."),
        text("reason", "Why."),
        text("base_url", "Address of the Cal.com that it is for."),
        bigint("change_count", "Changes in it."),
        bigint("breach_count", "Guards that it breaks; such a plan cannot be approved."),
        text("policy_digest", "SHA-256 of the policy that it was checked against."),
        text("undoes", "Digest of the plan that it takes back; empty otherwise."),
        text(
            "content",
            "The plan in canonical JSON, but for its changes: theirs, put between the brackets of "
            "`changes`, give the text whose SHA-256 is the digest.",
        ),
    ),
)

PLAN_CHANGES = Table(
    name="plan_changes",
    key=("plan_digest", "change_id"),
    description="One row per change of a plan; policy tests select from it.",
    columns=(
        _PLAN,
        _CHANGE,
        bigint("position", "Place in the order of application, from 1."),
        text("action", "Key of the write."),
        json("target", "Values of the path's braces."),
        json("body", "Body as it will be sent; secrets are references."),
        text("booking_uid", "The booking; empty where it is about something else."),
        timestamp("starts_at", "The booking's start, UTC; NULL without one."),
        bigint("event_type_id", "The event type; NULL without one."),
        text("flags", "irreversible, cascading, paid, account_deleting, secret; with commas."),
        text("reason", "Why."),
        text("requested_by", "Who asked."),
        text("source", "Where the request stands."),
        text("content", "The change in canonical JSON."),
    ),
)

PLAN_PEOPLE = Table(
    name="plan_people",
    key=("plan_digest", "change_id", "role", "email"),
    description="Whom each change of a plan concerns; policy tests select from it.",
    columns=(
        _PLAN,
        _CHANGE,
        text("role", "host, attendee or mailed."),
        text("email", "The address, as Cal.com has it."),
        text("email_domain", "What follows the @, in lower case."),
        bigint("mail_count", "Mails that the change is expected to send there."),
    ),
)

APPROVALS = Table(
    name="approvals",
    key=("statement_id",),
    description="Signed approvals and revocations, as they were given; none is ever changed.",
    columns=(
        text("statement_id", "SHA-256 of the signed text, 64 hexadecimal digits."),
        text("kind", "approval, or revocation of every approval of the plan signed until then."),
        _PLAN,
        text("approver", "Identity of the policy file whose key signed."),
        text("reason", "Why, in the approver's words."),
        timestamp("signed_at", "When it was signed, UTC."),
        timestamp("expires_at", "When an approval ends, UTC; NULL of a revocation."),
        text("content", "The signed text, canonical JSON."),
        text("signature", "Ed25519 signature of the content, hexadecimal."),
        timestamp("stored_at", "When it was put here, UTC."),
    ),
)

REVERSE_JOURNAL = Table(
    name="reverse_journal",
    key=("sequence",),
    description="What was intended, sent and found, in order; each row holds the last one's hash.",
    columns=(
        bigint("sequence", "Counts the rows, from 1, without a gap."),
        timestamp("written_at", "When, UTC."),
        _PLAN,
        _CHANGE,
        text("step", "What happened, such as intent, answer or settled."),
        text("content", "Details as canonical JSON, without secrets; hashed byte by byte."),
        text("previous_hash", "Hash of the row before; empty for the first."),
        text("hash", "SHA-256 over this row and the hash before it."),
    ),
)

EFFECT_VERIFICATION = Table(
    name="effect_verification",
    key=("plan_digest", "change_id", "run_id"),
    description="Whether a later sync still found what an applied change had brought about.",
    columns=(
        _PLAN,
        _CHANGE,
        text("run_id", "The sync."),
        boolean("is_verified", "True where the warehouse shows it."),
        text("difference", "What differs; empty where nothing does."),
        timestamp("verified_at", "When it was compared, UTC."),
    ),
)

REVERSE_TABLES: tuple[Table, ...] = (
    CHANGE_REQUESTS,
    REJECTED_REQUESTS,
    PLANS,
    PLAN_CHANGES,
    PLAN_PEOPLE,
    APPROVALS,
    REVERSE_JOURNAL,
    EFFECT_VERIFICATION,
)
