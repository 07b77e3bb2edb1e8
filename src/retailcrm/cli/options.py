"""What commands have in common: the options of what to read, and of where a shop is kept."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit

Command = TypeVar("Command", bound=Callable[..., Any])

MAIN: Final = "main"
"""Name of a shop to which nobody gave one."""

_SIZE: Final = re.compile(r"([1-9]\d*) ?(MB|GB)", re.IGNORECASE)
_UNITS: Final = {"MB": 1 << 20, "GB": 1 << 30}


@attrs.frozen(kw_only=True)
class Inputs:
    """What the user gave to be read.

    Attributes:
        files: Export files.
        mapping: Mapping for files that no source knows.
        also: Further files, each with the mapping of its own.
        merges: File of merges to apply.
        policy: Policy file.
        buyers: File that joins order numbers to buyers.
        redemptions: File of points that were spent.
        format: Source to use.
        zone: IANA zone.
        currency: ISO 4217 code.
        password: For encrypted workbooks.
        memory: Bytes for one partition; ``None`` keeps all in memory.
        db: URL of the database in which the shop is kept; ``None``: it lives as long as the command runs.
        shop: Its name there.
    """

    files: tuple[str, ...] = ()
    mapping: str | None = None
    also: tuple[tuple[str, str], ...] = ()
    merges: str | None = None
    policy: str | None = None
    buyers: str | None = None
    redemptions: str | None = None
    format: str | None = None
    zone: str | None = None
    currency: str | None = None
    password: str | None = None
    memory: int | None = None
    db: str | None = None
    shop: str = MAIN

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that is read."""
        single = (self.mapping, self.policy, self.buyers, self.redemptions, self.merges)
        beside = (name for pair in self.also for name in pair)
        return (*self.files, *beside, *(name for name in single if name is not None))


def _bytes(_: click.Context, __: click.Parameter, said: str | None) -> int | None:
    """Read a size such as 512MB."""
    if said is None:
        return None
    if not (size := _SIZE.fullmatch(said.strip())):
        raise click.BadParameter(f"{said!r} is not a size; write it like 512MB or 2GB.")
    return int(size[1]) * _UNITS[size[2].upper()]


_DATABASE: Final = "sqlite:///shop.db, or postgresql://user@host/database"

_FILES_OR_KEPT = (
    click.argument("files", nargs=-1, metavar="FILE..."),
    click.option(
        "--db", metavar="URL", envvar="RETAILCRM_DB", show_envvar=True,
        help=f"Instead of FILEs: the database that 'retailcrm import' keeps the shop in: {_DATABASE}.",
    ),
)  # fmt: skip
_FILES = (click.argument("files", nargs=-1, required=True, metavar="FILE..."),)
_KEPT = (
    click.option(
        "--db", required=True, metavar="URL", envvar="RETAILCRM_DB", show_envvar=True,
        help=f"The database that the shop is kept in: {_DATABASE}.",
    ),
)  # fmt: skip
_SHOP = (
    click.option(
        "--shop", metavar="NAME", default=MAIN, show_default=True, help="Which shop of the database."
    ),
)
_POLICY = (
    click.option(
        "--policy", metavar="shop.toml", help="The shop's rules; left-out rules keep their printed defaults."
    ),
)

_TO_READ = (
    click.option(
        "--map", "mapping", metavar="M.toml", help="What the columns mean, for files of no known format."
    ),
    click.option(
        "--with", "also", nargs=2, multiple=True, metavar="FILE M.toml",
        help="Also read FILE by a mapping of its own: a member list, a product list. May be given again.",
    ),
    click.option(
        "--merges", metavar="FILE",
        help="Take customers for one person as this file says ('retailcrm duplicates' writes one to edit).",
    ),
    *_POLICY,
    click.option(
        "--buyers", metavar="FILE", help="Joins order numbers to buyers, where exports mask the nicks."
    ),
    click.option(
        "--redemptions", metavar="FILE",
        help="Points that were spent, by buyer and time, as the till knows them; the policy has [points].",
    ),
    click.option(
        "--format",
        "format_",
        metavar="NAME",
        help="Read the files as this format ('retailcrm plugins' lists them) instead of recognising it.",
    ),
    click.option(
        "--zone", metavar="ZONE", help="Time zone of the shop's days, such as Asia/Shanghai."
    ),
    click.option(
        "--currency", metavar="CODE",
        help="Currency of the shop's amounts, such as CNY; else the policy's, the mapping's, or what the "
        "files themselves name.",
    ),
    click.option(
        "--password", metavar="TEXT", envvar="RETAILCRM_PASSWORD", show_envvar=True,
        help="Opens encrypted workbooks.",
    ),
)  # fmt: skip
_MEMORY = (
    click.option(
        "--memory", metavar="SIZE", callback=_bytes,
        help="For files larger than memory: keep the orders on disk and work on parts of at most this "
        "size, such as 512MB.",
    ),
)  # fmt: skip

_OF_FILES: Final = ("mapping", "also", "merges", "buyers", "redemptions", "format", "memory")
"""What only says how files are read."""

_ABOUT_THE_RUN = (
    click.option("--problems", metavar="FILE", help="Write every problem to this CSV file."),
    click.option("--strict", is_flag=True, help="Exit with 4 if any record had a problem."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
)


def reads_files(command: Command) -> Command:
    """Add the options of what to read, given to the command as one value ``inputs``: files, or a database."""
    return _with_inputs(command, (*_FILES_OR_KEPT, *_SHOP, *_TO_READ, *_MEMORY, *_ABOUT_THE_RUN))


def imports_files(command: Command) -> Command:
    """Add the options of what to read into a database, given to the command as one value ``inputs``."""
    return _with_inputs(command, (*_FILES, *_KEPT, *_SHOP, *_TO_READ, *_ABOUT_THE_RUN))


def on_a_shop(command: Command) -> Command:
    """Add the options of a shop that is kept in a database, given to the command as one value ``inputs``."""
    return _with_inputs(command, (*_KEPT, *_SHOP, *_POLICY, _ABOUT_THE_RUN[-1]))


def _with_inputs(command: Command, options: tuple[Any, ...]) -> Command:
    """Gather options into ``inputs``."""

    @functools.wraps(command)
    def wrapped(**given: Any) -> Exit:  # noqa: ANN401 - Click gives them by name
        if "format_" in given:
            given["format"] = given.pop("format_")
        names = [field.name for field in attrs.fields(Inputs) if field.name in given]
        inputs = _one_place(Inputs(**{name: given.pop(name) for name in names}))
        code: Exit = command(inputs=inputs, **given)
        return code

    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # Click's decorators keep the signature they need


def _one_place(inputs: Inputs) -> Inputs:
    """See that the shop is in one place: in files, or in a database; ``import`` takes both."""
    context = click.get_current_context()
    named = context.get_parameter_source("db") is ParameterSource.COMMANDLINE
    into = any(param.name == "db" and param.required for param in context.command.params)
    if into:
        return inputs
    if inputs.files and inputs.db is not None:
        if named:
            raise click.UsageError(
                "Give FILEs or --db, not both: 'retailcrm import' takes files into a database."
            )
        return attrs.evolve(inputs, db=None)
    if inputs.files:
        return inputs
    if inputs.db is None:
        raise click.UsageError(
            "Missing argument 'FILE...', or --db URL of a shop that is kept in a database."
        )
    for option in context.command.params:
        if option.name in {*_OF_FILES, "format_"} and getattr(inputs, option.name.rstrip("_")):
            raise click.UsageError(
                f"{option.opts[0]} says how files are read; give it to 'retailcrm import'."
            )
    return inputs
