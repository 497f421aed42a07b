"""Malformed files: a good deal and a good market, and what can be done to each of them, with the line and the words of the answer.

`CASES` is used by the tests of the loader and of the command line. A case changes the good text; `language` says which one.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.documents import DEAL, GOOD, MARKET

Kind = Literal["deal", "market"]


@dataclass(frozen=True)
class Malformed:
    """One broken file: its text (or bytes), and what the answer must hold."""

    name: str
    kind: Kind
    content: str | bytes
    words: tuple[str, ...]
    line: int | None = None
    language: Literal["toml", "json"] = "toml"

    @property
    def file_name(self) -> str:
        """The name of the file in a folder."""
        return f"{self.kind}.{self.language}"

    @property
    def data(self) -> bytes:
        """The content as bytes."""
        return self.content if isinstance(self.content, bytes) else self.content.encode()


def as_json(kind: Kind, change: Callable[[Any], None] = lambda _: None) -> str:
    """The good document as JSON text, changed."""
    document = tomllib.loads(GOOD[kind])
    change(document)
    return json.dumps(document, indent=1, default=str)


def _swap(name: str, kind: Kind, old: str, new: str, *words: str, line: int | None = None) -> Malformed:
    """The good text with one piece exchanged; the line is that of the piece, unless the answer names that of its table."""
    text = GOOD[kind]
    assert text.count(old) == 1, f"{name}: {old!r} must stand once in the good {kind}"
    line = line or text[: text.index(old)].count("\n") + 1 + old.startswith("\n")
    return Malformed(name, kind, text.replace(old, new), words, line)


def _raw(name: str, kind: Kind, content: str | bytes, *words: str, line: int | None = None, language: Any = "toml") -> Malformed:
    return Malformed(name, kind, content, words, line, language)


FILES = (
    _raw("empty", "deal", "", "nothing in it", "schema = 1"),
    _raw("only_blanks", "market", "\n  \n", "nothing in it"),
    _raw("only_a_comment", "deal", "# later\n", "nothing in it"),
    _raw("empty_json_table", "deal", "{}", "nothing in it", language="json"),
    _raw("byte_order_mark", "deal", b"\xef\xbb\xbf" + DEAL.encode(), "byte-order mark", "UTF-8"),
    _raw("utf_16", "deal", DEAL.encode("utf-16"), "not UTF-8 text", line=1),
    _raw("latin_1", "deal", DEAL.replace("redacted", "geschwärzt").encode("latin-1"), "not UTF-8 text", line=48),
    _raw("too_large", "market", b"#" * 5_000_001, "larger than 5 MB"),
    _raw("random_bytes", "deal", bytes(range(256)), "not UTF-8 text"),
    _raw("nul_bytes", "deal", b"\x00" * 20, "not valid TOML"),
    _raw("list_at_top", "deal", "[1, 2]", "must hold a table at its top level", language="json"),
    _raw("text_at_top", "market", '"hello"', "must hold a table at its top level", language="json"),
    _raw("truncated_toml", "deal", DEAL[: DEAL.index("at_least = 200.0") + 8], "not valid TOML", line=34),
    _raw("truncated_json", "deal", as_json("deal")[:200], "not valid JSON", language="json"),
    _raw("json_in_toml", "deal", as_json("deal"), "not valid TOML", line=1),
    _raw("toml_in_json", "deal", DEAL, "not valid JSON", line=1, language="json"),
    _raw("deep_list_toml", "deal", "a = " + "[" * 5000, "nested more than 100 levels"),
    _raw("deep_list_json", "deal", '{"a":' + "[" * 100_000, "nested more than 100 levels", language="json"),
    _raw("deep_closed_json", "deal", '{"a":' + "[" * 120 + "]" * 120 + "}", "nested more than 100 levels", language="json"),
    _raw("deep_key_toml", "deal", ".".join("a" * 300_000) + " = 1", "nested more than 100 levels"),
    _raw("deep_quoted_key_toml", "deal", ".".join(['"a"'] * 100_000) + " = 1", "nested more than 100 levels"),
    _raw("deep_table_toml", "deal", "[" + ".".join("a" * 120) + "]", "nested more than 100 levels"),
    _raw("huge_integer_toml", "deal", DEAL.replace("shares = 100", "shares = " + "9" * 5000), "not valid TOML", "too long", line=23),
    _raw(
        "long_integer_toml", "deal", DEAL.replace("shares = 100", "shares = " + "9" * 50), "must be a whole number of at most 18", line=23
    ),
    _raw("huge_integer_json", "market", '{"schema": 1,\n"as_of": ' + "9" * 9000 + "}", "at most 18 digits", line=2, language="json"),
    _raw("nan_json", "market", '{"schema": 1,\n"x":\n{"y": NaN}}', "x.y = nan", "finite", line=3, language="json"),
    _raw("infinity_json", "market", '{"schema": 1,\n"x": -Infinity}', "x = -inf", "finite", line=2, language="json"),
    _raw("overflow_json", "market", '{"schema": 1,\n"x": 1e999}', "x = inf", "finite", line=2, language="json"),
    _raw("repeated_json", "deal", '{"id": "x",\n "a": {"b": 1,\n "b": 2}}', "a.b", "appears twice", line=3, language="json"),
    _raw("trailing_json", "deal", as_json("deal") + "\n{}", "not valid JSON", language="json"),
    _raw("surrogate_json", "deal", as_json("deal").replace('"redacted"', '"\\ud800"'), "whole characters", "why", language="json"),
    _raw("surrogate_key_json", "deal", '{"a": 1, "\\udfff": 2}', "whole characters", "key", language="json"),
)
"""Files that cannot be read as a document at all, or hold what no term can."""

SYNTAX = (
    _swap("no_quotes", "deal", 'id = "chips-for-shares"', "id = chips-for-shares", "not valid TOML", "without quotes"),
    _swap("no_value", "deal", "strike_usd = 0.01", "strike_usd =", "not valid TOML"),
    _swap("no_equals", "market", "volatility = 0.51", "volatility 0.51", "not valid TOML"),
    _swap("no_such_day", "deal", "expiry = 2030-10-05", "expiry = 2030-02-31", "not valid TOML", "date"),
    _swap("repeated_key", "deal", 'holder = "buyer"', 'issuer = "buyer"', "appears twice", "keep one"),
    _swap("repeated_table", "deal", "[parties.buyer]", "[parties.vendor]", "appears twice"),
    _swap("repeated_inline_key", "market", "1M = 0.04338, 1Y", "1Y = 0.04338, 1Y", "appears twice"),
    _swap("nan_toml", "market", "volatility = 0.51", "volatility = nan", "equity.VND.volatility = nan", "finite"),
    _swap("infinity_toml", "deal", "strike_usd = 0.01", "strike_usd = -inf", "contracts.grant.strike_usd = -inf", "finite"),
    _swap("date_time", "deal", "as_of = 2025-10-03", "as_of = 2025-10-03T10:00:00Z", "as_of = 2025-10-03 10:00", "drop the time of day"),
    _swap("time_of_day", "deal", "expiry = 2030-10-05", "expiry = 10:00:00", "contracts.grant.expiry = 10:00:00", "a date such as"),
)
"""Slips of the pen in TOML."""

FIELDS = (
    _raw("missing_top_field", "deal", DEAL.replace("as_of = 2025-10-03\n", ""), "as_of: required", "add as_of", line=1),
    _raw(
        "missing_field", "deal", DEAL.replace("strike_usd = 0.01\n", ""), "contracts.grant.strike_usd: required", "add strike_usd", line=18
    ),
    _swap("unknown_field", "deal", "strike_usd = 0.01", "strike_us = 0.01", "contracts.grant.strike_us", "did you mean strike_usd?"),
    _swap("unknown_top_field", "market", "\nas_of = 2025-10-03", "\nasof = 2025-10-03", "asof", "did you mean as_of?"),
    _swap("unknown_leg_field", "deal", "at_least = 200.0", "atleast = 200.0", "condition.legs.1.atleast", "did you mean at_least?"),
    _swap("true_for_number", "deal", "strike_usd = 0.01", "strike_usd = true", "strike_usd = true", "must be a number", "true and false"),
    _swap("quoted_number", "deal", "strike_usd = 0.01", 'strike_usd = "0.1"', 'strike_usd = "0.1"', "drop the quotes"),
    _swap("words_for_number", "deal", "strike_usd = 0.01", 'strike_usd = "a lot"', "must be a number", "without quotes"),
    _swap("number_for_text", "deal", 'unit = "GW"', "unit = 7", "milestones.deliveries.unit = 7", "must be text", "put it in quotes"),
    _swap("text_for_list", "deal", 'roles = ["vendor", "issuer"]', 'roles = "vendor"', "must be a list", "put it in [ ]"),
    _swap("part_of_a_day", "deal", "days = 20", "days = 20.0", "observation.days = 20.0", "must be a whole number", "write 20"),
    _swap("text_for_date", "deal", "expiry = 2030-10-05", 'expiry = "5 Oct 2030"', "must be a date such as", "year-month-day"),
    _swap("number_for_date", "deal", "expiry = 2030-10-05", "expiry = 20301005", "must be a date such as"),
    _swap("seconds_for_date", "deal", "expiry = 2030-10-05", 'expiry = "1900022400"', "must be a date such as"),
    _swap("days_for_plan_date", "deal", "2026-12-31 = 1.0", "0 = 1.0", "milestones.deliveries.plan.0", "must be a date such as"),
    _swap("words_for_plan_date", "deal", "2026-12-31 = 1.0", "soon = 1.0", "milestones.deliveries.plan.soon", "must be a date such as"),
    _swap("table_for_number", "deal", "strike_usd = 0.01", "strike_usd = {value = 1}", "a table of 1", "must be a number"),
    _swap("number_for_table", "deal", "condition = {kind", "condition = 3 # {kind", "condition = 3", "must be a table"),
    _swap("negative_strike", "deal", "strike_usd = 0.01", "strike_usd = -1", "must be at or above 0"),
    _swap("no_shares", "deal", "shares = 60", "shares = 0", "contracts.grant.tranches.0.shares = 0", "must be above 0"),
    _swap("long_window", "deal", "days = 20", "days = 505", "must be at or below 504"),
    _swap(
        "bad_role", "deal", 'roles = ["vendor", "issuer"]', 'roles = ["vendr"]', 'parties.vendor.roles.0 = "vendr"', "did you mean vendor?"
    ),
    _swap("bad_kind", "deal", 'kind = "date"', 'kind = "dat"', 'condition.kind = "dat"', "did you mean date?"),
    _swap("no_kind", "deal", 'kind = "date", ', "", "condition.kind: required, one of", "add"),
    _swap("bad_contract_kind", "deal", 'kind = "warrant"', 'kind = "warant"', "contracts.grant.kind", "did you mean warrant?"),
    _swap("bad_basis", "deal", 'basis = "filing"', 'basis = "filling"', "provenance.default.basis", "did you mean filing?"),
    _swap("bad_schema", "deal", "schema = 1", "schema = 2", "schema = 2", "must be one of 1"),
    _swap("bad_name", "deal", "[parties.buyer]", '[parties."the buyer"]', 'parties."the buyer"', "must be a short name", "rename it"),
    _swap("bad_market_key", "deal", 'equity = "equity:VND"', 'equity = "VND"', 'parties.vendor.equity = "VND"', "market key such as"),
    _swap(
        "no_legs",
        "deal",
        'condition = {kind = "date", on = 2027-01-01}',
        'condition = {kind = "any", legs = []}',
        "legs",
        "at least 1 entry",
    ),
    _swap("range_of_one", "deal", "range = [0.01, 1.0]", "range = [0.01]", '"contracts.grant.strike_usd".range', "must have 2 entries"),
    _swap("range_of_three", "deal", "range = [0.01, 1.0]", "range = [0.01, 1.0, 2.0]", "must have at most 2 entries"),
    _swap("range_reversed", "deal", "range = [0.01, 1.0]", "range = [1.0, 0.01]", "low end of a range must not exceed"),
    _swap("null_json", "deal", "strike_usd = 0.01", "strike_usd = []", "must be a number"),
    _raw("null_in_json", "deal", as_json("deal", lambda d: d.update(name=None)), "name = null", "leave the entry out", language="json"),
    _raw("market_as_deal", "deal", MARKET, "not a deal file", "it holds rates", "a deal file holds parties, contracts"),
)
"""Fields that are missing, unknown, of the wrong type or out of range."""

RULES = (
    _swap("shares_do_not_add_up", "deal", "shares = 60", "shares = 61", "the tranches hold 101 shares together", line=23),
    _swap("same_party", "deal", 'holder = "buyer"', 'holder = "vendor"', "issuer and holder must be two parties", line=21),
    _swap(
        "no_such_party",
        "deal",
        'holder = "buyer"',
        'holder = "byer"',
        'contracts.grant.holder = "byer"',
        "no such party",
        "did you mean buyer?",
    ),
    _swap(
        "no_such_milestone", "deal", 'milestone = "deliveries"', 'milestone = "sites"', "condition.legs.0.milestone", "no such milestone"
    ),
    _swap("level_beyond_plan", "deal", "at_least = 1.0}", "at_least = 9.0}", "legs.0.at_least = 9.0", "above the last level 6"),
    _swap("expired", "deal", "expiry = 2030-10-05", "expiry = 2025-10-01", "contracts.grant.expiry", "must be after the deal's date"),
    _swap("plan_falls", "deal", "2030-06-30 = 6.0", "2030-06-30 = 0.5", "milestones.deliveries", "the plan must rise", line=15),
    _swap("two_targets", "deal", "at_least = 200.0", "at_least = 200.0, at_most = 1", "only one of them"),
    _swap("assumed_without_range", "deal", "range = [0.01, 1.0]", "", '"contracts.grant.strike_usd"', "needs a range or a list", line=51),
    _swap(
        "no_such_path", "deal", '"contracts.grant.strike_usd"', '"contracts.grant.strike_us"', "matches nothing", "did you mean strike_usd?"
    ),
    _swap("bad_alternative", "deal", "even = [50, 50]", "even = [50, 51]", "the alternative does not fit", "101 shares", "even"),
    _swap("short_alternative", "deal", "even = [50, 50]", "even = [50]", "a list of 1 for 2 matches"),
    _swap("bad_range_end", "deal", "range = [0.01, 1.0]", "range = [-0.01, 1.0]", "the alternative does not fit", "low", "at or above 0"),
    _swap(
        "implausible_rate",
        "market",
        "1M = 0.04338",
        "1M = 5.25",
        "quotes.1M = 5.25: 5.25 means 525 % a year",
        "0.0525 (pct(5.25) in Python)?",
    ),
    _swap("implausible_range", "market", "range = [0.03, 0.04]", "range = [0.03, 4]", "quotes.5Y.range.1 = 4", "did you mean 0.04"),
    _swap("implausible_volatility", "market", "volatility = 0.51", "volatility = 51", "5100 % a year", "allow_implausible = true"),
    _swap("negative_spot", "market", "spot_usd = 164.67", "spot_usd = -1", "equity.VND.spot_usd = -1", "must be above 0"),
    _swap(
        "true_for_quote", "market", "spot_usd = 164.67", "spot_usd = true", "equity.VND.spot_usd = true", "true and false are not numbers"
    ),
    _swap("quoted_quote", "market", "spot_usd = 164.67", 'spot_usd = "164"', 'equity.VND.spot_usd = "164"', "drop the quotes"),
    _swap(
        "list_for_quote", "market", "spot_usd = 164.67", "spot_usd = [1]", "equity.VND.spot_usd = [1]", "a number, or a table with a value"
    ),
    _swap(
        "unknown_quote_field",
        "market",
        "{value = 100,",
        "{valu = 100,",
        "spread_add_bps.valu",
        "did you mean value?",
        "spread_add_bps.value: required",
    ),
    _swap("bad_tenor", "market", "1M = 0.04338", "1 = 0.04338", "rates.USD-SOFR.quotes.1", "a tenor such as"),
    _swap("no_tenors", "market", "{5Y = 0.005}", "{}", "credit.META.quotes", "at least 1 entry"),
    _swap(
        "no_such_proxy", "market", 'proxy = "credit:META"', 'proxy = "credit:MTA"', 'credit.BUY.proxy = "credit:MTA"', "not itself a proxy"
    ),
    _swap(
        "bad_pair",
        "market",
        '"equity:VND|milestone:deliveries"',
        '"equity:VND"',
        "correlation.equity:VND",
        "equity:AMD|milestone:deliveries",
    ),
    _swap("bad_correlation", "market", "{value = 0.3,", "{value = 1.3,", "value = 1.3", "between -1 and 1"),
    _swap("bad_block_kind", "market", 'kind = "ois"', 'kind = "swap"', 'rates.USD-SOFR.kind = "swap"', "must be one of flat, ois"),
)
"""Values that are well formed and do not fit together."""

CASES = (*FILES, *SYNTAX, *FIELDS, *RULES)
"""Every malformed file."""
