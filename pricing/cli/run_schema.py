"""`gpufin schema`: the JSON Schema of a file kind, printed bare; or of all of them, written where an editor looks for them."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import tomli_w

from instruments.files import model_schema
from instruments.ground.errors import FileError
from instruments.ground.messages import problem
from pricing.cli.file_kinds import FILE_KINDS
from pricing.cli.run_new import write_new

EDITOR_FILE = ".taplo.toml"
"""Read by Taplo and by the editors that use it for TOML: which schema a file has, by its name."""


def run(arguments: Namespace) -> int:
    """Print one; write one, or all with the editor's file."""
    if arguments.kind == "all" and arguments.output is None:
        raise FileError(
            problem(
                "bad_option",
                subject="kind",
                value="all",
                expected="one kind, to print it",
                hint="name one, or say with -o which folder to write all to",
            )
        )
    if arguments.output is None:
        print(schema_text(arguments.kind))
        return 0
    kinds = tuple(FILE_KINDS) if arguments.kind == "all" else (arguments.kind,)
    texts = {f"{kind}.schema.json": schema_text(kind) + "\n" for kind in kinds} | {EDITOR_FILE: editor_text(kinds)}
    write_new(Path(arguments.output), texts)
    print(f"wrote {', '.join(str(Path(arguments.output) / name) for name in texts)}")
    return 0


def schema_text(kind: str) -> str:
    """The JSON Schema of a kind."""
    return json.dumps(model_schema(FILE_KINDS[kind].model, kind), indent=1)


def editor_text(kinds: tuple[str, ...]) -> str:
    """Which files have which schema: by name, variants such as `deal.late.toml` included."""
    return tomli_w.dumps({"rule": [{"include": [f"**/{kind}*.toml"], "schema": {"path": f"{kind}.schema.json"}} for kind in kinds]})
