"""What a row of a book may be: every contract family, a hurdle warrant in one flat row, and how a row becomes a deal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, get_args

import polars as pl
from pydantic import ValidationError

from instruments.assets.fleet import GpuFleet
from instruments.contracts.families import Contract
from instruments.deal import Deal
from instruments.files.loading import problems_of, validated
from instruments.files.parsing import unusable
from instruments.ground.base import Terms
from instruments.ground.errors import InputError, Problem
from instruments.ground.keys import MarketKey, Name
from instruments.ground.located import Located
from instruments.ground.messages import problem
from instruments.ground.steps import Steps
from pricing.books.columns import Entries, Node, Scalar, entries, nodes_of, said, scalars, with_optional
from pricing.books.hurdle import HurdleWarrant, deal_of

PARTIES = frozenset(
    [
        "lender",
        "borrower",
        "lessor",
        "lessee",
        "customer",
        "provider",
        "guarantor",
        "operator",
        "issuer",
        "holder",
        "investor",
        "buyer",
        "seller",
        "long",
        "short",
        "fixed_payer",
        "fixed_receiver",
        "residual_holder",
        "indemnitor",
    ]
)
"""Fields that name a party: a book may leave them out, and each may have `.credit` and `.equity`, its market keys."""
ROW_ID = "id"
CONTRACT = "contract"
"""Id of the row's contract in the deal that the row becomes."""


class RowTerms(Terms):
    """Columns of every kind, beside its terms."""

    id: Name
    """Name of the row, once in the book."""
    method: str | None = None
    """Engine to use; null: the array lane where it can price the row, else the contract's default engine."""
    deal: dict[str, Any] | None = None
    """What the contract needs around it, as JSON text: parties, assets, milestones, contracts of the deal."""


class PartyTerms(Terms):
    """Columns of a party."""

    credit: MarketKey | None = None
    """Its credit."""
    equity: MarketKey | None = None
    """Its share."""


@dataclass(frozen=True)
class Kind:
    """One kind of row."""

    name: str
    model: type[Terms]
    nodes: tuple[Node, ...]
    """Columns, in the order of the model, those of every kind first."""
    parties: tuple[str, ...]
    """Its fields that name a party."""
    fleet: bool
    """Whether `fleet.` columns describe the fleet that it names."""

    @cached_property
    def columns(self) -> dict[str, Scalar]:
        """Every column by name; those of mappings come on top."""
        return {node.name: node for node in scalars(self.nodes)}

    def scalar(self, name: str) -> Scalar | None:
        """The column of a name, entries of mappings included; None where there is none."""
        found = self.columns.get(name)
        if found is not None:
            return found
        for node in entries(self.nodes):
            if name.startswith(f"{node.name}.") and _is_key(node, name):
                return replace(node.value, name=name)
        return None


def _is_key(node: Entries, name: str) -> bool:
    try:
        node.key.validate_json(json.dumps(name[len(node.name) + 1 :]))
    except ValidationError:
        return False
    return True


def _row_nodes(*, deal: bool) -> tuple[Node, ...]:
    nodes = nodes_of(RowTerms)
    return nodes if deal else tuple(node for node in nodes if node.name != "deal")


def _kind(model: type[Terms]) -> Kind:
    name = str(model.model_fields["kind"].default)
    own = nodes_of(model, skip=("kind",))
    if model is HurdleWarrant:
        return Kind(name, model, (*_row_nodes(deal=False), *own), (), False)
    parties = tuple(node.name for node in own if node.name in PARTIES)
    fleet = any(node.name == "fleet" for node in own)
    extra = tuple(node for party in parties for node in nodes_of(PartyTerms, f"{party}."))
    hardware = with_optional(nodes_of(GpuFleet, "fleet.", ("kind",)), frozenset(("fleet.owner", "fleet.operator", "fleet.vendor")))
    if fleet:
        # a fleet is described here or in `deal`: the model says what is missing
        hardware = tuple(replace(node, required=False) for node in hardware)
    own = with_optional(own, frozenset((*parties, "fleet")))
    return Kind(name, model, (*_row_nodes(deal=True), *own, *extra, *(hardware if fleet else ())), parties, fleet)


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Every kind by name."""
    union, *_ = get_args(Contract)
    return {kind.name: kind for kind in map(_kind, (HurdleWarrant, *get_args(union)))}


def book_columns(kind: str) -> pl.DataFrame:
    """The columns of a kind of row: name, what a cell holds, whether it must be given, what its values obey.

    Args:
        kind: a contract family (`loan`, `lease`, ...) or `hurdle_warrant`.

    Returns:
        One line per column, in the order of the term model. `required` counts within a part: `floating.margin` must be given where the
        floating part is. A mapping stands as `name.KEY`, one column for each key that a frame uses.

    Raises:
        InputError: no such kind.

    Example:
        >>> book_columns("loan").filter(pl.col("column") == "commitment_usd").row(0)
        ('commitment_usd', 'number', True, 'above 0, at or below 1e15')
    """
    if kind not in kinds():
        raise InputError(problem("bad_choice", subject="book", field="kind", value=kind, choices=tuple(kinds()), suggestion="name one"))
    found = kinds()[kind]
    maps = {one.name: replace(one.value, name=f"{one.name}.KEY", required=one.required) for one in entries(found.nodes)}
    rows = [*scalars(found.nodes), *maps.values()]
    lines = [(one.name, one.sort, one.required, ", ".join(map(said, one.rules))) for one in rows]
    return pl.DataFrame(lines, schema={"column": pl.String, "holds": pl.String, "required": pl.Boolean, "rule": pl.String}, orient="row")


def _nested(target: dict[str, Any], name: str, value: object) -> None:
    *steps, last = name.split(".")
    for step in steps:
        inner = target.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        target = inner
    target[last] = value


def _json(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):  # too deep for the parser: the models say what is expected
        return text


def document(kind: Kind, cells: Mapping[str, object], as_of: dt.date) -> dict[str, Any]:
    """A row as the plain data of a deal: parties and fleet from their columns, and what the column `deal` adds."""
    row = {name: _json(value) if _sort(kind, name) == "json" else value for name, value in cells.items() if value is not None}
    found: dict[str, Any] = {"id": row.get(ROW_ID), "as_of": as_of, "parties": {}, "assets": {}}
    if found["id"] is None:
        del found["id"]
    contract: dict[str, Any] = {"kind": kind.name}
    fleet: dict[str, Any] = {}
    party_cells = {f"{party}.{part}": (party, part) for party in kind.parties for part in ("credit", "equity")}
    for name, value in row.items():
        if name in ("id", "method", "deal", "kind") or name in party_cells:
            continue
        _nested(fleet if kind.fleet and name.startswith("fleet.") else contract, name.removeprefix("fleet."), value)
    for party in kind.parties:
        if kind.model.model_fields[party].is_required():
            contract.setdefault(party, party)
        if isinstance(contract.get(party), str):
            keys = {part: row[name] for name, (owner, part) in party_cells.items() if owner == party and name in row}
            known = found["parties"].setdefault(contract[party], {})
            known.update(keys)
    if "underlying" in contract and "issuer" in kind.parties:
        found["parties"].get(contract["issuer"], {}).setdefault("equity", contract["underlying"])
    if kind.fleet:
        contract.setdefault("fleet", "fleet")
        if isinstance(contract["fleet"], str) and (fleet or "deal" not in row):
            _add_fleet(found, contract, fleet or _bare_fleet(contract, as_of))
    found["contracts"] = {CONTRACT: contract}
    _join(found, row.get("deal", {}))
    return found


def _sort(kind: Kind, name: str) -> str:
    node = kind.scalar(name)
    return node.sort if node else "text"


def _bare_fleet(contract: Mapping[str, Any], as_of: dt.date) -> dict[str, Any]:
    """A fleet as large as the contract, without quotes: enough for a plan; an engine that looks at rents says that there are none."""
    capacity = contract.get("capacity_units")
    amounts = [units for units in capacity.values() if isinstance(units, int | float)] if isinstance(capacity, dict) else []
    cohort = {"label": "all", "units": max([1.0, *amounts]), "cost_usd": 1.0, "funding": as_of, "acceptance": as_of}
    site = {"power": "power:NONE", "pue": 1.0, "colocation_usd_per_kw_month": 0.0}
    quotes = {"rent": "rent:NONE", "resale": "resale:NONE", "site": site, "accounting": {"life_years": 6.0}}
    return {"model": "unnamed", "kw_per_unit": 1.0, "cohorts": [cohort], **quotes}


def _add_fleet(found: dict[str, Any], contract: dict[str, Any], fleet: dict[str, Any]) -> None:
    provider = contract.get("provider", "provider")
    for role, default in (("owner", provider), ("operator", provider), ("vendor", "vendor")):
        fleet.setdefault(role, default)
        if isinstance(fleet[role], str):
            found["parties"].setdefault(fleet[role], {})
    found["assets"][contract["fleet"]] = {"kind": "gpu_fleet", **fleet}


def _join(target: dict[str, Any], more: object) -> None:
    if not isinstance(more, dict):
        target["deal"] = more
        return
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _join(target[key], value)
        else:
            target.setdefault(key, value)


def row_deal(kind: Kind, cells: Mapping[str, object], as_of: dt.date) -> Deal:
    """A row as a deal of its own, validated by the models.

    Args:
        kind: what the row is. cells: by column, dates as dates; absent or None is not given. as_of: the market's date.

    Raises:
        InputError: the models refuse it; `field` of each problem is the column.
    """
    if kind.model is HurdleWarrant:
        terms = {name: value for name, value in cells.items() if name not in ("id", "method", "kind") and value is not None}
        _validated(_HurdleRow, {**terms, **({"id": cells["id"]} if cells.get("id") is not None else {})}, ())
        wanted = (*HurdleWarrant.model_fields, "id")
        return deal_of({name: cells.get(name) for name in wanted}, as_of)
    found = _validated(Deal, document(kind, cells, as_of), ("contracts", CONTRACT))
    assert isinstance(found, Deal)
    return found


class _HurdleRow(HurdleWarrant):
    """The flat row with its name."""

    id: Name
    """Name of the row."""


def _validated(model: type[Terms], content: dict[str, Any], prefix: Steps) -> Terms:
    located = unusable(content)
    if not located:
        try:
            return validated(model, content)
        except ValidationError as error:
            located = problems_of(error, model, content)
    raise InputError(*dict.fromkeys(_in_columns(located, prefix)))


def _in_columns(located: list[Located], prefix: Steps) -> Iterator[Problem]:
    for one in located:
        steps = one.steps
        if steps[: len(prefix)] == prefix and prefix:
            steps = steps[len(prefix) :]
        elif steps[:1] == ("parties",) or steps[:2] == ("assets", "fleet"):
            steps = steps[1:]
        field = ".".join(str(step) for step in steps)
        remedy = one.problem.remedy
        if one.problem.field and remedy == f"add {one.problem.field}":
            remedy = f"add {field}"
        yield replace(one.problem, subject="", field=field, remedy=remedy)
