"""Who bought, who received and where she ordered, out of the columns of an order report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.sources.taobao.columns import OTHER_BUYERS
from retailcrm.analytics.columns import Coded, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

_MASKED: Final = "[*＊]{2}"
_PHONE: Final = r"^\+?[0-9]{7,15}$"
_EMAIL: Final = r"^[^@\s]+@[^@\s]+$"
_BY_PHONE: Final = "手机"
_BY_COMPUTER: Final = "电脑"
_YES: Final = ("手机订单", "是")
_NO: Final = "否"


def channels(column: Coded) -> Coded:
    """Say by what an order was placed: the column is empty where it was not a phone.

    Args:
        column: ``是否手机订单`` as exported.
    """
    told = [_channel(text) for text in column.values.tolist()]
    names = Coded.of([*told, _BY_COMPUTER])
    return Coded(names.codes[column.codes], names.values)


def _channel(text: str) -> str:
    if text in _YES:
        return _BY_PHONE
    return _BY_COMPUTER if text == _NO else text


def plain_buyers(values: Mapping[str, Any]) -> dict[str, Texts]:
    """Take the nick from another column where the first one is empty or masked and that one is not.

    Args:
        values: Columns of an order report by field name.

    Returns:
        The column ``buyer``, or nothing where there is nothing to change.
    """
    import pyarrow.compute as pc  # noqa: PLC0415 - only who reads files loads Arrow

    others = [arrow.arrow_texts(values[key]) for key in OTHER_BUYERS if key in values]
    if not others:
        return {}
    buyer = arrow.arrow_texts(values["buyer"])
    for other in others:
        instead = pc.and_(_hidden(buyer), pc.invert(_hidden(other)))
        buyer = pc.if_else(instead, other, buyer)
    return {"buyer": arrow.texts(buyer)}


def _hidden(nicks: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    import pyarrow.compute as pc  # noqa: PLC0415 - only who reads files loads Arrow

    return pc.or_(pc.equal(nicks, ""), pc.match_substring_regex(nicks, _MASKED))


def recipients(values: Mapping[str, Any]) -> dict[str, Texts]:
    """Give what the report says of recipients, as far as it was read.

    The Alipay account of older reports is an e-mail address or a phone number; the phone stands in
    where the report has no other.

    Args:
        values: Columns of an order report by field name.
    """
    told: dict[str, Texts] = {
        name: values[key] for name, key in (("name", "name"), ("address", "whole_address")) if key in values
    }
    phones = [arrow.arrow_texts(values[key]) for key in ("mobile", "landline") if key in values]
    if "account" in values:
        account = arrow.arrow_texts(values["account"])
        told["email"] = arrow.texts(_only(account, _EMAIL))
        phones.append(_only(account, _PHONE))
    if phones:
        told["phone"] = arrow.texts(_first_told(phones))
    return told


def _only(texts: Any, pattern: str) -> Any:  # noqa: ANN401
    import pyarrow.compute as pc  # noqa: PLC0415 - only who reads files loads Arrow

    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, "")


def _first_told(columns: list[Any]) -> Any:  # noqa: ANN401
    import pyarrow.compute as pc  # noqa: PLC0415 - only who reads files loads Arrow

    first = columns[0]
    for column in columns[1:]:
        first = pc.if_else(pc.equal(first, ""), column, first)
    return first
