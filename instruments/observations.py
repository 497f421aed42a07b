"""How a price is observed before it is compared with a target: close, touch, means, days out of days."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import Many, Terms
from instruments.ground.units import Positive


class Close(Terms):
    """The daily close."""

    kind: Literal["close"] = "close"


class Touch(Terms):
    """Any moment, watched continuously: the reading of closed forms, not of exchange closes."""

    kind: Literal["touch"] = "touch"


class Mean(Terms):
    """The simple mean of the last `days` closes, that day included."""

    kind: Literal["mean"] = "mean"
    days: Annotated[int, Field(ge=2, le=504)]
    """Business days in the window; before it is full, the test is false."""


class DaysOut(Terms):
    """At least `hits` of the last `days` closes."""

    kind: Literal["days_out"] = "days_out"
    hits: Annotated[int, Field(ge=1, le=504)]
    """How many closes must meet the target."""
    days: Annotated[int, Field(ge=1, le=504)]
    """Length of the window in business days."""

    @model_validator(mode="after")
    def _hits_fit(self) -> Self:
        if self.hits > self.days:
            raise PydanticCustomError("broken_rule", "hits must not exceed days")
        return self


class Vwap(Terms):
    """The volume-weighted mean price of the last `days` days, that day included.

    A day's own volume-weighted price is taken at its close. Volumes are terms: nobody forecasts them here.
    """

    kind: Literal["vwap"] = "vwap"
    days: Annotated[int, Field(ge=2, le=504)]
    """Business days in the window; before it is full, the test is false."""
    volumes: Many[Positive] = ()
    """Relative volume of each day of the window, oldest first; empty is the same volume every day, which makes it the simple mean."""

    @model_validator(mode="after")
    def _one_volume_a_day(self) -> Self:
        if self.volumes and len(self.volumes) != self.days:
            raise PydanticCustomError(
                "broken_rule", "{given} volumes for {days} days: give one a day, or none", {"given": len(self.volumes), "days": self.days}
            )
        return self


Observation = Annotated[Close | Touch | Mean | Vwap | DaysOut, Field(discriminator="kind")]
"""What is compared with a target."""
