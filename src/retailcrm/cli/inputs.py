"""What score and report have in common: options, the shop they open, errors as exit codes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from retailcrm.adapters.sources.mapping import TableMapping, load_mapping
from retailcrm.cli.exits import Exit
from retailcrm.errors import InputError, RetailCRMError, SettingsError
from retailcrm.shop.insight import NoIdentityError
from retailcrm.shop.open import Shop, open_shop
from retailcrm.shop.policy import Policy, load_policy

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])

_UNITS = {"MB": 1 << 20, "GB": 1 << 30}


@attrs.frozen(kw_only=True)
class Inputs:
    """What the user gave to be read.

    Attributes:
        files: Export files.
        mapping: Mapping for files that no source knows.
        policy: Policy file.
        buyers: File that joins order numbers to buyers.
        format: Source to use.
        zone: IANA zone.
        password: For encrypted workbooks.
        memory: Bytes for one partition; ``None`` keeps all in memory.
    """

    files: tuple[str, ...]
    mapping: str | None
    policy: str | None
    buyers: str | None
    format: str | None
    zone: str | None
    password: str | None
    memory: int | None


def _bytes(_: click.Context, __: click.Parameter, said: str | None) -> int | None:
    if said is None:
        return None
    number, unit = said[:-2], said[-2:].upper()
    if unit not in _UNITS or not number.isdigit():
        raise click.BadParameter("write it like 512MB or 2GB")
    return int(number) * _UNITS[unit]


_OPTIONS = (
    click.argument("files", nargs=-1, required=True, metavar="FILE..."),
    click.option("--map", "mapping", metavar="M.toml", help="What the columns mean, for files no format knows."),
    click.option("--policy", metavar="shop.toml", help="The shop's rules; without it the printed defaults."),
    click.option("--buyers", metavar="FILE", help="Joins order numbers to buyers, where exports mask the nick."),
    click.option("--format", "format_", metavar="NAME", help="Use this format instead of the surest match."),
    click.option("--zone", metavar="Z", help="Time zone of the shop, such as Asia/Shanghai."),
    click.option("--password", metavar="TEXT", help="Opens encrypted workbooks."),
    click.option(
        "--memory", metavar="SIZE", callback=_bytes,
        help="Partition the orders on disk and work on parts of at most this size, such as 512MB.",
    ),
)  # fmt: skip


def reads_files(command: Command) -> Command:
    """Add the options of what to read, given to the command as one value ``inputs``."""

    @functools.wraps(command)
    def wrapped(*, format_: str | None, **options: Any) -> None:  # noqa: ANN401 - Click gives them by name
        names = [field.name for field in attrs.fields(Inputs) if field.name != "format"]
        inputs = Inputs(format=format_, **{name: options.pop(name) for name in names})
        with_exit_codes(command)(inputs=inputs, **options)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # Click's decorators keep the signature they need


def with_exit_codes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn our errors into one sentence and an exit code."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:  # noqa: ANN401
        try:
            command(**options)
        except RetailCRMError as error:
            click.echo(f"retailcrm: {error}", err=True)
            raise SystemExit(_exit_of(error)) from error

    return wrapped


def _exit_of(error: RetailCRMError) -> Exit:
    if isinstance(error, NoIdentityError):
        return Exit.NOBODY
    if isinstance(error, InputError):
        return Exit.REFUSED
    return Exit.USAGE


def open_inputs(inputs: Inputs, console: Console) -> Shop:
    """Open a shop and import everything that was given, with a progress bar."""
    mapping = None if inputs.mapping is None else load_mapping(Path(inputs.mapping))
    shop = open_shop(policy=_rules(inputs, mapping), memory_budget=inputs.memory)
    started = time.perf_counter()
    with _progress(console) as bar:
        task = bar.add_task("reading", total=sum(_size(name) for name in inputs.files) or None, rate="")
        rows = 0

        def advance(size: int, records: int) -> None:
            nonlocal rows
            rows += records
            rate = rows / max(time.perf_counter() - started, 1e-9)
            bar.update(task, advance=size, rate=f"{rows:,} records, {rate:,.0f}/s")

        shop.imports.files(
            inputs.files, mapping=mapping, format=inputs.format, password=inputs.password, progress=advance
        )
    if inputs.buyers is not None:
        shop.imports.buyers(inputs.buyers)
    return shop


def _rules(inputs: Inputs, mapping: TableMapping | None) -> Policy:
    """Take the policy; without one, zone and currency of the mapping."""
    if inputs.policy is not None:
        rules = load_policy(Path(inputs.policy))
    else:
        told = {} if mapping is None else {"zone": mapping.zone, "currency": mapping.currency}
        rules = Policy(**{name: value for name, value in told.items() if value is not None})  # type: ignore[arg-type]
    if inputs.zone is None:
        return rules
    if rules.ladder is not None:
        raise SettingsError(
            "--zone: the policy has a ladder, whose dates are in its own zone; set [shop] zone there"
        )
    return attrs.evolve(rules, zone=inputs.zone)


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError:
        return 0


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
