from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from tests.house import PACKAGES, ROOT, module_names

HEAVY = ("QuantLib", "numba", "polars")
REPORT = "import {package}, sys; sys.stderr.write(' '.join(name for name in {heavy!r} if name in sys.modules))"
LAUNCH = ROOT / "pricing" / "cli" / "launch.py"


@pytest.mark.parametrize("name", module_names())
def test_every_module_imports(name: str) -> None:
    importlib.import_module(name)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_is_light_and_silent(package: str) -> None:
    code = REPORT.format(package=package, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_imports_none_of_the_large_libraries(tmp_path: object) -> None:
    if not (ROOT / "pricing" / "cli" / "main.py").exists():
        pytest.skip("pricing.cli.main does not exist yet")
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['gpufin', '--help']; "
    hook = "import atexit; atexit.register(lambda: sys.stderr.write('loaded: ' + ' '.join(sys.modules))); "
    run = f"import runpy; runpy.run_path({str(LAUNCH)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", path + hook + run], cwd=str(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage: gpufin" in done.stdout
    loaded = set(done.stderr.split("loaded: ")[1].split())
    assert loaded & {"numpy", "scipy", "polars", "pydantic", "hypothesis", *HEAVY} == set()
    assert "pricing.cli.main" in loaded
