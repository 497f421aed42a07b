from __future__ import annotations

import ast
import importlib
import inspect
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house import PACKAGES, Export, exports


def attribute_docstring(module: str, name: str) -> str | None:
    """The string below `name = ...` in its module: how constants and type aliases are documented."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    for statement, below in pairwise(body):
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
            return text if isinstance(text, str) else None
    return None


@pytest.mark.parametrize("export", exports(), ids=str)
def test_every_public_name_resolves_and_is_documented(export: Export) -> None:
    value = export.resolve()
    if inspect.isclass(value):
        documented = vars(value).get("__doc__")
    elif inspect.isroutine(value) or inspect.ismodule(value):
        documented = value.__doc__
    else:
        documented = attribute_docstring(export.module, export.original)
    assert documented
    assert documented.strip()


@pytest.mark.parametrize("package", PACKAGES)
def test_all_equals_the_stub(package: str) -> None:
    promised = [export.name for export in exports() if export.package == package]
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(set(promised))
    assert set(promised) <= set(dir(module))
    assert len(promised) == len(set(promised))


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError):
        importlib.import_module(package).no_such_name  # noqa: B018
