"""Writes the tables of options in docs/command-line.md, from the commands themselves.

python benchmarks/command_line.py --write
"""

import re
import sys
from pathlib import Path

import click

from enhance.cli.program import commands

PAGE = Path(__file__).parents[1] / "docs" / "command-line.md"
BEGIN, END = "<!-- options: {} -->", "<!-- end -->"


def table(command: click.Command) -> str:
    """The options of a command as a table in Markdown, in the order of its help."""
    context = click.Context(command, info_name=command.name)
    rows = ["| option | |", "|---|---|"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            names, words = (text.replace("|", "\\|").replace("<", "&lt;") for text in record)
            rows.append(f"| `{_short(names)}` | {_joined(words)} |")
    return "\n".join(rows)


def _joined(words: str) -> str:
    """Help on one line; brackets behind each other, which Markdown takes for a link, as one."""
    return re.sub(r"\] ?\[", "; ", re.sub(r"  +", " ", words))


def _short(names: str) -> str:
    """Names of an option with what it takes, in fewer words than click's."""
    for long, short in (("INTEGER RANGE", "N"), ("FLOAT RANGE", "X"), ("INTEGER", "N"), ("FLOAT", "X")):
        names = names.replace(long, short)
    return names


def page(text: str) -> str:
    """The page with its tables as the commands have them now."""
    for name, command in commands.commands.items():
        begin = BEGIN.format(name)
        shown = f"{begin}\n{table(command)}\n{END}"
        text = re.sub(rf"{re.escape(begin)}\n.*?{END}", lambda _, shown=shown: shown, text, flags=re.S)  # type: ignore[misc]
    return text


def main() -> None:
    """Write the page, or say whether it is as it should be."""
    text = PAGE.read_text()
    if "--write" in sys.argv:
        PAGE.write_text(page(text))
    elif page(text) != text:
        sys.exit(f"{PAGE}: is not what the commands say; run this with --write")


if __name__ == "__main__":
    main()
