"""How does a report leave as a file? Rows for a spreadsheet, as text or as a workbook; no cell is ever a formula."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Sheet:
    name: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    definitions: Mapping[str, str]
    """By column: what is counted from what."""


def sheet_of(report: Mapping[str, Any]) -> Sheet:
    """A report whose first column names what the row is of; the first row stands for the whole branch."""
    rows, definitions = report["rows"], report["definitions"]
    return Sheet(report["report"], [next(iter(rows[0])), *definitions], rows, definitions)


def as_csv(sheet: Sheet) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.columns)
    writer.writerows([_no_formula(row.get(column)) for column in sheet.columns] for row in sheet.rows)
    return out.getvalue()


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook of two sheets: the rows, and what each column means."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        figures, meaning = book.add_worksheet(sheet.name), book.add_worksheet("definitions")
        figures.write_row(0, 0, sheet.columns, head)
        for number, row in enumerate(sheet.rows, 1):
            figures.write_row(number, 0, [row.get(column) for column in sheet.columns])
        figures.set_column(0, len(sheet.columns) - 1, 16)
        figures.freeze_panes(1, 1)
        for number, (column, text) in enumerate(sheet.definitions.items()):
            meaning.write_row(number, 0, [column, text])
        meaning.set_column(0, 0, 28)
        meaning.set_column(1, 1, 110)
    return out.getvalue()


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
