"""The one copy of plotly.js that a page carries, packed: 4.8 MB of text are 1.9 MB as gzip in base64."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from gzip import compress
from importlib.resources import files
from importlib.util import find_spec

from instruments.ground.errors import InputError
from instruments.ground.messages import problem


def check_plotly(what: str) -> None:
    """Say how to get plotly where it is absent.

    Raises:
        InputError: plotly is not installed.
    """
    if find_spec("plotly") is None:
        hint = "pip install plotly"
        raise InputError(problem("bad_option", subject=what, field="plotly", value="absent", expected="installed", hint=hint))


@lru_cache(maxsize=1)
def packed_plotly() -> str:
    """plotly.min.js of the installed package: gzip without a date, in base64. The same bytes within one installation.

    Raises:
        InputError: plotly is not installed.
    """
    check_plotly("report")
    return b64encode(compress(files("plotly").joinpath("package_data/plotly.min.js").read_bytes(), 9, mtime=0)).decode("ascii")
