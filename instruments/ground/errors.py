"""The one error tree of gpufin, and the failure value that batches keep.

    GpufinError
    ├── InputError          terms, quotes or options that cannot be used: correct the input
    │   ├── FileError       the file itself: missing, not UTF-8, not TOML or JSON, too large
    │   └── TermsError      terms built in Python that are not allowed; a ValueError as well
    ├── MarketError         the market lacks what the terms need: add the quote or a proxy
    ├── CalibrationError    quotes were given, but no curve or model fits them
    ├── PricingError        no engine, method or measure for these terms: choose another
    ├── NetworkError        no clearing solution, a closed group, or no convergence
    └── BatchError          every row of a book failed: see its failures

Every error carries one or more `Problem`s. A problem names the object, the field, the value, what is allowed and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

MOST_SHOWN = 10


class Reason(StrEnum):
    """Why something could not be used or priced: the vocabulary of failures in tables and JSON."""

    FILE = "file"
    SYNTAX = "syntax"
    INVALID_TERMS = "invalid_terms"
    INVALID_QUOTE = "invalid_quote"
    INVALID_OPTION = "invalid_option"
    MISSING_MARKET = "missing_market"
    CALIBRATION = "calibration"
    UNSUPPORTED = "unsupported"
    NO_SOLUTION = "no_solution"
    NOT_CONVERGED = "not_converged"
    LIMIT = "limit"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, as data.

    `subject` is the object (a contract, party, market key or option), `field` the dotted path inside it, `value` what was
    found (shortened), `allowed` what would have been accepted, `remedy` what to do.
    """

    reason: Reason
    subject: str
    field: str
    value: str
    allowed: str
    remedy: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        place = ".".join(part for part in (self.subject, self.field) if part)
        found = f" = {self.value}" if self.value else ""
        return f"{where}{place}{found}: {self.allowed}; {self.remedy}"

    def at(self, *, file: str, line: int | None) -> Problem:
        """The same problem, placed in a file."""
        return replace(self, file=file, line=line)


class GpufinError(Exception):
    """Root of the tree. `problems` holds at least one `Problem`; the text shows at most ten."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        hidden = len(self.problems) - MOST_SHOWN
        if hidden > 0:
            lines.append(f"... and {hidden} more")
        return "\n".join(lines)


class InputError(GpufinError):
    """Terms, quotes or options that cannot be used. Correct the input."""


class FileError(InputError):
    """The file itself cannot be read as what it should be."""


class TermsError(InputError, ValueError):
    """Terms built in Python that are not allowed. A `ValueError` too, as pydantic's own error is."""


class MarketError(GpufinError):
    """The market lacks a quote that the terms need. Add it, or a proxy marked as assumed."""


class CalibrationError(GpufinError):
    """Quotes are present, but no curve or model reproduces them."""


class PricingError(GpufinError):
    """No engine, method or measure for these terms."""


class NetworkError(GpufinError):
    """A web that has no clearing solution, or a solver that did not converge."""


class BatchError(GpufinError):
    """Every row of a book failed."""
