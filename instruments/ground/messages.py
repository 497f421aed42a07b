"""The catalogue of messages: every sentence that tells a user what is allowed and what to do.

One entry per kind of mistake. `problem` fills an entry and returns a `Problem`; a test formats every entry, so a
placeholder that nobody fills, or a message that is not text, cannot be shipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from string import Formatter

from instruments.ground.errors import Problem, Reason

LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Message:
    """What is allowed and what to do, with named placeholders."""

    reason: Reason
    allowed: str
    remedy: str

    def details(self) -> frozenset[str]:
        """Names of the placeholders that `problem` must be given."""
        return frozenset(name for text in (self.allowed, self.remedy) for _, name, _, _ in Formatter().parse(text) if name)


CATALOGUE: dict[str, Message] = {
    # files
    "file_missing": Message(Reason.FILE, "no such file", "check the path; a folder means its {expected}"),
    "other_folder": Message(Reason.FILE, "no such file: the folder holds {found}", "gpufin {command} {folder} reads it"),
    "file_too_large": Message(Reason.FILE, "larger than {limit_mb} MB", "a term sheet is small; is this the right file?"),
    "file_unreadable": Message(Reason.FILE, "cannot be read ({why})", "check the path and its permissions"),
    "file_not_text": Message(Reason.FILE, "not UTF-8 text", "save the file as UTF-8"),
    "file_bom": Message(Reason.FILE, "starts with a byte-order mark", "save the file as UTF-8 without one"),
    "file_empty": Message(Reason.FILE, "nothing in it", "start with schema = 1"),
    "file_unwritable": Message(Reason.FILE, "cannot be written ({why})", "check the folder and its permissions"),
    "file_exists": Message(Reason.FILE, "is there already", "choose another folder: nothing is written over"),
    "file_kind": Message(Reason.FILE, "not a .toml or .json file", "name the file .toml or .json"),
    "syntax": Message(Reason.SYNTAX, "not valid {language}: {why}", "mend the line; strings need quotes, dates are 2025-10-03"),
    "repeated_key": Message(Reason.SYNTAX, "the key appears twice in one table", "keep one of the two"),
    "other_kind": Message(Reason.INVALID_TERMS, "not a {kind} file: it holds {found}", "a {kind} file holds {wanted}; name one"),
    "too_deep": Message(Reason.SYNTAX, "nested more than {limit} levels deep", "flatten the file"),
    "not_a_table": Message(Reason.SYNTAX, "the file must hold a table at its top level", "start with schema = 1"),
    "no_sibling_market": Message(Reason.FILE, "no market given and no market.toml beside it", "name one with --market FILE"),
    # fields
    "missing_field": Message(Reason.INVALID_TERMS, "required, but not given", "add {field}"),
    "missing_kind": Message(Reason.INVALID_TERMS, "required, one of {choices}, but not given", "add {field}"),
    "unknown_field": Message(Reason.INVALID_TERMS, "unknown field", "{suggestion}"),
    "wrong_type": Message(Reason.INVALID_TERMS, "must be {expected}", "{hint}"),
    "not_finite": Message(Reason.INVALID_TERMS, "must be a finite number", "give a number; NaN and infinity are refused"),
    "out_of_range": Message(Reason.INVALID_TERMS, "must be {expected}", "give a value in that range"),
    "a_percentage": Message(Reason.INVALID_TERMS, "must be {expected}", "did you mean {meant}? {value} % is written so"),
    "bad_choice": Message(Reason.INVALID_TERMS, "must be one of {choices}", "{suggestion}"),
    "bad_length": Message(Reason.INVALID_TERMS, "must have {expected}", "add or remove entries"),
    "bad_text": Message(Reason.INVALID_TERMS, "must be {expected}", "{hint}"),
    "implausible": Message(
        Reason.INVALID_TERMS,
        "{value} means {shown}, outside the plausible range {low} to {high}",
        "{suggestion}; if it is meant, set allow_implausible = true at the top of the file",
    ),
    "rejected": Message(Reason.INVALID_TERMS, "{why}", "correct the terms"),
    "broken_rule": Message(Reason.INVALID_TERMS, "{rule}", "{remedy}"),
    "unknown_name": Message(Reason.INVALID_TERMS, "no such {what}", "use one of {choices}"),
    "assumed_without_range": Message(
        Reason.INVALID_TERMS, "an assumed term needs a range or a list of alternatives", "add range = [low, high] or alternatives"
    ),
    "not_in_toml": Message(Reason.INVALID_TERMS, "TOML has no null", "leave the entry out, or save as .json"),
    "no_such_path": Message(Reason.INVALID_TERMS, "the path matches nothing in the deal", "{suggestion}"),
    "bad_alternative": Message(Reason.INVALID_TERMS, "the alternative does not fit the deal: {why}", "correct the alternative"),
    # options
    "bad_option": Message(Reason.INVALID_OPTION, "must be {expected}", "{hint}"),
    "dates_differ": Message(
        Reason.INVALID_OPTION,
        "a deal with a position prices only at its own date {as_of}",
        "use a market of {as_of}, or a deal without a position",
    ),
    # market
    "missing_key": Message(Reason.MISSING_MARKET, "the market has no {key}", "add it; the market has {choices}"),
    "bad_quote": Message(Reason.INVALID_QUOTE, "{why}", "{remedy}"),
    "missing_fixing": Message(
        Reason.MISSING_MARKET, "no fixing for {day}, which is past ({count} missing in all)", "add it to the fixings of {place}"
    ),
    "missing_real_world": Message(
        Reason.MISSING_MARKET, "real-world odds need a [real_world] block in the market", "add one; it is never guessed"
    ),
    "not_calibrated": Message(Reason.CALIBRATION, "no curve reprices this quote: {why}", "allowed at this pillar: {allowed_range}"),
    "dependency": Message(Reason.CALIBRATION, "QuantLib refuses the inputs: {why}", "check the quotes around this pillar"),
    # engines
    "no_engine": Message(Reason.UNSUPPORTED, "no engine for {what}", "registered: {choices}"),
    "unsupported": Message(Reason.UNSUPPORTED, "{why}", "{remedy}"),
    "no_solution": Message(Reason.NO_SOLUTION, "{why}", "{remedy}"),
    "not_converged": Message(Reason.NOT_CONVERGED, "stopped after {iterations} rounds with residual {residual}", "{remedy}"),
    # webs and networks
    "array_shape": Message(Reason.INVALID_OPTION, "must have shape {expected}", "axes are scenarios, then entities; found {found}"),
    "array_range": Message(Reason.INVALID_OPTION, "must be {expected}", "entry {index} is {value}"),
    "unbalanced": Message(
        Reason.INVALID_TERMS, "{node} takes in {inflow} and pays out {outflow}", "add a named change-in-cash edge for the gap"
    ),
    "closed_group": Message(Reason.NO_SOLUTION, "money that enters {group} never leaves", "add what {group} pays to the outside"),
    "pledge_cycle": Message(Reason.INVALID_TERMS, "{group} are pledged in a circle", "a claim cannot secure itself: remove one pledge"),
    "over_owned": Message(Reason.INVALID_TERMS, "{share} of {issuer} is held inside", "shares of one issuer must add up to less than 1"),
    "dangling": Message(Reason.INVALID_TERMS, "the web has no entity {name}", "{suggestion}"),
    "no_status": Message(Reason.INVALID_TERMS, "an amount needs a status", "say whether it is paid, binding, announced, ..."),
    "no_source": Message(Reason.INVALID_TERMS, "an amount needs a source", "add provenance = (basis = ..., source = ...)"),
    "no_bound": Message(
        Reason.INVALID_TERMS, "an unknown amount is an interval, never zero", "add range_usd = [low, high] or unknown_at_most_usd"
    ),
    "not_contracting": Message(
        Reason.NO_SOLUTION, "the spectral radius is {radius}, not below 1", "the loop feeds itself: no finite answer"
    ),
    "all_failed": Message(Reason.INVALID_TERMS, "none of {count} rows could be priced", "see the failures"),
    "worker_died": Message(
        Reason.INTERNAL, "a worker of the executor was lost ({why})", "what is done stays; run the same command again, with fewer workers"
    ),
    "another_run": Message(
        Reason.INVALID_OPTION, "the folder holds parts of another run ({what} differ)", "name another output, or remove {place}"
    ),
    "internal": Message(Reason.INTERNAL, "gpufin itself failed: {why}", "please report it with the deal that shows it"),
}


def shown(value: object) -> str:
    """A value as a short, single, printable line."""
    text = printable(value if isinstance(value, str) else repr(value))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def shown_path(path: object) -> str:
    """A path as a short, single, printable line: of a long one the end, where the name of the file is."""
    text = printable(str(path))
    return text if len(text) <= LONGEST_VALUE else "..." + text[3 - LONGEST_VALUE :]


def printable(text: str) -> str:
    """Text with control characters made visible."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def problem(code: str, *, subject: str = "", field: str = "", value: object = "", **details: object) -> Problem:
    """Fill one catalogue entry.

    Args:
        code: key of `CATALOGUE`.
        subject, field, value: which object, which field in it, what was found.
        **details: the placeholders of the entry.

    Raises:
        KeyError: the code or a placeholder is unknown: a defect of gpufin, not of its input.

    An `unknown_name` suggests the choice that is closest, if one is close; a `bad_choice` says its list once.
    """
    message = CATALOGUE[code]
    known = {"field": field, "value": shown(value), "subject": subject} | {name: shown_detail(text) for name, text in details.items()}
    remedy = message.remedy.format(**known)
    if code == "unknown_name" and (close := nearest(str(value or field).strip('"'), details["choices"])):
        remedy = f"did you mean {close}?"
    elif code == "bad_choice" and remedy == f"use one of {known['choices']}":
        remedy = "use one of them"
    return Problem(
        reason=message.reason,
        subject=printable(subject),
        field=printable(field),
        value=shown(value) if value != "" else "",
        allowed=message.allowed.format(**known),
        remedy=remedy,
    )


def shown_detail(value: object) -> str:
    """A detail as one line; lists of names are joined, long lists cut."""
    if isinstance(value, str):
        return "".join(char if char.isprintable() else " " for char in value)
    if isinstance(value, (tuple, list, Set, Mapping)):
        names = sorted(str(item) for item in value) or ["none"]
        return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return str(value)


def suggest(name: str, choices: object) -> str:
    """'did you mean X?' when a choice is close, else the choices."""
    close = nearest(name, choices)
    return f"did you mean {close}?" if close else f"use one of {shown_detail(_names(choices))}"


def nearest(name: str, choices: object) -> str:
    """The choice that looks most like the name; empty where none does."""
    from difflib import get_close_matches  # only on the way to an error

    return next(iter(get_close_matches(name, _names(choices), n=1, cutoff=0.6)), "")


def _names(choices: object) -> list[str]:
    return [str(choice) for choice in choices] if isinstance(choices, (list, tuple, Set, Mapping)) else []
