"""The dial as a picture, `dial.svg`: who holds the loss of the worst 5 % of paths, design by design. Run it again after a change of terms.

Plain SVG, written by hand: it needs no library to draw, follows the reader's light or dark theme, and its text is text.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from curves import load_market
from instruments import load_project
from pricing import RiskTransfer, compare_financings

FOLDER = Path(__file__).parent
PATHS = 4096
COLOURS = {"owners": "#0077bb", "vendor": "#cc3311", "lender": "#009988", "bank": "#ee3377"}
"""Told apart by readers who do not see all colours alike (Tol's vibrant scheme)."""
LEFT, WIDTH, ROW, BAR, TOP, PER_USD = 210, 860, 38, 26, 66, 7.4
ROOM = 30
"""Least width of a bar that holds its own number."""
SMALLEST = 0.5
"""Losses below this, in USD of 100, are too thin to draw: they stand in the tables."""


def parts_of(found: RiskTransfer) -> dict[str, list[tuple[str, float]]]:
    """Design of the dial to its holders and their losses in the tail, USD per 100 USD of hardware; in the order of `COLOURS`."""
    return {
        design: [
            (holder, loss)
            for holder in COLOURS
            if (loss := found.number("holder_loss_in_tail", design, party=holder).value or 0.0) >= SMALLEST
        ]
        for design in found.dial_designs
    }


def svg(found: RiskTransfer) -> str:
    """The picture."""
    project = load_project(FOLDER)
    names = {holder: project.parties[holder].name or holder for holder in COLOURS}
    height = TOP + ROW * len(found.dial_designs) + 24
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="14">',
        "<title>Who is left with the loss</title>",
        "<style>text{fill:#1f2328}.in{fill:#fff;font-weight:600}.dim{fill:#59636e}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.in{fill:#fff}.dim{fill:#9198a1}}</style>",
        '<text x="0" y="18" font-size="16" font-weight="600">Lost per 100 USD of hardware in the worst 5 % of paths, by holder</text>',
    ]
    at = 0.0
    for holder, colour in COLOURS.items():
        lines.append(f'<rect x="{at:.0f}" y="32" width="12" height="12" rx="2" fill="{colour}"/>')
        lines.append(f'<text x="{at + 18:.0f}" y="43" class="dim">{escape(names[holder])}</text>')
        at += 40 + 6.6 * len(names[holder])
    for row, (design, parts) in enumerate(parts_of(found).items()):
        y = TOP + ROW * row
        lines.append(f'<text x="{LEFT - 12}" y="{y + 18}" text-anchor="end">{escape(_short(project.designs[design].title))}</text>')
        x, thin = float(LEFT), []
        for holder, loss in parts:
            width = loss * PER_USD
            lines.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[holder]}"/>')
            if width > ROOM:
                lines.append(f'<text x="{x + width / 2:.1f}" y="{y + 18}" text-anchor="middle" class="in">{loss:.1f}</text>')
            else:
                thin.append(f'<tspan style="fill:{COLOURS[holder]}">{loss:.1f}</tspan>')
            x += width
        if thin:
            lines.append(f'<text x="{x + 8:.1f}" y="{y + 18}">{" + ".join(thin)}</text>')
    lines.append(
        f'<text x="{LEFT}" y="{height - 6}" font-size="12" class="dim">Longer than the first bar by what buyers of hardware sold in a '
        "hurry gain, and by what is lost to all.</text>"
    )
    return "\n".join([*lines, "</svg>", ""])


def _short(title: str) -> str:
    """What a design adds to the one before it stands last in its title."""
    return f"+ {title.rsplit(', ', 1)[-1]}" if ", " in title else title


def main() -> None:
    found = compare_financings(load_project(FOLDER), load_market(FOLDER), paths=PATHS)
    (FOLDER / "dial.svg").write_text(svg(found), encoding="utf-8")
    print(f"wrote {FOLDER / 'dial.svg'}")


if __name__ == "__main__":
    main()
