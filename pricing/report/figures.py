"""Charts as plain data: dots with error bars, bars, fans, lines, flows. No plotly is imported; the numbers are those of the rows.

Amounts are drawn in thousands, millions or billions, said on the axis; every point carries its text as the tables show it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

from pricing.cli.figures import SCALES

BLUE, ORANGE, GREEN, PURPLE, GOLD, GREY, RED, TEAL, BROWN, INDIGO = (
    "#2a7fc1",
    "#d0650f",
    "#16936c",
    "#a564b8",
    "#a07f0c",
    "#7b848f",
    "#cc4455",
    "#1f8f9e",
    "#96734a",
    "#6674d9",
)
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, GOLD, TEAL, RED, BROWN, INDIGO, GREY)
"""Apart for colour-blind readers in this order (after Okabe and Ito), and 3:1 or more against both the light and the dark page."""
SIGMAS = 1.96
"""Half-width of an error bar in standard errors: 95 %."""
LETTER = 0.013
"""Width of a letter of a small label as a share of the bars' whole width: a little more than on a laptop's page."""
ROW = 30
"""Pixels of a bar or a dot and the room around it."""
Axis = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """What amounts of a chart are divided by."""

    by: float
    unit: str

    def of(self, value: float | None) -> float | None:
        """A number of the chart."""
        return None if value is None else value / self.by


PLAIN = Scale(1.0, "")


def usd_scale(values: Sequence[float | None]) -> Scale:
    """Trillions, billions, millions or thousands, as the largest of the amounts has it."""
    most = max((abs(value) for value in values if value is not None), default=0.0)
    by, unit = next(((size, name) for size, name in SCALES if most >= size), (1.0, ""))
    return Scale(by, f"{unit} USD".strip())


def safe(label: object) -> str:
    """A label as plotly takes it: its few tags are text like any other."""
    return escape(str(label), quote=False)


def _layout(height: int, *, x: Axis | None = None, y: Axis | None = None, **rest: Any) -> dict[str, Any]:
    margin = {"l": 10, "r": 18, "t": 8, "b": 48}
    return {"height": height, "margin": margin, "showlegend": False, "xaxis": x or {}, "yaxis": y or {}, **rest}


def _titled(title: str) -> Axis:
    return {"title": {"text": title, "standoff": 6, "font": {"size": 12.5}}} if title else {}


def _rows_axis(labels: Sequence[str]) -> Axis:
    """Categories down the page in the order given, by place, so that two equal labels stay two rows."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": [safe(label) for label in labels],
        "range": [len(labels) - 0.4, -0.6],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
    }


LEGEND = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left", "traceorder": "normal"}


@dataclass(frozen=True, slots=True)
class Dot:
    """A number with its standard error, on a row of its own."""

    label: str
    value: float
    error: float | None
    shown: str
    series: str = ""


def dots(found: Sequence[Dot], *, scale: Scale, axis: str) -> dict[str, Any]:
    """Numbers with 95 % bars, one row per label; series of one label share its row."""
    labels = list(dict.fromkeys(dot.label for dot in found))
    series = list(dict.fromkeys(dot.series for dot in found))
    data = []
    for at, name in enumerate(series):
        mine = [dot for dot in found if dot.series == name]
        shift = 0.0 if len(series) == 1 else (at - (len(series) - 1) / 2) * 0.28
        bars_ = {"array": [scale.of(SIGMAS * dot.error) if dot.error else None for dot in mine], "thickness": 1.4, "width": 4}
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": safe(name),
                "x": [scale.of(dot.value) for dot in mine],
                "y": [labels.index(dot.label) + shift for dot in mine],
                "customdata": [f"{safe(dot.label)}: {safe(dot.shown)}" for dot in mine],
                **({"error_x": {"type": "data", **bars_}} if any(dot.error for dot in mine) else {}),
                "marker": {"color": PALETTE[at], "size": 9, "symbol": ("circle", "diamond-open", "square-open", "x")[at % 4]},
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    legend = {"showlegend": True, "legend": LEGEND} if len(series) > 1 else {}
    layout = _layout(
        78 + (ROW + 4) * len(labels) + (24 if legend else 0), x=_titled(axis) | {"zeroline": True}, y=_rows_axis(labels), **legend
    )
    layout["margin"]["t"] = 30 if legend else 8
    return {"data": data, "layout": layout}


Span = tuple[str, float | None, float | None, float | None, float | None, str]
"""Label, lower and upper bound, lowest and highest that is reached, text. None is no end."""


def spans(found: Sequence[Span], *, scale: Scale, axis: str, percent: bool = False) -> dict[str, Any]:
    """Intervals, one row each: thin between the bounds, thick over what is reached; a dot where nothing is open."""
    labels = [label for label, *_ in found]
    tops = [end for span in found for end in span[1:5] if end is not None]
    edge = 1.08 * max(tops, default=0.0)
    data: list[dict[str, Any]] = []
    for at, (label, low, high, least, most, said) in enumerate(found):
        hover = {"customdata": [f"{safe(label)}: {safe(said)}"] * 2, "hovertemplate": "%{customdata}<extra></extra>"}
        for start, end, width, fade in ((low, high if high is not None else edge, 2.5, 0.6), (least, most, 8.0, 1.0)):
            if start is None or end is None:
                continue
            row = {"type": "scatter", "x": [scale.of(start), scale.of(end)], "y": [at, at], "opacity": fade, "cliponaxis": False, **hover}
            point = start == end
            data.append(
                {
                    **row,
                    "mode": "markers" if point else "lines",
                    "line": {"color": BLUE, "width": width},
                    "marker": {"color": BLUE, "size": 9},
                }
            )
    x = _titled(axis) | {"zeroline": True, "rangemode": "tozero"} | ({"tickformat": ".0%"} if percent else {})
    return {"data": data, "layout": _layout((78 if axis else 56) + (ROW - 4) * len(labels), x=x, y=_rows_axis(labels))}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a row."""

    label: str
    value: float
    shown: str
    series: str = ""


def bars(
    found: Sequence[Bar],
    *,
    scale: Scale,
    axis: str,
    stacked: bool = False,
    colours: Mapping[str, str] | None = None,
    labelled: bool = False,
) -> dict[str, Any]:
    """Bars along the page, a row per label; bars of one label overlap (a tornado) or add up (`stacked`).

    Args:
        labelled: say at the end of each row's outermost bars what they are: the part of `shown` before its colon.
    """
    labels = list(dict.fromkeys(bar.label for bar in found))
    series = list(dict.fromkeys(bar.series for bar in found))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": safe(name),
            "x": [scale.of(bar.value) for bar in found if bar.series == name],
            "y": [labels.index(bar.label) for bar in found if bar.series == name],
            "width": 0.62,
            "customdata": [f"{safe(bar.label)}: {safe(bar.shown)}" for bar in found if bar.series == name],
            "marker": {"color": (colours or {}).get(name, PALETTE[at % len(PALETTE)])},
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for at, name in enumerate(series)
    ]
    if labelled:
        _label_ends(data, found, scale)
    legend = {"showlegend": True, "legend": LEGEND} if len(series) > 1 else {}
    layout = _layout(
        78 + ROW * len(labels) + (24 if legend else 0),
        x=_titled(axis) | {"zeroline": True},
        y=_rows_axis(labels),
        barmode="relative" if stacked else "overlay",
        **legend,
    )
    layout["margin"]["t"] = 30 if legend else 8
    if labelled:
        layout["xaxis"]["range"] = _room(found, scale)
    return {"data": data, "layout": layout}


def _label_ends(data: list[dict[str, Any]], found: Sequence[Bar], scale: Scale) -> None:
    """Text at the outermost bar of each row and series, with room for it."""
    ends: dict[tuple[str, str], Bar] = {}
    for bar in found:
        known = ends.get((bar.label, bar.series))
        if known is None or abs(bar.value) > abs(known.value):
            ends[bar.label, bar.series] = bar
    for trace, name in zip(data, dict.fromkeys(bar.series for bar in found), strict=True):
        mine = [bar for bar in found if bar.series == name]
        trace["text"] = [safe(bar.shown.rpartition(":")[0]) if ends[bar.label, name] is bar else "" for bar in mine]
        trace |= {"textposition": "outside", "cliponaxis": False, "constraintext": "none", "textfont": {"size": 11}}


def _room(found: Sequence[Bar], scale: Scale) -> list[float]:
    """Ends of the axis, so that texts at the outermost bars stay inside the picture."""
    low, high = (end(0.0, *(bar.value / scale.by for bar in found)) for end in (min, max))
    letter = LETTER * (high - low)
    texts = [(bar.value / scale.by, letter * (len(bar.shown.rpartition(":")[0]) + 2)) for bar in found]
    return [
        min(low, *(value - width for value, width in texts if value < 0.0), low),
        max(high, *(value + width for value, width in texts if value > 0.0), high),
    ]


def columns(
    steps: Sequence[str],
    series: Mapping[str, Sequence[float]],
    shown: Mapping[str, Sequence[str]],
    *,
    scale: Scale,
    axis: str,
    colours: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Columns that add up at each step, above and below nought."""
    data = [
        {
            "type": "bar",
            "name": safe(name),
            "x": [safe(step) for step in steps],
            "y": [scale.of(value) for value in values],
            "customdata": [safe(text) for text in shown[name]],
            "hovertemplate": f"{safe(name)}, %{{x}}: %{{customdata}}<extra></extra>",
            "marker": {"color": (colours or {}).get(name, PALETTE[at % len(PALETTE)])},
        }
        for at, (name, values) in enumerate(series.items())
    ]
    layout = _layout(
        380,
        x={"type": "category", "showgrid": False, "automargin": True},
        y=_titled(axis) | {"zeroline": True},
        barmode="relative",
        bargap=0.35,
        showlegend=True,
        legend={**LEGEND, "y": 1.02},
    )
    layout["margin"]["t"] = 60
    return {"data": data, "layout": layout}


@dataclass(frozen=True, slots=True)
class Line:
    """A line over dates or steps."""

    name: str
    x: Sequence[dt.date | str]
    y: Sequence[float | None]
    shown: Sequence[str]
    colour: str
    dash: str = "solid"
    width: float = 2.0
    errors: Sequence[float | None] = ()
    markers: bool = False


def wrapped(label: str, width: int = 20) -> str:
    """A label of several lines."""
    return "<br>".join(safe(line) for line in wrap(label, width)) or safe(label)


def _dates(x: Sequence[dt.date | str]) -> list[str]:
    return [step.isoformat() if isinstance(step, dt.date) else wrapped(step) for step in x]


def _line(one: Line, scale: Scale) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if one.markers else "lines",
        "name": safe(one.name),
        "x": _dates(one.x),
        "y": [scale.of(value) for value in one.y],
        "customdata": [safe(text) for text in one.shown],
        "hovertemplate": f"{safe(one.name)}, %{{x}}: %{{customdata}}<extra></extra>",
        "line": {"color": one.colour, "dash": one.dash, "width": one.width},
    }
    if any(one.errors):
        trace["error_y"] = {
            "type": "data",
            "array": [scale.of(SIGMAS * error) if error else None for error in one.errors],
            "thickness": 1.2,
            "width": 3,
        }
    return trace


def lines(found: Sequence[Line], *, scale: Scale, axis: str, percent: bool = False, height: int = 340) -> dict[str, Any]:
    """Lines over dates or named steps."""
    y = _titled(axis) | {"rangemode": "tozero"} | ({"tickformat": ".0%"} if percent else {})
    layout = _layout(height, x={"showgrid": False}, y=y, showlegend=len(found) > 1, legend={**LEGEND, "y": 1.02})
    layout["margin"]["t"] = 48 if len(found) > 1 else 10
    return {"data": [_line(one, scale) for one in found], "layout": layout}


def fan(
    dates: Sequence[dt.date], levels: Mapping[float, Sequence[float | None]], others: Sequence[Line], *, axis: str, colour: str = BLUE
) -> dict[str, Any]:
    """Quantiles over paths as bands, the middle as a line, with other lines on top."""
    order, x = sorted(levels), _dates(dates)
    data: list[dict[str, Any]] = []
    for low, high, weight in zip(order, reversed(order), ("26", "4d", "80"), strict=False):
        if low >= high:
            break
        flat = {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "line": {"width": 0, "color": colour},
            "hoverinfo": "skip",
            "legendgroup": f"{low:g}",
        }
        data.append({**flat, "y": list(levels[low]), "showlegend": False})
        name = f"{100 * low:g} % to {100 * high:g} % of paths"
        data.append({**flat, "y": list(levels[high]), "fill": "tonexty", "fillcolor": colour + weight, "name": name})
    if 0.5 in levels:
        shown = [f"{value:.3g}" if value is not None else "" for value in levels[0.5]]
        data.append(_line(Line("middle path", dates, levels[0.5], shown, colour, width=2.4), PLAIN))
    data += [_line(one, PLAIN) for one in others]
    layout = _layout(360, x={"showgrid": False}, y=_titled(axis) | {"rangemode": "tozero"}, showlegend=True, legend={**LEGEND, "y": 1.02})
    layout["margin"]["t"] = 48
    return {"data": data, "layout": layout}


@dataclass(frozen=True, slots=True)
class Flow:
    """A link of a flow picture."""

    start: str
    end: str
    value: float
    shown: str
    marked: bool = False


def sankey(found: Sequence[Flow], *, height: int, marked: str = ORANGE) -> dict[str, Any]:
    """Flows between nodes, as wide as they are large; marked ones in colour."""
    nodes = list(dict.fromkeys(name for flow in found for name in (flow.start, flow.end)))
    scale = usd_scale([flow.value for flow in found])
    data = {
        "type": "sankey",
        "arrangement": "snap",
        "valueformat": ".3g",
        "node": {
            "label": [safe(name) for name in nodes],
            "color": [GREY] * len(nodes),
            "pad": 20,
            "thickness": 12,
            "line": {"width": 0},
            "hovertemplate": "%{label}<extra></extra>",
        },
        "link": {
            "source": [nodes.index(flow.start) for flow in found],
            "target": [nodes.index(flow.end) for flow in found],
            "value": [scale.of(flow.value) for flow in found],
            "color": [(marked + "a6") if flow.marked else "#8a94a055" for flow in found],
            "customdata": [safe(flow.shown) for flow in found],
            "hovertemplate": "%{source.label} to %{target.label}: %{customdata}<extra></extra>",
        },
    }
    layout = _layout(height)
    layout["margin"] = {"l": 8, "r": 8, "t": 12, "b": 12}
    return {"data": [data], "layout": layout}
