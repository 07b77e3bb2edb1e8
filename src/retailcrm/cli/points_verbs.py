"""The verbs of ``retailcrm points``: their options; the work is in :mod:`retailcrm.cli.doing`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import on_a_shop

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit

Command = TypeVar("Command", bound=Callable[..., Any])

VERBS: Final[dict[str, click.Command]] = {}
"""Commands by the verb, which stands first after ``retailcrm points``."""

_KEY: Final = click.option(
    "--key",
    required=True,
    metavar="KEY",
    help="The command's own key, such as cart:88: the same verb sent again with it is done once.",
)
_LANG: Final = click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Answer in this language instead of both."
)
_WALLET: Final = click.option(
    "--wallet", default="", metavar="NAME", help="Which currency of points; the policy's first without it."
)
_ORDER: Final = click.option(
    "--order", default="", metavar="REF",
    help="The order that they pay for, as platform/shop/number: its refunds bring them back.",
)  # fmt: skip
_WHO: Final = click.argument("who", metavar="WHO")
_POINTS: Final = click.argument("points", metavar="POINTS", type=int)
_PART: Final = click.option("--points", type=int, metavar="N", help="Only so many of them.")
_NEW: Final = click.option(
    "--new", is_flag=True,
    help="Open an account if nobody has that customer id: without it, a mistyped one is refused.",
)  # fmt: skip
_CAUSE: Final = click.option(
    "--cause",
    type=click.Choice(["customer", "shop"]),
    default="customer",
    show_default=True,
    help="Whose doing it is: decides what becomes of points that have lapsed meanwhile.",
)


_BELOW_ZERO: Final = re.compile(r"-[0-9]+(\.[0-9]+)?")


class Verb(click.Command):
    """A command to which a number below 0 is a number, and no option: it says itself what it thinks of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; any other unknown option is told as Click tells it."""
        ctx.ignore_unknown_options = any(_BELOW_ZERO.fullmatch(word) for word in args)
        return super().parse_args(ctx, args)


def _verb(name: str, short_help: str, *parameters: Any) -> Callable[[Command], Command]:  # noqa: ANN401 - Click's own
    """Make a function the command of a verb."""

    def made(function: Command) -> Command:
        command: Any = answers(on_a_shop(function))
        for parameter in reversed((*parameters, _KEY, _LANG)):
            command = parameter(command)
        decorate: Any = click.command(name, cls=Verb, short_help=short_help)
        VERBS[name] = decorate(command)
        return function

    return made


def _do(verb: str, options: dict[str, Any]) -> Exit:
    from retailcrm.cli.doing import do  # noqa: PLC0415 - slow to load

    return do(verb, **options)


@_verb("redeem", "Spend points.", _WHO, _POINTS, _ORDER, _WALLET)
def points_redeem(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Spend POINTS of a customer at once; the answer says what money they are worth.

    WHO is as for 'retailcrm customer': a customer id, a phone number, an e-mail address or an order number.
    Where nobody has it, or several people do, nothing is done.
    """
    return _do("redeem", options)


@_verb(
    "reserve", "Set points aside for a checkout.", _WHO, _POINTS,
    click.option("--minutes", type=int, metavar="N", help="How long; the wallet's own time without it."),
    _ORDER, _WALLET,
)  # fmt: skip
def points_reserve(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Set POINTS of a customer aside; --key names the reservation for 'capture' and 'void'.

    WHO is as for 'retailcrm points redeem'.
    """
    return _do("reserve", options)


@_verb("capture", "Spend what was reserved.", click.argument("reservation", metavar="RESERVATION"), _PART)
def points_capture(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Spend the points of a RESERVATION, which is the key that they were reserved with; the rest returns."""
    return _do("capture", options)


@_verb("void", "End a reservation.", click.argument("reservation", metavar="RESERVATION"))
def points_void(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """End a RESERVATION without spending: its points can be spent again."""
    return _do("void", options)


@_verb(
    "give-back", "Return redeemed points.", click.argument("redemption", metavar="REDEMPTION"), _PART, _CAUSE
)
def points_give_back(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Return the points of a REDEMPTION, which is the key that they were spent with, to their lots."""
    return _do("give_back", options)


@_verb(
    "reverse", "Take back what an order earned.", click.argument("order", metavar="ORDER"),
    click.argument("refunded", metavar="AMOUNT"), _WALLET,
)  # fmt: skip
def points_reverse(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Take back what a refund of AMOUNT, such as 35.00, takes of an ORDER's award.

    ORDER is its reference, platform/shop/number, as 'retailcrm points --customer' prints it.
    """
    return _do("reverse", options)


@_verb(
    "transfer", "Give points to somebody else.", click.argument("giver", metavar="FROM"),
    click.argument("taker", metavar="TO"), _POINTS, _NEW, _WALLET,
)  # fmt: skip
def points_transfer(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Give POINTS of one customer to another, or with --new to the pool of a household.

    FROM and TO are as WHO is for 'retailcrm points redeem'.
    """
    return _do("transfer", options)


@_verb(
    "adjust", "Correct an account by hand.", _WHO, _POINTS,
    click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the journal."),
    click.option("--actor", required=True, metavar="WHO", help="Who decided it."),
    _NEW, _WALLET,
)  # fmt: skip
def points_adjust(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Add POINTS to the account of a customer; below 0, such as -50, takes them away.

    WHO is as for 'retailcrm points redeem'. No account is ever made under a phone number or e-mail address.
    """
    return _do("adjust", options)


class WithVerbs(click.Command):
    """A command whose first argument may be a verb, which then is a command of its own.

    Attributes:
        verbs: Those commands, by their verb.
    """

    verbs = VERBS

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - Click's own
    ) -> click.Context:
        """Read the arguments by the verb, if one stands first."""
        if args and (verb := self.verbs.get(args[0])) is not None:
            return verb.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and the verbs after them."""
        super().format_options(ctx, formatter)
        with formatter.section("Verbs, on a shop that is kept in a database"):
            formatter.write_dl([(name, verb.get_short_help_str()) for name, verb in self.verbs.items()])
