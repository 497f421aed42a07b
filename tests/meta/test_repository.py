from __future__ import annotations

import ast
import runpy
import tomllib
from pathlib import Path

import pytest

from tests.house import PACKAGES, ROOT, exports, package_files, repository_files

ROOT_NAMES = {"pyproject.toml", "README.md", "instruments", "pricing", "curves", "tests", "examples", "LICENSE", "CHANGELOG.md"}
LONGEST_FILE = 450
# Written in pieces, so that this file does not find itself.
FORBIDDEN_TEXT = (
    "/".join(("", "work", "")),
    "/".join(("", "tmp", "bash")),
    "/".join(("", "opt", "py")),
    "py" + "pi.org",
    "python" + "hosted",
)
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "yaml"}


@pytest.fixture(scope="module")
def files() -> tuple[Path, ...]:
    found = repository_files()
    if not found:
        pytest.skip("not a git checkout")
    return found


def test_the_root_holds_the_users_names_and_nothing_else(files: tuple[Path, ...]) -> None:
    top = {path.relative_to(ROOT).parts[0] for path in files}
    assert {name for name in top if not name.startswith(".")} == ROOT_NAMES


def test_no_machine_paths_and_no_registry_hosts(files: tuple[Path, ...]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in files
        for text in FORBIDDEN_TEXT
        if text in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert not found


def test_source_files_stay_small(files: tuple[Path, ...]) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files if path.suffix == ".py"}
    assert {name: lines for name, lines in lengths.items() if lines >= LONGEST_FILE} == {}


def test_constraints_are_exact_pins_of_names() -> None:
    text = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert pins
    for pin in pins:
        name, _, version = pin.partition("==")
        assert name.replace("-", "").replace("_", "").replace(".", "").isalnum(), pin
        assert version.replace(".", "").isalnum(), pin


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_typed_and_carries_the_launchers_marker(package: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert (ROOT / package / "py.typed").is_file()
    assert (ROOT / package / "gpufin.marker").read_text(encoding="utf-8") == f"gpufin {version}\n"
    launcher = runpy.run_path(str(ROOT / "pricing" / "cli" / "launch.py"))
    assert launcher["is_ours"](ROOT / package)
    assert package in launcher["PACKAGES"]


def test_every_package_folder_has_an_init() -> None:
    # The layer contract does not see into a folder without one.
    assert {str(path.parent.relative_to(ROOT)) for path in package_files() if not (path.parent / "__init__.py").exists()} == set()


@pytest.mark.parametrize("path", package_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_packages_run_no_text_and_load_no_pickles(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"line {node.lineno}"
        elif isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_IMPORTS, f"line {node.lineno}"
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in FORBIDDEN_IMPORTS, f"line {node.lineno}"


def test_no_module_bears_the_name_of_a_public_verb() -> None:
    # Importing pricing/price.py would set `pricing.price` to the module, and the verb would be gone.
    verbs = {export.name for export in exports() if export.original and callable(export.resolve()) and export.name.islower()}
    assert verbs
    assert {str(path.relative_to(ROOT)) for path in package_files() if path.stem in verbs or path.parent.name in verbs} == set()


def test_the_readme_tells_every_law_and_every_example() -> None:
    from pricing import LAWS, PROJECT_LAWS, WEB_LAWS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    catalogue = (ROOT / "pricing" / "laws" / "README.md").read_text(encoding="utf-8")
    assert [
        law.name for law in (*LAWS, *WEB_LAWS, *PROJECT_LAWS) if f"| `{law.name}` | {law.sentence} | {law.domain} |" not in catalogue
    ] == []
    assert f"{len(LAWS)} of deals, {len(WEB_LAWS)} of webs and {len(PROJECT_LAWS)} of projects" in " ".join(text.split())
    folders = [path.name for path in (ROOT / "examples").iterdir() if (path / "README.md").is_file()]
    assert [name for name in folders if name not in text] == []
