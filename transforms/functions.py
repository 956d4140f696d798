"""What engines say differently, said once: engine functions and their form in every dialect.

A model calls an engine function as it calls any other function; rendering replaces the call by
the form of the engine's dialect. Each has one meaning, NULL and edge cases included, and the
tests execute every form on every engine. A NULL argument gives NULL unless the meaning says
otherwise. Instants have microseconds and no zone; wall-clock times are what a clock shows; dates
count in the proleptic Gregorian calendar; weeks are those of ISO 8601.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DIALECTS: Final = ("duckdb", "postgres", "spark")


@dataclass(frozen=True, slots=True)
class EngineFunction:
    """One construct that engines spell differently.

    Attributes:
        name: As models write it.
        arguments: Names of its arguments, in order.
        meaning: What it returns, its type, and the edge cases.
        forms: Dialect → SQL with `{argument}` where an argument goes.
        is_table: True where it stands in FROM and gives rows.
    """

    name: str
    arguments: tuple[str, ...]
    meaning: str
    forms: Mapping[str, str]
    is_table: bool = False

    @property
    def signature(self) -> str:
        """The call with its arguments' names."""
        return f"{self.name}({', '.join(self.arguments)})"


def _scalar(  # noqa: PLR0917 - one column of the table below each
    name: str, arguments: str, meaning: str, duckdb: str, postgres: str, spark: str
) -> EngineFunction:
    forms = dict(zip(DIALECTS, (duckdb, postgres, spark), strict=True))
    return EngineFunction(name, tuple(arguments.split()), meaning, forms)


def _rows(  # noqa: PLR0917 - as above
    name: str, arguments: str, meaning: str, duckdb: str, postgres: str, spark: str
) -> EngineFunction:
    forms = dict(zip(DIALECTS, (duckdb, postgres, spark), strict=True))
    return EngineFunction(name, tuple(arguments.split()), meaning, forms, is_table=True)


# DuckDB takes each instant to a calendar of time zones to add to it or to say what clocks show; in
# UTC, counting takes a twentieth of that time. No source has an infinite instant.
_UTC_TIME = "make_timestamp(epoch_us({instant}))"
# DuckDB and Postgres read a wall-clock time that comes twice as the later instant, and one that
# never comes with the offset before the jump. The offset of the day before finds the first one.
_ZONE_READING = "(({wall_time}) at time zone ({zone}))"
_DAY_BEFORE = f"({_ZONE_READING} - interval '1 day')"
_FIRST = f"({_DAY_BEFORE} + (({{wall_time}}) - ({_DAY_BEFORE} at time zone ({{zone}}))))"
_INSTANT_OF = (
    f"case when {_FIRST} at time zone ({{zone}}) = ({{wall_time}}) "
    f"then {_FIRST} else {_ZONE_READING} end"
)
_DAYS = "generate_series(cast({first} as timestamp), cast({last} as timestamp), interval '1 day')"
_SPINE = f"lateral (select cast(day as date) from {_DAYS} as days (day))"


def _wilson(outer: str, inner: str, bound: int, sign: str) -> tuple[str, ...]:
    """One end of the Wilson score interval at 95 %, in every dialect.

    That is (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n). Rounding may carry an end past p
    where the two should meet, at 0 and at 1.
    """
    forms = []
    for double in ("double", "double precision", "double"):
        n = "({denominator})"
        p = f"(cast({{numerator}} as {double}) / {n})"
        square = f"cast('3.841458820694124' as {double}) / {n}"
        reach = f"sqrt({square} * ({p} * (1 - {p}) + {square} / 4))"
        end = f"({p} + {square} / 2 {sign} {reach}) / (1 + {square})"
        kept = f"{outer}({p}, {inner}(cast({bound} as {double}), {end}))"
        forms.append(f"case when {n} > 0 and ({{numerator}}) >= 0 then {kept} end")
    return tuple(forms)


_FUNCTIONS: Final = (
    _scalar(
        "utc_day",
        "instant",
        "date; the day of an instant in UTC",
        f"cast({_UTC_TIME} as date)",
        "cast(({instant}) at time zone 'UTC' as date)",
        "cast(convert_timezone(current_timezone(), 'UTC', cast({instant} as timestamp_ntz)) "
        "as date)",
    ),
    _scalar(
        "utc_wall_time",
        "instant",
        "wall-clock time; what clocks show at an instant in UTC",
        _UTC_TIME,
        "(({instant}) at time zone 'UTC')",
        "convert_timezone(current_timezone(), 'UTC', cast({instant} as timestamp_ntz))",
    ),
    _scalar(
        "local_time",
        "instant zone",
        "wall-clock time; what clocks in an IANA zone show at an instant. A zone that the engine "
        "does not know is an error: join time_zones() first",
        "(({instant}) at time zone ({zone}))",
        "(({instant}) at time zone ({zone}))",
        "convert_timezone(current_timezone(), {zone}, cast({instant} as timestamp_ntz))",
    ),
    _scalar(
        "instant_of",
        "wall_time zone",
        "instant; when clocks in an IANA zone show a wall-clock time. Of a time that comes twice, "
        "the first; one that never comes is as much later as clocks jump",
        _INSTANT_OF,
        _INSTANT_OF,
        "to_utc_timestamp({wall_time}, {zone})",
    ),
    _scalar(
        "wall_time",
        "day minutes",
        "wall-clock time; so many minutes after midnight of a date, on a day of 24 hours",
        "(cast({day} as timestamp) + to_minutes(cast({minutes} as bigint)))",
        "(cast({day} as timestamp) + ({minutes}) * interval '1 minute')",
        "timestampadd(minute, cast({minutes} as int), cast({day} as timestamp_ntz))",
    ),
    _scalar(
        "add_minutes",
        "instant minutes",
        "instant; so many whole minutes later, earlier when negative",
        "make_timestamptz(epoch_us({instant}) + 60000000 * cast({minutes} as bigint))",
        "(({instant}) + ({minutes}) * interval '1 minute')",
        "timestampadd(minute, cast({minutes} as int), {instant})",
    ),
    _scalar(
        "add_days",
        "day days",
        "date; so many days later, earlier when negative",
        "cast(({day}) + cast({days} as integer) as date)",
        "(({day}) + cast({days} as integer))",
        "date_add({day}, cast({days} as int))",
    ),
    _scalar(
        "days_between",
        "first last",
        "integer; days from one date to another, negative when the other is earlier",
        "cast(date_diff('day', {first}, {last}) as integer)",
        "(({last}) - ({first}))",
        "datediff({last}, {first})",
    ),
    _scalar(
        "iso_weekday",
        "day",
        "integer; 1 is Monday, 7 is Sunday",
        "cast(isodow({day}) as integer)",
        "cast(extract(isodow from {day}) as integer)",
        "(weekday({day}) + 1)",
    ),
    _scalar(
        "iso_week",
        "day",
        "integer; week of iso_year, 1 to 53; week 1 holds the year's first Thursday",
        "cast(week({day}) as integer)",
        "cast(extract(week from {day}) as integer)",
        "extract(week from {day})",
    ),
    _scalar(
        "iso_year",
        "day",
        "integer; the year that the date's week belongs to: that of its Thursday",
        "cast(isoyear({day}) as integer)",
        "cast(extract(isoyear from {day}) as integer)",
        "extract(yearofweek from {day})",
    ),
    _scalar(
        "monday_of",
        "day",
        "date; the Monday of its week",
        "cast(date_trunc('week', {day}) as date)",
        "cast(date_trunc('week', {day}) as date)",
        "trunc({day}, 'week')",
    ),
    _scalar(
        "month_start",
        "day",
        "date; the first of its month",
        "cast(date_trunc('month', {day}) as date)",
        "cast(date_trunc('month', {day}) as date)",
        "trunc({day}, 'month')",
    ),
    _scalar(
        "seconds_between",
        "start end",
        "bigint; whole seconds from one instant to another, halves away from zero",
        "cast(round((epoch_us({end}) - epoch_us({start})) / 1000000) as bigint)",
        "cast(round(extract(epoch from {end}) - extract(epoch from {start})) as bigint)",
        "cast(round(cast(unix_micros({end}) - unix_micros({start}) as decimal(20, 0)) / 1000000) "
        "as bigint)",
    ),
    _scalar(
        "minutes_between",
        "start end",
        "double; minutes from one instant to another, exact to the microsecond",
        "(cast(epoch_us({end}) - epoch_us({start}) as double) / 60000000)",
        "(cast((extract(epoch from {end}) - extract(epoch from {start})) * 1000000 "
        "as double precision) / 60000000)",
        "(cast(unix_micros({end}) - unix_micros({start}) as double) / 60000000)",
    ),
    _scalar(
        "json_text",
        "document key",
        "text; the value of a key of a JSON object, of a scalar without quotes; NULL where the key "
        "is missing, its value is null, or the document is no object. The key is a plain name",
        "(({document}) ->> {key})",
        "(cast({document} as jsonb) ->> {key})",
        "get_json_object({document}, concat('$.', {key}))",
    ),
    _scalar(
        "json_scalar",
        "document",
        "text; a JSON text, number or yes/no without quotes, such as an item of json_items; NULL "
        "for null, lists and objects",
        "case when json_type(cast({document} as json)) in ('ARRAY', 'OBJECT') then null "
        "else (cast({document} as json) ->> '$') end",
        "case when jsonb_typeof(cast({document} as jsonb)) in ('array', 'object') then null "
        "else (cast({document} as jsonb) #>> '{{}}') end",
        "case when {document} rlike '^[\\\\[{{]' then null "
        "when {document} like '\"%' then get_json_object({document}, '$') "
        "when {document} <> 'null' then {document} end",
    ),
    _scalar(
        "percentile_of",
        "value fraction",
        "double; an aggregate: the value below which a fraction of the values lies, interpolated "
        "between neighbours and rounded to a millionth; of whole numbers the same on every engine "
        "to the last bit; NULLs do not count; of no values NULL",
        "round(cast(quantile_cont(cast({value} as double), {fraction}) as double), 6)",
        "cast(round(cast(percentile_cont({fraction}) within group "
        "(order by cast({value} as double precision)) as numeric), 6) as double precision)",
        "round(percentile(cast({value} as double), {fraction}), 6)",
    ),
    _scalar(
        "spread_of",
        "value",
        "list, for spread_at; an aggregate: percentiles of whole numbers, which are gathered once "
        "where percentile_of gathers them for each",
        "quantile_cont(cast({value} as bigint), [0.1, 0.5, 0.9])",
        "percentile_cont(array[0.1, 0.5, 0.9]) "
        "within group (order by cast({value} as double precision))",
        "percentile(cast({value} as double), array(0.1D, 0.5D, 0.9D))",
    ),
    _scalar(
        "spread_at",
        "spread place",
        "double; of a spread: 1: the lowest tenth ends, 2: the median, 3: the highest tenth "
        "begins; as percentile_of gives it",
        "round(({spread})[{place}], 6)",
        "cast(round(cast(({spread})[{place}] as numeric), 6) as double precision)",
        "round(element_at({spread}, {place}), 6)",
    ),
    _scalar(
        "wilson_low",
        "numerator denominator",
        "double; lower end of the 95 % Wilson score interval of a share of counts, 0 to 1; NULL "
        "where the denominator is 0",
        *_wilson("least", "greatest", 0, "-"),
    ),
    _scalar(
        "wilson_high",
        "numerator denominator",
        "double; upper end of the 95 % Wilson score interval of a share of counts, 0 to 1; NULL "
        "where the denominator is 0",
        *_wilson("greatest", "least", 1, "+"),
    ),
    _scalar(
        "text_order",
        "value",
        "text; the same text, compared and sorted by code points whatever the database's "
        "collation. For texts in ORDER BY, min and max",
        "({value})",
        '(({value}) collate "C")',
        "({value})",
    ),
    _rows(
        "date_spine",
        "first last",
        "rows (day date); each date from the first to the last, both included; none when either "
        "is NULL or the last is earlier",
        _SPINE,
        _SPINE,
        "lateral (select explode(case when {first} <= {last} "
        "then sequence({first}, {last}, interval 1 day) else array() end))",
    ),
    _rows(
        "json_items",
        "document",
        "rows (position integer from 0, item JSON); the elements of a JSON list in their order; "
        "none when it is NULL, empty or no list",
        "lateral (select cast(place as integer), cast({document} as json) -> cast(place as integer)"
        " from range(case when json_type(cast({document} as json)) = 'ARRAY' "
        "then cast(json_array_length(cast({document} as json)) as bigint) else 0 end) "
        "as places (place))",
        "lateral (select cast(place - 1 as integer), item from jsonb_array_elements("
        "case when jsonb_typeof(cast({document} as jsonb)) = 'array' "
        "then cast({document} as jsonb) else '[]' end) with ordinality as items (item, place))",
        "lateral (select posexplode(case when {document} like '[%' "
        "then from_json({document}, 'array<string>') end))",
    ),
    _rows(
        "time_zones",
        "",
        "rows (name text); IANA names of the zones that the engine can convert",
        "(select distinct name from pg_timezone_names())",
        "(select name from pg_timezone_names)",
        "(select explode(split(trim(both '[]' from "
        "java_method('java.time.ZoneId', 'getAvailableZoneIds')), ', ')))",
    ),
)

FUNCTIONS: Final[Mapping[str, EngineFunction]] = {each.name: each for each in _FUNCTIONS}


@cache
def functions_digest(dialect: str) -> str:
    """Return a digest of what every engine function becomes in a dialect."""
    forms = "\x1f".join(f"{each.name} {each.forms[dialect]}" for each in FUNCTIONS.values())
    return hashlib.sha256(forms.encode()).hexdigest()[:32]


def engine_calls(query: exp.Expr) -> Iterator[tuple[exp.Anonymous, EngineFunction]]:
    """Yield the calls of engine functions in `query`, inner ones before those around them."""
    for call in reversed(list(query.find_all(exp.Anonymous))):
        function = FUNCTIONS.get(call.name.lower())
        if function is not None:
            yield call, function


def call_fault(call: exp.Anonymous) -> str:
    """Say what is wrong with the call of an engine function; an empty string when nothing is."""
    function = FUNCTIONS[call.name.lower()]
    if len(call.expressions) != len(function.arguments):
        given = len(call.expressions)
        return f"'{function.name}' has {given} arguments. Write {function.signature}."
    if function.is_table != isinstance(call.parent, exp.Table):
        place = "FROM, with an alias for its columns" if function.is_table else "an expression"
        return f"'{function.name}' stands in the wrong place. It belongs in {place}."
    return ""


def compile_calls(query: exp.Query, dialect: str) -> exp.Query:
    """Give every engine function in `query`, in place, its form in `dialect`.

    Args:
        query: A query whose calls `call_fault` finds right.
        dialect: One of `DIALECTS`.
    """
    for call, function in engine_calls(query):
        arguments = {
            name: value.sql(dialect=dialect, identify=True, comments=False, copy=False)
            for name, value in zip(function.arguments, call.expressions, strict=True)
        }
        # text of the dialect, which no generator may touch again
        call.replace(exp.Var(this=function.forms[dialect].format_map(arguments)))
    return query
