"""Hits on the balance sheets of a web, as data: what a search for a broken law tries, and what its counterexample replays from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from instruments.ground.base import Many, Terms
from instruments.ground.errors import InputError
from instruments.ground.keys import Name
from instruments.ground.messages import problem, suggest
from instruments.ground.units import NonNegative
from instruments.web import Web

Part = Literal["cash_usd", "franchise_usd", "outside_debt_usd", "traded_usd"]


class Hit(Terms):
    """One part of one balance sheet, multiplied."""

    entity: Name
    """Whose balance sheet."""
    part: Part
    """What of it; of traded assets, all."""
    factor: NonNegative
    """What it is multiplied by."""

    def on(self, web: Web) -> Web:
        """The web with it. Margin debt stays part of the outside debt.

        Raises:
            InputError: the web has no such entity, or it has no balance sheet.
        """
        entity = web.entities.get(self.entity)
        if entity is None or entity.balance is None:
            known = [name for name, found in web.entities.items() if found.balance is not None]
            hint = suggest(self.entity, known)
            raise InputError(problem("bad_choice", subject=f"hits on {web.id}", value=self.entity, choices=known, suggestion=hint))
        balance = entity.balance
        if self.part == "traded_usd":
            changed = balance.evolve(traded_usd={name: usd * self.factor for name, usd in balance.traded_usd.items()})
        else:
            changed = balance.evolve(**{self.part: getattr(balance, self.part) * self.factor})
        return web.evolve(entities={**web.entities, self.entity: entity.evolve(balance=changed)})

    def __str__(self) -> str:
        return f"entities.{self.entity}.balance.{self.part} x {self.factor:g}"


class WebState(Terms):
    """A web's balance sheets hit all at once; without hits, the web as written."""

    label: str
    """What it is called: of a counterexample, the law that breaks."""
    hits: Many[Hit] = ()
    """Taken one after the other."""

    def on(self, web: Web) -> Web:
        """The web so hit. Raises InputError as `Hit.on`."""
        for hit in self.hits:
            web = hit.on(web)
        return web


class HitsFile(Terms):
    """States of a web, in the order in which they are tried."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    states: Annotated[Many[WebState], Field(min_length=1)]
    """The states."""
