"""`gpufin COMMAND ...`: parse, run one command, turn every error into lines and an exit code."""

from __future__ import annotations

import sys
from importlib import import_module

from pricing.cli.options import parse

OK, INTERNAL, UNUSABLE, BROKEN, PARTIAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes: done; gpufin failed; input unusable or everything failed; a limit or law is broken; some failed; interrupted."""


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; data goes to standard output, everything else to standard error."""
    arguments = parse(sys.argv[1:] if argv is None else argv)
    if isinstance(arguments, int):
        return arguments
    from instruments.ground.errors import GpufinError  # after --help has been answered
    from pricing.cli.progress import ProgressLine
    from pricing.progress import listening

    try:
        with ProgressLine() as shown, listening(shown):
            return int(import_module(f"pricing.cli.{arguments.module}").run(arguments))
    except GpufinError as error:
        for line in str(error).splitlines():
            print(f"gpufin: {line}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("gpufin: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # a defect of gpufin: one line, not a traceback, and its own exit code
        print(f"gpufin: internal error: {type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        print("gpufin: please report it with the file that shows it; GPUFIN_TRACEBACK=1 shows where", file=sys.stderr)
        import os

        if os.environ.get("GPUFIN_TRACEBACK"):
            raise
        return INTERNAL
