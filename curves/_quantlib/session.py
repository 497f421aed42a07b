"""The session: one lock over QuantLib's process-wide state, and the way in and out for dates and errors.

QuantLib keeps its evaluation date and index fixings in globals. Whoever uses it enters `session`, which takes the lock, sets the
date and restores every setting on the way out, also after an error. Threads are therefore safe, and not faster. A user of QuantLib
who let its date float with the clock finds it standing at the day of the call afterwards: QuantLib does not tell the two apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from contextlib import contextmanager
from threading import RLock

import numpy as np
import QuantLib as ql

from curves.arrays import IntArray, bad_argument
from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem

EPOCH = dt.date(1899, 12, 30)
"""The day whose QuantLib serial number would be 0."""
FIRST, LAST = dt.date(1901, 1, 1), dt.date(2199, 12, 31)
"""The days that QuantLib knows."""
_LOCK = RLock()


@contextmanager
def session(as_of: dt.date) -> Generator[None, None, None]:
    """QuantLib at one evaluation date, held by this thread alone; nested sessions restore the outer date."""
    date = to_ql(as_of)
    with _LOCK, ql.SavedSettings():
        ql.Settings.instance().evaluationDate = date
        yield


@contextmanager
def refusals(*, key: str, pillar: str, quote: object) -> Generator[None, None, None]:
    """QuantLib's RuntimeErrors inside the block become a CalibrationError that names key, pillar and quote."""
    try:
        yield
    except RuntimeError as error:
        why = " ".join(str(error).split())
        raise CalibrationError(problem("dependency", subject=key, field=pillar, value=quote, why=why)) from error


def to_ql(date: dt.date) -> ql.Date:
    """Our date as QuantLib's. Raises InputError outside 1901 to 2199."""
    if not FIRST <= date <= LAST:
        raise bad_argument("date", "", date.isoformat(), f"between {FIRST} and {LAST}", "check the year")
    return ql.Date((date - EPOCH).days)


def from_ql(date: ql.Date) -> dt.date:
    """QuantLib's date as ours."""
    return EPOCH + dt.timedelta(days=date.serialNumber())


def serials(dates: tuple[ql.Date, ...]) -> IntArray:
    """Serial numbers [date]: days, ready for differences."""
    return np.fromiter((date.serialNumber() for date in dates), dtype=np.int64, count=len(dates))
