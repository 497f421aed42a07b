"""The joint loss of a deal on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.ground.messages import printable
from pricing.cli.figures import number, table, usd
from pricing.results import Row


def joint_text(rows: Sequence[Row]) -> str:
    """Losses by party with and without dependence, and the parts of the joint loss; nothing where none was asked for."""
    found = {(row.measure, row.party, row.part if row.measure.endswith("_part") else None): row for row in rows if row.kind == "deal"}
    parties = [party for measure, party, _ in found if measure == "joint_loss"]
    if not parties:
        return ""
    body = []
    for party in parties:
        one, cut, tail = (found[name, party, None] for name in ("joint_loss", "joint_loss_without_dependence", "joint_shortfall"))
        ratio = found.get(("wrong_way_ratio", party, None))
        shown = [usd(row.value, row.standard_error) for row in (one, cut)]
        said = number(ratio.value, ratio.standard_error) if ratio is not None and ratio.value is not None else ""
        body.append([printable(party or "all that lose"), *shown, said, usd(tail.value, tail.standard_error)])
    header = ["party", "expected loss, USD", "dependence cut", "ratio", "worst 5 %, mean"]
    parts = dict.fromkeys(part for measure, _, part in found if measure == "joint_loss_part")
    split = []
    for part in parts:
        mean, worst = (found[name, None, part] for name in ("joint_loss_part", "joint_shortfall_part"))
        split.append([part or "", usd(mean.value, mean.standard_error), usd(worst.value, worst.standard_error)])
    return (
        "Joint loss over all contracts: value without any default less value\n"
        + table(header, body, right=(1, 2, 3, 4))
        + "\n\nWhere it comes from: parts by switch, averaged over their orders\n"
        + table(["part", "expected loss, USD", "worst 5 %, mean"], split, right=(1, 2))
    )
