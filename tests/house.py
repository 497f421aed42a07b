"""What the meta tests know about the repository: its files, modules and public names."""

from __future__ import annotations

import ast
import importlib
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("instruments", "curves", "pricing")


@cache
def repository_files() -> tuple[Path, ...]:
    """Files that are, or are about to be, in the repository; empty outside of a git checkout."""
    if not (ROOT / ".git").exists():
        return ()
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = sorted(set(filter(None, listed.split("\0"))))
    return tuple(ROOT / name for name in names if (ROOT / name).is_file())


@cache
def package_files() -> tuple[Path, ...]:
    """Python files of the three packages."""
    return tuple(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


@cache
def module_names() -> tuple[str, ...]:
    """Dotted names of all modules of the three packages."""
    relative = (path.relative_to(ROOT).with_suffix("") for path in package_files())
    return tuple(".".join(path.parts).removesuffix(".__init__") for path in relative)


@dataclass(frozen=True)
class Export:
    """One public name: where it is promised and where it comes from."""

    package: str
    name: str
    module: str
    original: str

    def resolve(self) -> object:
        return getattr(importlib.import_module(self.package), self.name)

    def __str__(self) -> str:
        return f"{self.package}.{self.name}"


@cache
def exports() -> tuple[Export, ...]:
    """Every public name in the stubs of the three packages."""
    found: list[Export] = []
    for package in PACKAGES:
        stub = ROOT / package / "__init__.pyi"
        for node in ast.parse(stub.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                module = ".".join(part for part in (package if node.level else "", node.module or "") if part)
                found.extend(Export(package, item.asname or item.name, module, item.name) for item in node.names)
    return tuple(export for export in found if not export.name.startswith("_") and export.module != "__future__")
