#!python
"""The command `gpufin`: installed as it stands, it asks whose packages it would run before it runs them.

`instruments`, `curves` and `pricing` are common words. A folder on PYTHONPATH, or another distribution, can put a package of
that name before ours; what followed would be an import error at best. So the packages are found, not imported, and each must
carry our marker. Nothing of ours is imported before that.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("instruments", "curves", "pricing")
MARKER = "gpufin.marker"
SIGNATURE = "attach_stub(__name__, __file__)"
"""What each `__init__.py` of ours holds, and one that was written over most likely does not."""
UNUSABLE, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


def is_ours(folder: Path) -> bool:
    """Whether the package in `folder` is ours: our marker, and an `__init__.py` that nobody has written over."""
    try:
        return (folder / MARKER).is_file() and SIGNATURE in (folder / "__init__.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def found_at(name: str) -> Path | None:
    """Where Python would import `name` from: the package's folder, or the file of a module that is no package."""
    spec = find_spec(name)
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    where = folders[0] if folders else spec.origin
    return Path(where).absolute() if where else None


def expected_at(name: str) -> Path:
    """Where ours is: the first marked folder on the path, else where an installer would have put it."""
    for entry in sys.path:
        folder = Path(entry or ".").absolute() / name
        if (folder / MARKER).is_file():
            return folder
    from sysconfig import get_path

    return Path(get_path("purelib")) / name


def complaint() -> str | None:
    """One message about the first package that is not ours; None when all are."""
    for name in PACKAGES:
        found = found_at(name)
        if found is not None and is_ours(found):
            continue
        expected = expected_at(name)
        if found is None or found == expected:
            state = "is missing" if found is None else f"was found at {found}, but is overwritten or incomplete"
            remedy = "install gpufin again, in an environment of its own (python3 -m venv .venv)"
        else:
            state = f"was found at {found}, which is not gpufin's"
            listed = {Path(entry).absolute() for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
            if found.parent in listed:
                remedy = f"take {found.parent} off PYTHONPATH"
            else:
                remedy = "uninstall what brought it, or install gpufin in an environment of its own (python3 -m venv .venv)"
        return f"gpufin: the package '{name}' {state}; expected at {expected}: {remedy}"
    return None


def run() -> int:
    """Check, then hand over to `pricing.cli.main`. Returns the exit code."""
    problem = complaint()
    if problem is not None:
        print(problem, file=sys.stderr)
        return UNUSABLE
    try:
        try:
            from pricing.cli.main import main

            return main()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has left. What is still buffered must go somewhere, or the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
