"""What the commands that read files have in common: the options of what to read."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit

Command = TypeVar("Command", bound=Callable[..., Any])

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
    """

    files: tuple[str, ...]
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


_TO_READ = (
    click.argument("files", nargs=-1, required=True, metavar="FILE..."),
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
    click.option(
        "--policy", metavar="shop.toml", help="The shop's rules; left-out rules keep their printed defaults."
    ),
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
    click.option(
        "--memory", metavar="SIZE", callback=_bytes,
        help="For files larger than memory: keep the orders on disk and work on parts of at most this "
        "size, such as 512MB.",
    ),
)  # fmt: skip

_ABOUT_THE_RUN = (
    click.option("--problems", metavar="FILE", help="Write every problem to this CSV file."),
    click.option("--strict", is_flag=True, help="Exit with 4 if any record had a problem."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
)


def reads_files(command: Command) -> Command:
    """Add the options of what to read, given to the command as one value ``inputs``."""

    @functools.wraps(command)
    def wrapped(*, format_: str | None, **options: Any) -> Exit:  # noqa: ANN401 - Click gives them by name
        names = [field.name for field in attrs.fields(Inputs) if field.name != "format"]
        inputs = Inputs(format=format_, **{name: options.pop(name) for name in names})
        code: Exit = command(inputs=inputs, **options)
        return code

    for option in reversed((*_TO_READ, *_ABOUT_THE_RUN)):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # Click's decorators keep the signature they need
