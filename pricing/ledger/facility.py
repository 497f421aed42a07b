"""The postings of a project facility: one column each, numbered here and nowhere else.

Columns up to `UNITS` are flows, the last ones track the engine's own state for reduction beside the ledger. The numbers are plain
integers, since the kernel is compiled against them.
"""

from __future__ import annotations

from pricing.ledger.plan import LedgerPlan, Posting

# cash
RENT, RELET, POWER, SITE, TRANSITION, CAPEX, EQUITY, SUPPORT = range(8)
DRAW_FLOATING, DRAW_FIXED, AGENT_FEE, UNDRAWN_FEE, INTEREST_FLOATING, INTEREST_FIXED, SWAP = range(8, 15)
PRINCIPAL_FLOATING, PRINCIPAL_FIXED, CURE, TO_LIQUIDITY, TO_POWER_RESERVE, TO_TRAP = range(15, 21)
MANAGEMENT, DISTRIBUTION, SALE, GUARANTEE, TERMINAL = range(21, 26)
# claims: due, deferred (change), written off
OPEX_DUE, OPEX_DEFERRED, OPEX_LOST = range(26, 29)
FEES_DUE, FEES_DEFERRED, FEES_LOST = range(29, 32)
INTEREST_DUE, INTEREST_DEFERRED, INTEREST_LOST = range(32, 35)
SWAP_DUE, SWAP_DEFERRED, SWAP_LOST = range(35, 38)
PRINCIPAL_DUE, PRINCIPAL_DEFERRED, PRINCIPAL_LOST = range(38, 41)
MANAGEMENT_DUE, MANAGEMENT_DEFERRED, MANAGEMENT_LOST = range(41, 44)
# devices
DELIVERED, LOST_UNITS, SOLD = range(44, 47)
# fees to the lender on draws and waivers; interest capitalised, lent and paid in one
LENDER_FEE, PIK_FLOATING, PIK_FIXED = range(47, 50)
# the customer's prepayment: paid in, credited and paid back, claim of what is unearned; account of what is kept for cohorts to come
PREPAID, PREPAID_BACK, PREPAID_DUE, PREPAID_DEFERRED, PREPAID_LOST, TO_ADVANCE = range(50, 56)
# prepayment by choice: premium, money of the new lender and what the owner owes for it, cost of the new loan
CALL_PREMIUM, REFINANCED, NEW_LOAN, NEW_LOAN_COST = range(56, 60)
# another loan's default accelerates this one: a notice of the lender
CROSS_NOTICE = 60
POSTINGS = 61
PLAIN = 50
"""The first so many are in every facility; the others belong to prepayments and cross-defaults."""
"""Number of postings."""

(
    FLOATING, FIXED, LIQUIDITY, POWER_RESERVE, TRAP, OPEX_ARREARS, FEE_ARREARS, INTEREST_ARREARS, SWAP_ARREARS, PRINCIPAL_ARREARS,
    MANAGEMENT_ARREARS, DRAWN, UNITS, STATUS, CFADS, SERVICE, TESTED, BREACHED, TRAILING, MARKET_VALUE, MARGIN_STEP,
    UNEARNED, PREPAID_ARREARS, ADVANCE, TRANCHE_STEP,
) = range(25)  # fmt: skip
STATES = 25
"""Number of state items: the second axis of the engine's own state [time, item, path]."""
STATE_NAMES = (
    "floating", "fixed", "liquidity_reserve", "power_reserve", "trapped", "opex_arrears", "fee_arrears", "interest_arrears", "swap_arrears",
    "principal_arrears", "management_arrears", "drawn", "units", "status", "cfads", "service", "tested", "breached", "trailing_dscr",
    "market_value", "margin_step", "unearned", "prepaid_arrears", "advance", "tranche_step",
)  # fmt: skip
"""Names of the state items."""

TEST_MADE, TEST_FAILED, TEST_VALUE, TEST_CURED, TEST_WAIVED = range(5)
TEST_ITEMS = 5
"""What is kept of every covenant and month: tested, breached (before cure), value tested, cured, waived; [covenant, time, item]."""

PERFORMING, ENFORCEMENT, CLOSED, AWAITING = range(4)
"""Status of a facility: paying; accelerated; ended; sold, with a guarantee still to pay."""

(
    PAID_IN, RECEIVED, SHORTFALL, SHORTFALL_DISCOUNTED, EQUITY_VALUE, DEFAULT_MONTH, RECOVERED, EXPOSURE_AT_DEFAULT, LEAST_TRAILING,
    HEDGE_VALUE, FIRST_BREACHED, FIRST_BREACH_MONTH, PREPAID_MONTH, CROSS_CALLED,
) = range(14)  # fmt: skip
OUTCOMES = 14
"""Numbers kept for every path: discounted draws and receipts of the lender, what it writes off, the owner's discounted net flows,
month of the event of default (the number of months where none), discounted receipts after it, balance at it, least trailing coverage,
discounted net payments to the hedge provider, number of the covenant first breached (-1 where none) and month of it,
month of the prepayment by choice (the number of months where none), 1 where nothing but another loan's default called the event of
default."""


def facility_plan(*, lender: str, vehicle: str, operator: str, customer: str, vendor: str, guarantor: str, fleet: str, loan: str,
                  offtake: str, guarantee: str) -> LedgerPlan:  # fmt: skip
    """The plan of postings of one facility, from the ids of its parties and contracts.

    Outside parties without an id of their own: `market` buys capacity and used hardware, `supplier` sells power and space, `agent`
    administers, `hedge` is the swap counterparty, `scrap` takes broken units, `refinancer` lends what
    prepays the loan and is owed as much by the owner from then on, `arranger` is paid for the new loan.
    """
    v, sub = vehicle, f"{vehicle}/"
    cash = [
        (customer, v, offtake, "rent"), ("market", v, fleet, "relet"), (v, "supplier", fleet, "power"), (v, "supplier", fleet, "site"),
        (v, "supplier", offtake, "transition"), (v, vendor, fleet, "capex"), (operator, v, fleet, "equity"), (operator, v, loan, "support"),
        (lender, v, loan, "draw_floating"), (lender, v, loan, "draw_fixed"), (v, "agent", loan, "agent_fee"),
        (v, lender, loan, "undrawn_fee"),
        (v, lender, loan, "interest_floating"), (v, lender, loan, "interest_fixed"), (v, "hedge", loan, "swap"),
        (v, lender, loan, "principal_floating"), (v, lender, loan, "principal_fixed"), (operator, v, loan, "cure"),
        (v, f"{sub}liquidity", loan, "liquidity_reserve"), (v, f"{sub}power", loan, "power_reserve"), (v, f"{sub}trap", loan, "cash_trap"),
        (v, operator, fleet, "management_fee"), (v, operator, fleet, "distribution"), ("market", v, fleet, "sale"),
        (guarantor, v, guarantee, "guarantee"),
    ]  # fmt: skip
    posted = [Posting(a, b, c, why, "USD", "cash") for a, b, c, why in cash]
    posted.append(Posting("market", operator, fleet, "terminal_value", "USD", "terminal"))
    claims = [
        ("supplier", fleet, "operating_costs"), ("agent", loan, "fees"), (lender, loan, "interest"), ("hedge", loan, "swap"),
        (lender, loan, "principal"), (operator, fleet, "management_fee"),
    ]  # fmt: skip
    for creditor, contract, why in claims:
        posted.extend(Posting(v, creditor, contract, why, "USD", claim) for claim in ("due", "deferred", "written_off"))
    devices = [(vendor, v, "delivered"), (v, "scrap", "lost"), (v, "market", "sold")]
    posted.extend(Posting(a, b, fleet, why, "devices", "cash") for a, b, why in devices)
    posted.append(Posting(v, lender, loan, "lender_fee", "USD", "cash"))
    posted.extend(Posting(lender, v, loan, why, "USD", "cash") for why in ("capitalised_floating", "capitalised_fixed"))
    posted.append(Posting(customer, v, offtake, "prepayment", "USD", "cash"))
    posted.extend(Posting(v, customer, offtake, "prepaid_capacity", "USD", claim) for claim in ("cash", "due", "deferred", "written_off"))
    posted.append(Posting(v, f"{sub}advance", offtake, "advance_account", "USD", "cash"))
    posted += [
        Posting(v, lender, loan, "call_premium", "USD", "cash"), Posting("refinancer", v, loan, "refinancing", "USD", "cash"),
        Posting(operator, "refinancer", loan, "new_loan", "USD", "terminal"), Posting(v, "arranger", loan, "new_loan_cost", "USD", "cash"),
    ]  # fmt: skip
    posted.append(Posting(lender, v, loan, "cross_default", "notices", "cash"))
    return LedgerPlan(tuple(posted))
