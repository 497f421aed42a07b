"""Checks of notes across the parts of their deal, and of the order against classes, fees and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.contracts.notes import Notes
from instruments.ground.keys import key_of_kind
from instruments.priority import (
    CoverageTest,
    PayFees,
    PayInterest,
    PayPrincipal,
    Release,
    TrapCash,
    Turbo,
    accounts_of,
    classes_of,
    unsupported_legs,
)

if TYPE_CHECKING:
    from instruments.deal import Deal


def check_notes(deal: Deal, place: str, notes: Notes) -> None:
    """Names and dates of notes."""
    for field in ("issuer", "residual_holder"):
        known(getattr(notes, field), "party", f"{place}.{field}", deal.parties)
    for index, each in enumerate(notes.classes):
        known(each.holder, "party", f"{place}.classes.{index}.holder", deal.parties)
        if each.holder == notes.issuer:
            raise rule(f"{place}.classes.{index}.holder", "the issuer cannot hold its own notes")
    for index, fee in enumerate(notes.fees):
        known(fee.payee, "party", f"{place}.fees.{index}.payee", deal.parties)
    for index, asset in enumerate(notes.pool):
        if not key_of_kind("credit", asset.credit):
            raise rule(f"{place}.pool.{index}.credit", "an obligor needs a key such as credit:META")
    check_defaults(notes, place)
    for name, labels in (("pool", notes.pool), ("classes", notes.classes), ("fees", notes.fees), ("accounts", notes.accounts)):
        listed = [each.label for each in labels]
        if len(set(listed)) < len(listed):
            raise rule(f"{place}.{name}", "every label must be another")
    if notes.legal_final <= deal.as_of:
        raise rule(f"{place}.legal_final", f"the legal final {notes.legal_final} must be after the deal's date {deal.as_of}")
    check_order(notes, f"{place}.order")


def check_defaults(notes: Notes, place: str) -> None:
    """Recoveries and the common factor fit the way in which obligors default."""
    if notes.common_factor is not None and (notes.defaults != "market" or not key_of_kind("rent", notes.common_factor)):
        raise rule(f"{place}.common_factor", "a common factor is a rent such as rent:H100, with defaults = 'market'")
    for index, asset in enumerate(notes.pool):
        if asset.hardware is not None and notes.defaults != "market":
            raise rule(f"{place}.pool.{index}.hardware", "hardware is sold on the paths of the market: say defaults = 'market'")
        if asset.recovery_slope > 0.0 and notes.defaults != "copula":
            raise rule(f"{place}.pool.{index}.recovery_slope", "a slope on the copula's factor means nothing with defaults = 'market'")


def check_order(notes: Notes, place: str) -> None:
    """Every name in the order exists, every class is paid interest and principal, and nothing stays in the pot."""
    classes, fees = ({each.label: each for each in labels} for labels in (notes.classes, notes.fees))
    accounts = {each.label: each for each in notes.accounts}
    for index, step in enumerate(notes.order):
        for name in classes_of(step):
            known(name, "class", f"{place}.{index}", classes)
        for name in accounts_of(step):
            known(name, "account", f"{place}.{index}", accounts)
        for name in step.claims if isinstance(step, PayFees) else ():
            known(name, "fee", f"{place}.{index}.claims", fees)
        if isinstance(step, CoverageTest):
            known(step.through, "class", f"{place}.{index}.through", classes)
        if isinstance(step, TrapCash) and step.when is None:
            raise rule(f"{place}.{index}.when", "a trap needs a condition, or nothing is ever released")
        if odd := unsupported_legs(step):
            raise rule(f"{place}.{index}.when", f"'{odd[0]}' cannot be tested on a payment date: use ratio, date, all, any")
    last = notes.order[-1]
    if not isinstance(last, Release) or last.when is not None:
        raise rule(place, "the order must end with a release that always happens")
    for kinds, what in (((PayInterest,), "interest"), ((PayPrincipal, Turbo), "principal")):
        paid = {name for step in notes.order if isinstance(step, kinds) for name in classes_of(step)}
        missing = [name for name in classes if name not in paid]
        if missing:
            raise rule(place, f"no step pays {what} to the class '{missing[0]}'")
