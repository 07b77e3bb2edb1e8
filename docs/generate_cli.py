"""Write the page of the command line from the commands themselves.

``python docs/generate_cli.py`` writes ``docs/cli.md``; with ``--check`` it only says whether the page on disk
is up to date.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from retailcrm.cli.commands import retailcrm
from retailcrm.cli.documents import KEYS
from retailcrm.cli.exits import Exit
from retailcrm.cli.json_keys import RUN, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE: Final = Path(__file__).with_name("cli.md")
WIDTH: Final = 80

_CODE: Final = re.compile(r"'(retailcrm[^']*)'|(--[a-z][a-z-]*(?: [A-Z]+\b)?|\.csv|\.parquet)")
"""Words of a help text that are code on the page: quoted commands, options, endings."""

_INTRO: Final = (
    "Every command has `--help`; `retailcrm` alone lists them. Results go to standard output, errors (one "
    "sentence, never a traceback) and progress to standard error."
)
_JSON: Final = (
    "With `--json` a command prints one document on standard output and nothing else there. Amounts are "
    "decimal text, instants have their offset. `retailcrm score` and `retailcrm report` print:"
)
_PATHS: Final = (
    "The documents of other commands follow. `files[].name` is the key `name` of each object in the list "
    "`files`; a last `*` stands for whatever keys an object has."
)


def page() -> str:
    """Give the page's text."""
    return "\n".join(lines())


def lines() -> Iterator[str]:
    """Yield the page's lines."""
    yield "# Command line\n"
    yield "<!-- docs/generate_cli.py writes this page: change the help texts instead. -->\n"
    yield f"{wrapped(_INTRO)}\n"
    for name, command in commands():
        yield from section(name, command)
    yield "## Exit codes\n"
    yield from table(("code", "meaning"), [(str(int(code)), marked(code.meaning)) for code in Exit])
    yield "## The JSON document\n"
    yield f"{wrapped(_JSON)}\n"
    yield from keys(KEYS)
    yield f"{wrapped(_PATHS)}\n"
    for document, parts in SECTIONS.items():
        yield f"### JSON of {document}\n"
        for title, texts in parts:
            if title:
                yield f"{wrapped(title)}:\n"
            # What every document has is said once.
            yield from keys(texts if texts is RUN else {k: v for k, v in texts.items() if k not in RUN})


def keys(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys of a document as a list."""
    for key, text in texts.items():
        yield wrapped(f"`{key}`: {text if '`' in text else marked(text)}", first="- ", rest="  ")
    yield ""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its whole name; of a group, the commands in it."""
    for name, command in retailcrm.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())
        else:
            yield name, command
            yield from ((f"{name} {verb}", one) for verb, one in getattr(command, "verbs", {}).items())


def section(name: str, command: click.Command) -> Iterator[str]:
    """Yield a command: what it does, how it is called, its options."""
    arguments = [p.metavar for p in command.params if isinstance(p, click.Argument) and p.metavar]
    yield f"## retailcrm {name}\n"
    yield f"```text\n{' '.join(['retailcrm', name, '[OPTIONS]', *arguments])}\n```\n"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield f"{wrapped(marked(paragraph))}\n"
    for option in command.params:
        if isinstance(option, click.Option):
            yield from described(option)
    if command.epilog:
        title, *examples = command.epilog.replace("\b", "").strip().splitlines()
        yield f"{title}\n"
        yield textwrap.dedent("\n".join(examples)).join(("```text\n", "\n```\n"))


def described(option: click.Option) -> Iterator[str]:
    """Yield one option as a term with its definition."""
    value = option.metavar or ""
    if isinstance(option.type, click.Choice):
        value = f"[{'|'.join(option.type.choices)}]"
    parts = [marked(option.help or "")]
    if option.required:
        parts.append("Required.")
    if option.show_default:
        parts.append(f"Default: `{option.default}`.")
    if option.show_envvar:
        parts.append(f"Also read from the environment variable `{option.envvar}`.")
    yield f"`{' '.join([', '.join(option.opts), value]).strip()}`"
    yield f"{wrapped(' '.join(parts), first=': ', rest='  ')}\n"


def table(head: tuple[str, str], rows: list[tuple[str, str]]) -> Iterator[str]:
    """Yield a table, its columns aligned."""
    first, second = (max(len(row[i]) for row in (head, *rows)) for i in (0, 1))
    for left, right in (head, ("-" * first, "-" * second), *rows):
        yield f"| {left:<{first}} | {right:<{second}} |"
    yield ""


def marked(text: str) -> str:
    """Mark the code in a help text."""
    return _CODE.sub(lambda found: f"`{found[1] or found[2]}`", " ".join(text.split()))


def wrapped(text: str, *, first: str = "", rest: str = "") -> str:
    """Break a paragraph between words."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def main() -> int:
    """Write the page, or look whether it is up to date."""
    parser = argparse.ArgumentParser(description="Write docs/cli.md from the commands.")
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    wanted = page()
    if not parser.parse_args().check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write("docs/cli.md is out of date: run python docs/generate_cli.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
