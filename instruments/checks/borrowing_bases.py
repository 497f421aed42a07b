"""Checks of a borrowing base across the parts of its deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.ground.keys import key_of_kind

if TYPE_CHECKING:
    from instruments.deal import Deal


def check_borrowing_base(deal: Deal, place: str, base: BorrowingBase) -> None:
    """Names and dates of a borrowing base."""
    known(base.lender, "party", f"{place}.lender", deal.parties)
    known(base.borrower, "party", f"{place}.borrower", deal.parties)
    classes = {each.label: each for each in base.classes}
    for index, asset in enumerate(base.assets):
        known(asset.obligor, "party", f"{place}.assets.{index}.obligor", deal.parties)
        known(asset.asset_class, "class", f"{place}.assets.{index}.asset_class", classes)
    for name, labels in (("classes", base.classes), ("assets", base.assets)):
        if len({each.label for each in labels}) < len(labels):
            raise rule(f"{place}.{name}", "every label must be another")
    for index, limit in enumerate(base.limits):
        if limit.only is not None:
            names = {asset.obligor if limit.by == "obligor" else asset.group: asset for asset in base.assets}
            known(limit.only, limit.by, f"{place}.limits.{index}.only", names)
    if base.rent is not None and not key_of_kind("rent", base.rent):
        raise rule(f"{place}.rent", "rents need a key such as rent:H100")
    if base.maturity <= deal.as_of:
        raise rule(f"{place}.maturity", f"maturity {base.maturity} must be after the deal's date {deal.as_of}")
