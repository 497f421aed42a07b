"""Does the wheel ship what it should, and nothing else? Usage: wheel_contents.py FILE.whl"""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from zipfile import ZipFile

PACKAGES = {"instruments", "curves", "pricing"}

(path,) = sys.argv[1:]
with ZipFile(path) as archive:
    names = archive.namelist()
    data = next((name.split("/")[0] for name in names if name.split("/")[0].endswith(".data")), "no .data folder")
    script = f"{data}/scripts/gpufin"
    executable = script in names and archive.getinfo(script).external_attr >> 16 & 0o111
    shebang = archive.read(script).splitlines()[0] if script in names else b"missing"

top = {PurePosixPath(name).parts[0] for name in names}
unexpected = {name for name in top - PACKAGES if not name.endswith((".dist-info", ".data"))}
needed = {f"{package}/{file}" for package in PACKAGES for file in ("__init__.py", "__init__.pyi", "py.typed", "gpufin.marker")}
needed |= {"pricing/report/page.css", "pricing/report/page.js"}  # what a page is made of
scripts = [name for name in names if name.startswith(f"{data}/")]

problems = [
    *(f"top-level name {name} has no business there" for name in sorted(unexpected)),
    *(f"package {name} is missing" for name in sorted(PACKAGES - top)),
    *(f"{name} is missing" for name in sorted(needed - set(names))),
    *([f"the scripts are {scripts}, not the one command gpufin"] if scripts != [script] else []),
    *([f"the script's first line is {shebang!r}: installers rewrite #!python only"] if shebang != b"#!python" else []),
    *([] if executable else ["the script is not executable, so installers leave it so: restore the file's mode"]),
]
if problems:
    sys.exit("\n".join(f"wheel: {problem}" for problem in problems))
print(f"wheel: {len(names)} files, {', '.join(sorted(PACKAGES))} and the command gpufin")
