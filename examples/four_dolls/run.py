"""Prints the four dolls, whole and with each closed loop replaced by outside money."""

from __future__ import annotations

from pathlib import Path

from instruments import load_web
from pricing import analyse_web


def main() -> None:
    report = analyse_web(load_web(Path(__file__).parent))
    print(f"{'':16}{'Finn index':>12}{'path length':>13}")
    for scenario in (None, "without_doll_3", "without_doll_4", "without_both"):
        finn = report.row("finn_index", perimeter="as_listed", scenario=scenario)
        length = report.row("path_length", perimeter="as_listed", scenario=scenario)
        print(f"{scenario or 'as it is':16}{finn.low or 0.0:12.6f}{length.low or 0.0:13.6f}")
    maker = {row.measure: row.value for row in report.rows if row.party == "maker" and row.perimeter == "as_listed"}
    print(f"chip maker: funds {maker['self_funded']:.1%} of its revenue itself; traced to end customers: ", end="")
    print(f"{maker['revenue_from_customers']:.1f} of {maker['revenue_reported']:.0f}")


if __name__ == "__main__":
    main()
