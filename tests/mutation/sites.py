"""Where a function can be made wrong by a small change, and the function so changed: comparisons, signs, logic, bounds, numbers."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
JOINED: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
NAMED = {
    "minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil",
    "logical_and": "logical_or", "logical_or": "logical_and", "zeros_like": "ones_like", "ones_like": "zeros_like", "cumsum": "cumprod",
    "greater_equal": "greater", "less_equal": "less", "argmax": "argmin",
}  # fmt: skip
LEAST = 1e-6
"""Smaller numbers guard divisions and comparisons: nothing but rounding can tell them from others."""
Change = Callable[[ast.AST], None]


@dataclass(frozen=True)
class Site:
    """One change of one function."""

    module: str
    function: str
    """`name` or `Class.name`."""
    number: int
    """Among the changes of the function."""
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.function}: {self.words}"


def functions_of(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Functions and methods that a module defines itself."""
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            yield name, value
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            for inner, method in vars(value).items():
                if inspect.isfunction(method) and not inner.startswith("__") and method.__module__ == module.__name__:
                    yield f"{name}.{inner}", method


def _tree(function: Any) -> ast.FunctionDef:
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    ast.increment_lineno(tree, first - 1)
    found = tree.body[0]
    assert isinstance(found, ast.FunctionDef)
    return found


def _swap(field: str, new: type) -> Change:
    return lambda node: setattr(node, field, new())


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can be changed at one node, in words and as an act on a copy of it."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for new in COMPARED.get(type(node.ops[0]), ()):
            yield f"{type(node.ops[0]).__name__} to {new.__name__}", lambda n, new=new: setattr(n, "ops", [new()])
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        for new in JOINED.get(type(node.op), ()):
            yield f"{type(node.op).__name__} to {new.__name__}", _swap("op", new)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield f"{type(node.op).__name__} dropped", _dropped
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} to {not node.value}", lambda n: setattr(n, "value", not n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and (node.value == 0 or abs(node.value) >= LEAST):
        yield f"{node.value} to {node.value + 1}", lambda n: setattr(n, "value", n.value + 1)
    elif isinstance(node, ast.Attribute) and node.attr in NAMED:
        yield f"{node.attr} to {NAMED[node.attr]}", lambda n: setattr(n, "attr", NAMED[n.attr])
    elif isinstance(node, ast.Name) and node.id in NAMED and isinstance(node.ctx, ast.Load):
        yield f"{node.id} to {NAMED[node.id]}", lambda n: setattr(n, "id", NAMED[n.id])


def _dropped(node: ast.AST) -> None:
    """A logical not becomes a double one, which is none."""
    assert isinstance(node, ast.UnaryOp)
    node.operand = ast.UnaryOp(op=type(node.op)(), operand=node.operand)


def _nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Nodes of the body that can change a number: no annotations, no messages of errors, no `strict` of a zip."""

    def inside(node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.Raise | ast.Assert) or (isinstance(node, ast.keyword) and node.arg == "strict"):
            return
        yield node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from inside(child)

    for statement in function.body:
        yield from inside(statement)


def sites_of(module: ModuleType) -> list[Site]:
    """Every change of every function of a module."""
    found: list[Site] = []
    for name, function in functions_of(module):
        number = 0
        for node in _nodes(_tree(function)):
            for words, _ in _changes(node):
                found.append(Site(module.__name__, name, number, getattr(node, "lineno", 0), words))
                number += 1
    return found


def changed(module: ModuleType, site: Site) -> Any:
    """The function of a site with its change, compiled in its module."""
    import __future__ as future

    *owners, name = site.function.split(".")
    original = vars(getattr(module, owners[0]))[name] if owners else getattr(module, name)
    tree = copy.deepcopy(_tree(original))
    number = 0
    for node in list(_nodes(tree)):
        for _, change in list(_changes(node)):
            if number == site.number:
                change(node)
                ast.fix_missing_locations(tree)
                code = compile(ast.Module([tree], []), f"{module.__name__} changed", "exec", flags=future.annotations.compiler_flag)
                found: dict[str, Any] = {}
                exec(code, vars(module), found)  # the package's own words, one of them changed
                return found[name]
            number += 1
    raise LookupError(str(site))
