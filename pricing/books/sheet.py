"""A summary of a priced book as a spreadsheet: text is text, never a formula; a plain zip of XML, the same bytes each time."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import polars as pl

from instruments.ground.messages import printable
from pricing.books.output import write_whole

Cell = str | float | int | None
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "application/vnd.openxmlformats-package.relationships+xml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def summary_sheet(results: pl.DataFrame, failures: pl.DataFrame, path: Path) -> None:
    """Totals by scenario and kind, and failures by kind, reason and field, as two sheets of an .xlsx file.

    Raises:
        FileError: it cannot be written.
    """
    values: list[list[Cell]] = [["scenario", "kind", "rows", "value, USD"]]
    for (scenario, kind), part in results.group_by("scenario", "kind", maintain_order=True):
        values.append([str(scenario), str(kind), part.height, math.fsum(part["value"])])
    failures = failures.with_columns(pl.col(pl.String).fill_null(""))
    problems: list[list[Cell]] = [["kind", "reason", "field", "rows", "first row", "allowed"]]
    for (kind, reason, field), part in failures.group_by("kind", "reason", "field", maintain_order=True):
        problems.append([str(kind), str(reason), str(field), part["row"].n_unique(), part["row"][0], part["allowed"][0]])
    write_whole(path, workbook({"Values": values, "Problems": problems}))


def workbook(sheets: dict[str, list[list[Cell]]]) -> bytes:
    """Sheets by name, rows of cells, as the bytes of an .xlsx file."""
    names = list(sheets)
    numbers = range(1, len(names) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{_RELS}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET}.worksheet+xml"/>' for n in numbers)
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in zip(numbers, names, strict=True))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">'
        + "".join(f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
        + "</Relationships>",
    }
    for number, name in zip(numbers, names, strict=True):
        rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in sheets[name])
        parts[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for place, text in parts.items():
            archive.writestr(ZipInfo(place), _HEAD + text)  # without a clock
    return buffer.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        # an inline string is shown as it stands: a formula would be another element
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(printable(value))}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"
