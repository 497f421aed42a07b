from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import PACKAGES, ROOT

LAUNCH = ROOT / "pricing" / "cli" / "launch.py"
NOISY = "def main(argv=None):\n    for _ in range(100_000):\n        print('row')\n    return 0\n"
SLEEPY = "def main(argv=None):\n    import time\n    print('started', flush=True)\n    time.sleep(60)\n    return 0\n"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the launcher beside stand-ins for the three packages: what is tested is the launcher, not the command."""
    shutil.copy(LAUNCH, tmp_path / "gpufin")
    for name in PACKAGES:
        folder = tmp_path / "lib" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("# attach_stub(__name__, __file__)\n")
        shutil.copy(ROOT / name / "gpufin.marker", folder)
    (tmp_path / "lib" / "pricing" / "cli").mkdir()
    (tmp_path / "lib" / "pricing" / "cli" / "__init__.py").write_text("")
    set_main(tmp_path, "def main(argv=None):\n    print('ran')\n    return 3\n")
    return tmp_path


def set_main(house: Path, text: str) -> None:
    (house / "lib" / "pricing" / "cli" / "main.py").write_text(text)


def command(house: Path) -> list[str]:
    # Without site-packages: an installed gpufin must not answer for the stand-ins.
    return [sys.executable, "-S", str(house / "gpufin")]


def environment(*folders: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}


def launch(house: Path, *folders: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(house), env=environment(*folders), capture_output=True, text=True, check=False, cwd=house)


def plant(house: Path, name: str, text: str = "raise SystemExit('imported')\n") -> Path:
    folder = house / "planted" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text)
    return folder


def test_our_own_packages_run_and_the_exit_code_is_kept(house: Path) -> None:
    done = launch(house, house / "lib")
    assert (done.returncode, done.stdout, done.stderr) == (3, "ran\n", "")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_foreign_package_is_named_with_both_paths_and_a_remedy(house: Path, name: str) -> None:
    planted = plant(house, name)
    done = launch(house, planted.parent, house / "lib")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    for part in (f"'{name}'", f"found at {planted}", f"expected at {house / 'lib' / name}", f"take {planted.parent} off PYTHONPATH"):
        assert part in done.stderr


def test_a_foreign_module_that_is_no_package_is_found_too(house: Path) -> None:
    (house / "planted").mkdir()
    (house / "planted" / "pricing.py").write_text("raise SystemExit('imported')\n")
    done = launch(house, house / "planted", house / "lib")
    assert done.returncode == 2
    assert str(house / "planted" / "pricing.py") in done.stderr


def test_a_package_written_over_by_another_distribution_is_noticed(house: Path) -> None:
    (house / "lib" / "pricing" / "__init__.py").write_text("raise SystemExit('imported')\n")
    done = launch(house, house / "lib")
    assert done.returncode == 2
    assert "overwritten" in done.stderr


def test_a_missing_package_is_said_to_be_missing(house: Path) -> None:
    shutil.rmtree(house / "lib" / "curves")
    done = launch(house, house / "lib")
    assert done.returncode == 2
    assert "'curves' is missing" in done.stderr
    assert "install gpufin again" in done.stderr


def test_a_folder_without_init_does_not_count(house: Path) -> None:
    (house / "planted" / "pricing").mkdir(parents=True)
    assert launch(house, house / "planted", house / "lib").returncode == 3


def test_a_foreign_package_behind_ours_does_no_harm(house: Path) -> None:
    planted = plant(house, "pricing")
    assert launch(house, house / "lib", planted.parent).returncode == 3


def test_a_reader_that_leaves_is_no_error_message(house: Path) -> None:
    set_main(house, NOISY)
    with subprocess.Popen(command(house), env=environment(house / "lib"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == b"row\n"
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


def test_an_early_exit_into_a_closed_pipe_is_quiet(house: Path) -> None:
    set_main(house, "def main(argv=None):\n    input()\n    print('help')\n    raise SystemExit(0)\n")
    pipe = subprocess.PIPE
    with subprocess.Popen(command(house), env=environment(house / "lib"), stdin=pipe, stdout=pipe, stderr=pipe) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        child.stdin.write(b"go\n")
        child.stdin.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_interrupt_ends_with_130_and_without_a_traceback(house: Path) -> None:
    set_main(house, SLEEPY)
    with subprocess.Popen(command(house), env=environment(house / "lib"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == b"started\n"
        child.send_signal(signal.SIGINT)
        assert child.stderr.read() == b""
    assert child.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such mode there")
def test_the_launcher_is_executable() -> None:
    assert os.access(LAUNCH, os.X_OK), "installers copy the file's mode: without it `gpufin` cannot be started"


def test_the_launcher_names_nothing_of_ours_at_its_top() -> None:
    text = LAUNCH.read_text(encoding="utf-8")
    assert text.startswith("#!python\n"), "installers rewrite this very line"
    top = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert not [line for line in top if line.split()[1].split(".")[0] in PACKAGES]
