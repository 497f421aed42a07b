"""The value matrix: how far each entity's value falls when another's does, as intervals, and what resonates in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from instruments.ground.errors import NetworkError, Problem
from instruments.web import Web
from pricing.clearing.resonance import critical_links, resonance, spectral_radius
from pricing.clearing.rows import Floats
from pricing.web.rows import WebRow, span


@dataclass(frozen=True)
class ValueMatrix:
    """W at its lowest and highest, W_ij the effect of i on j."""

    nodes: tuple[str, ...]
    low: Floats
    high: Floats


def value_matrix(web: Web) -> ValueMatrix:
    """Entry by entry, share x multiple: revenue share x multiple of value on revenue, or stake / net asset value. Several channels add."""
    named = {name for link in web.dependencies for name in (link.on, link.of)}
    nodes = tuple(name for name in web.entities if name in named)
    low, high = np.zeros((2, len(nodes), len(nodes)))
    for link in web.dependencies:
        at = nodes.index(link.on), nodes.index(link.of)
        low[at] += link.share[0] * link.multiple[0]
        high[at] += link.share[1] * link.multiple[1]
    return ValueMatrix(nodes, low, high)


def matrix_rows(web: Web) -> tuple[list[WebRow], list[Problem]]:
    """Entries, spectral radius, margin, gross multipliers, and what removing each link saves.

    Radius and multipliers rise with every entry, so both ends are exact. Where the highest entries feed themselves there is no multiplier:
    a failure with its reason.
    """
    found = value_matrix(web)
    if not found.nodes:
        return [], []
    failures: list[Problem] = []
    rows = list(_entries(web, found))
    radius = spectral_radius(found.low), spectral_radius(found.high)
    rows.append(span(*radius, radius, deal=web.id, measure="spectral_radius", method="eigenvalues"))
    margin = 1 - radius[1], 1 - radius[0]
    rows.append(span(*margin, margin, deal=web.id, measure="resonance_margin", method="eigenvalues"))
    shocks = np.eye(len(found.nodes))
    try:
        low, high = resonance(effect=found.low, shock=shocks).gross, resonance(effect=found.high, shock=shocks).gross
        for i, name in enumerate(found.nodes):
            ends = float(low[i]), float(high[i])
            rows.append(span(*ends, ends, deal=web.id, part=name, measure="gross_multiplier", method="linear solve"))
    except NetworkError as error:
        failures += error.problems
    low_saved, high_saved = critical_links(found.low), critical_links(found.high)
    for i, j in np.argwhere(found.high > 0):
        ends = sorted((float(low_saved[i, j]), float(high_saved[i, j])))
        here = {"deal": web.id, "part": found.nodes[i], "party": found.nodes[j], "error_note": "at the lowest and at the highest entries"}
        rows.append(WebRow(measure="link_saving", attained_low=ends[0], attained_high=ends[1], method="eigenvalues", **here))
    return rows, failures


def _entries(web: Web, found: ValueMatrix) -> Iterator[WebRow]:
    channels = {(link.on, link.of): link.channel for link in web.dependencies}
    for i, on in enumerate(found.nodes):
        for j, of in enumerate(found.nodes):
            if found.high[i, j] > 0:
                ends = float(found.low[i, j]), float(found.high[i, j])
                yield span(
                    *ends, ends, deal=web.id, kind=channels[on, of], part=on, party=of, measure="value_effect", method="share x multiple"
                )
