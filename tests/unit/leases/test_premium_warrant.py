"""A warrant received for the guarantee of a lease: valued beside it, as the warrant that it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from instruments import Deal
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from tests.leases import AS_OF, deal, market

EXPIRY = dt.date(2028, 3, 31)
WARRANT: dict[str, Any] = {
    "kind": "warrant", "issuer": "tenant", "holder": "maker", "underlying": "equity:TEN", "shares": 1e6, "strike_usd": 40.0,
    "expiry": EXPIRY, "exercise": "at_expiry", "settlement": "gross",
    "tranches": [{"label": "all", "shares": 1e6, "condition": {"kind": "date", "on": dt.date(2026, 6, 30)}}],
}  # fmt: skip


def with_premium(premium: str | None = "thanks", **warrant: Any) -> Deal:
    document = deal(guarantee={"cover": {"form": "lease_backstop", "share": 1.0}}).model_dump(by_alias=True)
    parties = document["parties"] | {"tenant": {"credit": "credit:TENANT", "equity": "equity:TEN"}}
    support = document["contracts"]["support"] | {"premium": premium}
    contracts = document["contracts"] | {"support": support, "thanks": WARRANT | warrant}
    return Deal.model_validate(document | {"parties": parties, "contracts": contracts})


def test_the_premium_is_the_warrants_own_value_and_blacks_formula_with_the_issuers_hazard() -> None:
    on = market(equity={"TEN": {"spot_usd": 50.0, "volatility": 0.6}})
    rows = price(with_premium(), on, paths=4096).rows
    premium = next(row for row in rows if row.contract == "support" and row.measure == "premium_value")
    own = next(row for row in rows if row.contract == "thanks" and row.measure == "value" and row.part is None and row.party == "maker")
    assert (premium.value, premium.party) == (own.value, "maker")
    # the share falls to nothing when its issuer fails and drifts up by the hazard before (Merton 1976): Black at rate + hazard
    years, hazard = (EXPIRY - AS_OF).days / 365.0, 0.05
    forward, spread = 50.0 * np.exp((0.04 + hazard) * years), 0.6 * np.sqrt(years)
    d = np.log(forward / 40.0) / spread + 0.5 * spread
    call = 1e6 * np.exp(-(0.04 + hazard) * years) * (forward * ndtr(d) - 40.0 * ndtr(d - spread))
    assert premium.value == pytest.approx(call, abs=MC_SIGMAS * (premium.standard_error or 0.0) + 1e-6 * call)


def test_it_stands_beside_the_guarantee_and_changes_none_of_its_payments() -> None:
    on = market(equity={"TEN": {"spot_usd": 50.0, "volatility": 0.6}})
    both = [price(with_premium(name), on, paths=4096, measures=["value", "premium_value"]).rows for name in ("thanks", None)]
    values = [[row.value for row in rows if row.contract == "support" and row.measure == "value"] for rows in both]
    assert values[0] == values[1]
    assert not [row for row in both[1] if row.measure == "premium_value"]


def test_a_premium_that_is_not_the_guarantors_is_refused() -> None:
    with pytest.raises(TermsError, match="not to the guarantor"):
        with_premium(holder="spv")
    with pytest.raises(TermsError, match="is not a warrant"):
        with_premium("lease")
