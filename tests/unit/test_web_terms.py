"""Web terms: each malformed web gets one clear line at its place; amounts that are not known stay intervals."""

from __future__ import annotations

import pytest

from instruments import dumps_toml, load_web, web_from_text
from instruments.ground.errors import InputError
from pricing.web.amounts import in_period, whole_amount
from tests.house import ROOT
from tests.webs import HEAD, SOURCE, edge, web


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (edge(payee="d"), 'edges.e.to = "d": the web has no entity d'),
        (edge(payee="outt"), "did you mean out?"),
        (edge(figures="headline_usd = -1.0"), "edges.e.headline_usd = -1.0: must be at or above 0"),
        (edge(extra="status = 'paid'"), 'edges.e.status = "paid": must be one of'),
        (edge(extra="stake = 1.5"), "edges.e.stake"),
        (edge(extra="stake = 0.6") + edge("f", "stake = 0.7", payer="c"), "130% of b is held"),
        (edge(extra='secured_on = ["f"]') + edge("f", 'secured_on = ["e"]'), "e, f are pledged in a circle"),
        (edge(figures=""), "edges.e.range_usd: an unknown amount is an interval, never zero"),
        (edge(figures="headline_usd = 1.0\nfirm_usd = 2.0"), "must not exceed headline_usd"),
        (edge(payee="a"), "an edge joins two entities"),
        (edge(extra='within = "e"'), "no such other edge"),
        (edge(extra='schedule = {kind = "level", start = 2026-01-01, end = 2026-01-01}'), "the end must come after the start"),
        (edge(extra='schedule = {kind = "spread", start = 2026-01-01, years = [0, 2]}'), "above 0 years"),
        (edge() + "[perimeters.p]\nwhy = 'x'\nconsolidate = {zz = 'a'}", "no entity zz"),
        (edge() + "[knock_outs]\nk = ['zz']", "no such edge"),
    ],
)
def test_malformed_webs_get_one_line(text: str, line: str) -> None:
    with pytest.raises(InputError) as error:
        web(text)
    assert line in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert str(error.value).startswith("web.toml:")


def test_an_amount_needs_status_and_source() -> None:
    bare = '[edges.e]\nfrom = "a"\nto = "b"\nkind = "purchase"\nlayer = "cash"\nheadline_usd = 1.0\n'
    with pytest.raises(InputError, match="an amount needs a status"):
        web(bare + SOURCE)
    with pytest.raises(InputError, match="an amount needs a source"):
        web(bare + 'status = "closed"')
    with pytest.raises(InputError, match="an amount needs a source"):
        web(bare + 'status = "closed"\nprovenance = {basis = "press"}')


def test_a_group_without_an_outside_is_named() -> None:
    ring = edge() + edge("f", payer="b", payee="a") + edge("g", payer="c", payee="out")
    with pytest.raises(InputError, match="money that enters a, b never leaves"):
        web(ring, head=HEAD.replace("[entities]", 'balance = "stated"\n[entities]'))


def test_webs_round_trip() -> None:
    before = load_web(ROOT / "examples/capital_web")
    assert web_from_text(dumps_toml(before)) == before


@pytest.mark.parametrize(
    ("figures", "extra", "low", "high"),
    [
        ("headline_usd = 12.0", "", 12, 12),
        ("headline_usd = 12.0\nfirm_usd = 3.0", "", 3, 3),
        ("headline_usd = 12.0\nfirm_usd = 3.0\npaid_usd = 5.0", "", 5, 5),
        ("headline_usd = 12.0\nfirm_usd = 3.0", "status = 'partly_closed'", 3, 12),
        ("headline_usd = 12.0", "status = 'announced'", 0, 12),
        ("headline_usd = 12.0\nfirm_usd = 3.0", "status = 'binding'", 12, 12),
        ("headline_usd = 12.0\nfirm_usd = 3.0", "status = 'cancellable'", 3, 12),
        ("range_usd = [2.0, 9.0]", "status = 'binding'", 2, 9),
        ("paid_usd = 0.0\nrange_usd = [0.0, 9.0]", "status = 'contingent'", 0, 9),
        ("paid_usd = 4.0\nrange_usd = [2.0, 9.0]", "status = 'partly_closed'", 4, 9),
    ],
)
def test_amounts_that_are_not_known_are_intervals(figures: str, extra: str, low: float, high: float) -> None:
    found = whole_amount(web(edge(figures=figures, extra=extra)), "e")
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(
    ("schedule", "low", "high"),
    [
        ('{kind = "once", on = 2026-12-31}', 12, 12),
        ('{kind = "once", on = 2027-01-01}', 0, 0),
        ('{kind = "level", start = 2026-07-02, end = 2027-07-02}', 12 * 183 / 365, 12 * 183 / 365),
        ('{kind = "level", start = 2027-01-01, end = 2028-01-01}', 0, 0),
        ('{kind = "listed", amounts_usd = {2025-12-31 = 9.0, 2026-06-01 = 3.0}}', 3, 3),
        ('{kind = "spread", start = 2026-01-01, years = [2, 4]}', 12 * 365 / (4 * 365.25), 12 * 365 / (2 * 365.25)),
        ('{kind = "spread", start = 2025-01-01, years = [1, 4]}', 0, 6 * 365 / 365.25),
    ],
)
def test_schedules_put_amounts_into_the_period(schedule: str, low: float, high: float) -> None:
    found = in_period(web(edge(extra=f"schedule = {schedule}")), "e")
    assert found.low == pytest.approx(low, abs=0.02)  # the shortest length that leaves a day out of the period
    assert found.high == pytest.approx(high, rel=2e-3)  # half of two years and a day
