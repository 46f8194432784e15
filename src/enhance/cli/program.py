"""All commands in one group, and what becomes of their errors."""

from __future__ import annotations

import errno
import io
import os
import sys

import click
from click.shell_completion import CompletionItem

from enhance.cli.console import print_error
from enhance.cli.doctor import doctor
from enhance.cli.evaluate import calibrate, evaluate
from enhance.cli.fill import fill
from enhance.cli.imagine import imagine
from enhance.cli.inspect import inspect
from enhance.cli.lineup import lineup
from enhance.cli.models import models
from enhance.cli.prepare import prepare
from enhance.cli.serve import serve
from enhance.cli.site import site
from enhance.cli.sketch import sketch
from enhance.cli.train import export, train
from enhance.cli.translate import translate
from enhance.cli.upscale import photo
from enhance.errors import EnhanceError

_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}
"""What a disk or its owner refuses is no fault of ours."""


class DefaultGroup(click.Group):
    """A group whose first word may be a photo instead of a command."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args:
            args = ["--help"]
        elif args[0] not in self.commands and args[0] not in ("-h", "--help", "--version"):
            word = args[0]
            if word.isidentifier() and not os.path.lexists(word) and not context.resilient_parsing:
                raise click.UsageError(f"{word}: is neither a command nor a file or folder", context)
            args = ["photo", *args]
        return super().parse_args(context, args)

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands, and photos."""
        completions = super().shell_complete(context, incomplete)
        return completions if incomplete.startswith("-") else [*completions, CompletionItem(incomplete, type="file")]

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write_usage("enhance", "PHOTO... [OPTIONS]   (see: enhance photo --help)")
        formatter.write_usage("enhance", "COMMAND [ARGS]...", prefix="       ")


@click.group(cls=DefaultGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="enhance")
def commands() -> None:
    """Enlarge photos four times and redraw every face in them. The detail is made up: it identifies nobody."""


for _command in (
    *(photo, lineup, translate, fill, sketch, imagine, inspect, models, doctor, serve, site),
    *(prepare, train, export, evaluate, calibrate),
):
    commands.add_command(_command)


def run() -> None:
    """Run the command line; exit with 0, 1 for our fault, 2 for bad input, 3 if of several photos some failed, 130
    when interrupted."""
    debug = "--debug" in sys.argv
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text
    try:
        code = commands.main(prog_name="enhance", standalone_mode=False)
    except EnhanceError as error:
        if debug:
            raise
        print_error(str(error))
        sys.exit(error.exit_code)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        dashed = [word for word in sys.argv[1:] if word.startswith("-") and os.path.isfile(word)]  # noqa: PTH113 - Path fails on long ones
        if dashed:
            print_error(f"{dashed[0]}: begins with a dash, as options do; write ./{dashed[0]}")
        else:
            print_error(f"{error.format_message()} (see: {context.command_path if context else 'enhance'} --help)")
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.errno in _REFUSED:
            where = error.filename or "the disk"
            print_error(f"{where}: cannot be opened or written ({error.strerror}); name another place")
            sys.exit(EnhanceError.exit_code)
        print_error(f"internal error: {type(error).__name__}: {error}; run again with --debug and report what it shows")
        sys.exit(1)
    sys.exit(code or 0)
