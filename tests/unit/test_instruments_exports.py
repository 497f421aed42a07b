from __future__ import annotations

import subprocess
import sys

import instruments


def test_every_name_is_there() -> None:
    assert all(getattr(instruments, name) is not None for name in instruments.__all__)
    assert set(instruments.__all__) <= set(dir(instruments))


def test_import_is_light() -> None:
    code = "import sys, instruments; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
