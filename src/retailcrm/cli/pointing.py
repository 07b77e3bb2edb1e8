"""The work of ``retailcrm points``: read, work out everybody's points, write, print."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from retailcrm.cli import printing
from retailcrm.cli.customer_file import looked_up
from retailcrm.cli.endings import exit_with_problems
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import NobodyError, print_json, say
from retailcrm.cli.inputs import newest_of, no_orders, open_for, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.points_documents import journal_document, points_document
from retailcrm.cli.points_figures import print_standing
from retailcrm.cli.points_journal import print_journal
from retailcrm.cli.printing import console, counted, path_line
from retailcrm.cli.programmes import refuse_without_points
from retailcrm.cli.scoring import tell_files
from retailcrm.cli.watch import Watch
from retailcrm.cli.wording import print_sentence
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.cli.options import Inputs
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.shop.loyalty.standing import Standing
    from retailcrm.shop.open import Shop

KINDS: Final = (".csv", ".parquet")
_LEAST_KNOWN: Final = Fraction(1, 2)


def print_points(
    *, inputs: Inputs, as_of: str | None, customer: str | None, out: str, named: bool, wallet: str | None,
    lang: str | None, problems: str | None, strict: bool, as_json: bool,
) -> Exit:  # fmt: skip
    """Print what the shop's points come to and write the balances; or print one customer's journal.

    ``named``: whether the user named the file, instead of leaving it at the usual one.
    """
    if customer is not None and named:
        raise SettingsError(f"--out {out}: --customer prints one journal and writes no file; leave one out")
    if Path(out).suffix not in KINDS:
        raise SettingsError(f"--out {out}: the name must end in .csv or .parquet")
    if as_of is None and inputs.db is None:
        raise SettingsError("--as-of is missing: files tell what happened until some day; say until which")
    written = None if customer is not None else out
    check_outputs({"--out": written, "--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        if shop.policy.points is None:
            return refuse_without_points("points", inputs, as_json=as_json)
        rules = shop.policy.points.wallet(wallet or "")
        as_of = as_of or _now(shop.policy.zone)
        with Watch(printing.console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch, personal=customer is not None)
        tell_files(shop, inputs, problems, as_json=as_json)
        if customer is not None:
            _one(shop, customer, as_of, rules, lang, strict=strict, as_json=as_json)
            return exit_with_problems(shop, strict=strict)
        with Watch(printing.console(errors=True)) as watch:
            watch.doing("adding up points")
            found = _written(shop, as_of, rules, out)
        code = _exit_code(shop, found, strict=strict)
        if as_json:
            print_json(points_document(shop, found, as_of=as_of, out=out, code=code))
        else:
            _print(shop, found, inputs, as_of, lang, out)
    return code


def _now(zone: str) -> str:
    """Give this moment on the shop's clock; what has just been written is before it."""
    return f"{datetime.now(ZoneInfo(zone)) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"


def _written(shop: Shop, as_of: str, wallet: Wallet, out: str) -> Standing:
    """Work out everybody's points and write them.

    Raises:
        NobodyError: Nobody ever had any.
    """
    found = shop.points(as_of, wallet=wallet.name)
    rows = found.customers
    if not len(rows):
        raise NobodyError(f"nobody has points: {_why_nobody(shop, found, as_of)}")
    if out.endswith(".parquet"):
        rows.to_parquet(out)
    else:
        rows.to_csv(out)
    return found


def _why_nobody(shop: Shop, found: Standing, as_of: str) -> str:
    seen = found.orders
    if seen.paid and seen.paid == seen.nobody:
        return (
            f"of {counted(seen.paid, 'paid order')} none has a buyer who can be told from others; "
            "--buyers FILE joins masked orders to their buyers"
        )
    if seen.paid:
        return f"by these rules none of {counted(seen.paid, 'paid order')} earned a point"
    return no_orders(shop, as_of) or "the files hold no order; choose a longer time when you export"


def _exit_code(shop: Shop, found: Standing, *, strict: bool) -> Exit:
    """Choose the exit code, and say in a sentence each why it is not 0."""
    code = exit_with_problems(shop, strict=strict)
    seen = found.orders
    known = Fraction(seen.gross - seen.nobody_gross, seen.gross) if seen.gross else Fraction(1)
    if known >= _LEAST_KNOWN:
        return code
    say(
        f"warning: buyers are known for {float(known):.1%} of the money only, and nobody earns points with "
        "the rest; --buyers FILE joins masked orders to their buyers"
    )
    return Exit.COVERAGE if code is Exit.OK else code


def _print(shop: Shop, found: Standing, inputs: Inputs, as_of: str, lang: str | None, path: str) -> None:
    out = console()
    spent_known = (inputs.redemptions, inputs.db) != (None, None)
    print_standing(out, found, as_of, lang, newest=_newest(shop, as_of), spent_known=spent_known)
    out.print()
    print_sentence(out, _rules(shop, inputs.policy), lang, "")
    out.print()
    many = len(found.customers)
    said = Label(
        f"{many:,} 位有过积分的顾客（{as_of}）：",
        f"{counted(many, 'customer')} with any history of points, as of {as_of}: ",
    )
    path_line(out, said.zh if lang == "zh" else said.en, path)


def _rules(shop: Shop, policy: str | None) -> Label:
    """Say by which rules, and where they can be read."""
    digest = shop.policy.digest
    if policy is None and shop.policy_since is not None:
        day = f"{shop.policy_since.astimezone(ZoneInfo(shop.policy.zone)):%Y-%m-%d}"
        return Label(
            f"规则指纹 {digest}：{day} 起随店铺保存",
            f"rules in force: {digest}, kept with the shop since {day}",
        )
    if policy is None:
        return Label(f"规则指纹 {digest}", f"rules in force: {digest}")
    return Label(
        f"规则指纹 {digest}：{policy} 及默认值；retailcrm score 用同一 --policy 逐条列出",
        f"rules in force ({digest}): those of {policy} and the defaults; 'retailcrm score' with the same "
        "--policy prints each",
    )


def _newest(shop: Shop, as_of: str) -> str | None:
    """Give the day of the newest file, if the moment is days later: what happened since is not known."""
    newest = newest_of(shop)
    if newest is None or instant_of(as_of, shop.policy.zone) - newest <= timedelta(days=1):
        return None
    return f"{newest.astimezone(ZoneInfo(shop.policy.zone)):%Y-%m-%d}"


def _one(
    shop: Shop, who: str, as_of: str, wallet: Wallet, lang: str | None, *, strict: bool, as_json: bool
) -> None:
    """Print one customer's journal and balance."""
    try:
        _, card = looked_up(shop, who, as_of)
        journal = shop.points_of(card.id, as_of, wallet=wallet.name)
    except NobodyError:
        # Somebody may have points and no order: they were given by hand.
        journal = shop.points_of(who, as_of, wallet=wallet.name)
        if not journal.lines:
            raise
    if as_json:
        code = exit_with_problems(shop, strict=strict)
        print_json(journal_document(shop, journal, wallet, as_of=as_of, code=code))
    else:
        print_journal(console(), journal, shop.policy, wallet, as_of, lang)
