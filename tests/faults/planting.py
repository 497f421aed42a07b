"""Plants one line of wrong code in the running packages, and takes it out again."""

from __future__ import annotations
import __future__ as future

import importlib
import inspect
import sys
import textwrap
from typing import Any

import pytest


def plant(patch: pytest.MonkeyPatch, where: str, old: str, new: str) -> None:
    """Replace `old`, which stands once in `module:function` (or `module:Class.method`), by `new`, wherever the function is bound."""
    module_name, _, path = where.partition(":")
    module = importlib.import_module(module_name)
    *owners, name = path.split(".")
    owner: Any = module
    for each in owners:
        owner = getattr(owner, each)
    original = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(original))
    assert source.count(old) == 1, f"{where} has {source.count(old)} times: {old}"
    found: dict[str, Any] = {}
    code = compile(source.replace(old, new), f"{where} with a planted fault", "exec", flags=future.annotations.compiler_flag)
    exec(code, vars(module), found)  # the test's own words
    if owners:
        patch.setattr(owner, name, found[name])
        return
    for each in [each for key, each in sys.modules.items() if key.split(".")[0] == "pricing"]:
        for bound in [key for key, value in vars(each).items() if value is original]:
            patch.setattr(each, bound, found[name])
