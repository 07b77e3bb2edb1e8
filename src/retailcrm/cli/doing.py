"""The work of the verbs of ``retailcrm points``: do it once, and say what it came to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import attrs

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.cli.chinese import refusal
from retailcrm.cli.customer_file import FOUND_BY
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say_in
from retailcrm.cli.inputs import open_kept
from retailcrm.cli.printing import console, counted
from retailcrm.cli.programmes import refuse_without_points
from retailcrm.cli.whose import whose
from retailcrm.cli.wording import print_sentence
from retailcrm.domain.labels import Label
from retailcrm.domain.money import Money, exponent, format_money
from retailcrm.errors import InputError, SettingsError
from retailcrm.ports.outcomes import Done, Refused, Staged, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.cli.options import Inputs
    from retailcrm.cli.whose import Whose
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.open import Shop

_DID: Final[Mapping[str, Label]] = {
    "redeem": Label("已核销", "spent"),
    "reserve": Label("已预占", "set aside"),
    "capture": Label("已核销预占", "spent of the reservation"),
    "void": Label("已释放预占", "returned from the reservation"),
    "give_back": Label("已退回", "returned"),
    "reverse": Label("已收回", "taken back"),
    "transfer": Label("已转赠", "given"),
}


def do(verb: str, *, inputs: Inputs, lang: str | None, as_json: bool, **asked: Any) -> Exit:  # noqa: ANN401 - by the verb
    """Do a verb on a shop that is kept in a database, and print what it came to.

    Args:
        verb: A method of ``shop.loyalty``.
        inputs: Which shop.
        lang: Language of the answer; ``None`` for both.
        as_json: Whether to print a document instead.
        asked: The method's arguments.
    """
    shop, _ = open_kept(inputs)
    with shop:
        if shop.policy.points is None:
            return refuse_without_points(f"points_{verb}", inputs, as_json=as_json)
        people = _people(shop, asked)
        outcome = _done_by(shop, verb, asked | {name: one.id for name, one in people.items()})
        code = _code(outcome)
        if as_json:
            print_json(_document(verb, inputs, people, outcome, code))
        _tell(shop, _word(verb, asked), outcome, lang, quiet=as_json)
        if not as_json:
            _tell_ways(people.values(), lang)
    return code


def _people(shop: Shop, asked: dict[str, Any]) -> dict[str, Whose]:
    """Find whom the command names, by the name of the argument; who gives or spends must be there already."""
    new = asked.pop("new", None)
    alone = "giver" not in asked
    named = {name: asked[name] for name in ("who", "giver", "taker") if name in asked}
    return {
        name: whose(shop, text, new=new if alone or name == "taker" else None) for name, text in named.items()
    }


def _done_by(shop: Shop, verb: str, asked: dict[str, Any]) -> Outcome:
    """Do it; a value that cannot be is the command line's fault, and no file's."""
    try:
        if "refunded" in asked:
            asked["refunded"] = _money(asked["refunded"], shop.policy.currency)
        outcome: Outcome = getattr(shop.loyalty, verb)(**asked)
    except InputError as error:
        raise SettingsError(str(error)) from error
    return outcome


def _money(text: str, currency: str) -> Money:
    try:
        minor = Decimal(text).scaleb(exponent(currency))
    except InvalidOperation as error:
        raise InputError(f"{text!r} is no amount; write it like 35.00") from error
    if minor != int(minor) or minor <= 0:
        raise InputError(f"{text!r} is no amount of {currency}; write it like 35.00")
    return Money(int(minor), currency)


def _code(outcome: Outcome) -> Exit:
    if isinstance(outcome, Refused):
        return Exit.DECLINED
    return Exit.UNKNOWN if isinstance(outcome, Unknown) else Exit.OK


def _document(
    verb: str, inputs: Inputs, people: Mapping[str, Whose], outcome: Outcome, code: Exit
) -> dict[str, Any]:
    """Describe what it came to as plain values; :data:`retailcrm.cli.json_keys.VERBS` says what each is."""
    plain = outcome.done if isinstance(outcome, Staged) else outcome
    fields = {field.name: getattr(plain, field.name) for field in attrs.fields(type(plain))}
    if isinstance(plain, Done):
        # "version" is the document's own.
        fields["account_version"] = fields.pop("version")
        fields["detail"] = dict(plain.detail)
    return {
        "command": f"points_{verb}",
        "exit_code": code,
        "db": hidden(str(inputs.db)),
        "shop": inputs.shop,
        "outcome": type(plain).__name__.lower(),
        **{key: value for name, one in people.items() for key, value in _whom(name, one).items()},
        **fields,
    }


def _whom(argument: str, one: Whose) -> dict[str, str]:
    """Say who is meant by an argument."""
    name, way = ("taker", "taker_found_by") if argument == "taker" else ("customer", "found_by")
    return {name: one.id, way: one.found_by}


def _tell(shop: Shop, did: Label, outcome: Outcome, lang: str | None, *, quiet: bool) -> None:
    """Say it in a sentence: what was done to people, what was not on the error stream."""
    if isinstance(outcome, Refused):
        say_in(refusal(outcome), lang)
    elif isinstance(outcome, Unknown):
        again = Label(
            f"无法确定是否已执行（{outcome.reason}）；请用同一个 --key {outcome.key} 重新运行",
            f"nobody can say whether it was done ({outcome.reason}); run it again with --key {outcome.key}",
        )
        say_in(again, lang)
    elif isinstance(outcome, Done) and not quiet:
        out = console()
        for label in (_done(shop, did, outcome), *_balance(shop, outcome)):
            print_sentence(out, label, lang, "")


def _tell_ways(people: Iterable[Whose], lang: str | None) -> None:
    """Say by what she was found, where it was not her id."""
    out = console()
    for one in people:
        if (way := FOUND_BY.get(one.found_by)) is not None and one.found_by != "id":
            said = Label(f"{way.zh}找到顾客 {one.id}", f"customer {one.id} was found {way.en}")
            print_sentence(out, said, lang, "")


_AGAIN: Final = Label("（此前已执行，未重复）", " - done before, not again")
_REPEATED: Final = {
    "captured": Label("（此前已执行，预占现已使用）", " - done before, and captured since"),
    "void": Label("（此前已执行，预占现已释放）", " - done before, and over by now: nothing is held"),
}
"""What has become of a reservation that is asked for again."""


def _word(verb: str, asked: Mapping[str, Any]) -> Label:
    """Give the word for what was done."""
    if verb == "adjust":
        return Label("已扣除", "taken away") if asked["points"] < 0 else Label("已补发", "added")
    return _DID[verb]


def _done(shop: Shop, did: Label, done: Done) -> Label:
    zh, en = [f"{did.zh} {done.points:,} 分"], [f"{counted(done.points, 'point')} {did.en}"]
    if isinstance(value := done.detail.get("value"), int) and value:
        worth = format_money(value, shop.policy.currency)
        zh.append(f"抵 {worth}")
        en.append(f"worth {worth}")
    if isinstance(returned := done.detail.get("returned"), int) and returned:
        zh.append(f"释放其余 {returned:,} 分")
        en.append(f"the other {counted(returned, 'point')} returned")
    if ends := done.detail.get("ends_at"):
        until = (
            f"{datetime.fromisoformat(str(ends)).astimezone(ZoneInfo(shop.policy.zone)):%Y-%m-%d %H:%M:%S}"
        )
        zh.append(f"至 {until}")
        en.append(f"until {until}")
    again = _REPEATED.get(str(done.detail.get("state", "")), _AGAIN) if done.repeated else Label("", "")
    return Label(f"{'，'.join(zh)}{again.zh}", f"{', '.join(en)}{again.en}")


def _balance(shop: Shop, done: Done) -> list[Label]:
    """Say what she has now."""
    wallet, _, customer = done.account.partition("/")
    if not customer:
        return []
    has = shop.loyalty.balance(customer, wallet=wallet)
    zh, en = [f"可用 {has.available:,}"], [f"{has.available:,} available"]
    for name, points, word in (
        ("held", has.held, "预占"),
        ("pending", has.pending, "待生效"),
        ("debt", has.debt, "欠分"),
    ):
        if points:
            zh.append(f"{word} {points:,}")
            en.append(f"{points:,} {name}")
    return [Label(f"{customer}：{'，'.join(zh)}", f"{customer}: {', '.join(en)}")]
