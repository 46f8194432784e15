"""The command line: parse, call, print. Everything heavy is imported by the command that needs it."""

import sys


def main() -> None:
    """Run the command line, see `program.run`; exit with 130 when interrupted, also while it is still imported."""
    try:
        from enhance.cli.program import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
