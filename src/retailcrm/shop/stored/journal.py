"""The import journal of a shop on a store: files as documents, and their rows, read when asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.domain.points.documents import canonical, moment_text
from retailcrm.domain.problems import Problem, Severity
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.money_rule import MoneyRule, PaidIs
from retailcrm.shop.observed import FileAccount, GrainSeen, Observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from retailcrm.ports.orders import FileKept, OrderBook


@attrs.define(eq=False)
class RowsKept(Mapping[Grain, Any]):
    """The rows of a file by grain, read when they are first asked for.

    Attributes:
        book: Where they are kept.
        file: Whose.
    """

    book: OrderBook
    file: FileKept
    _read: dict[Grain, pa.Table] = attrs.field(factory=dict, init=False)

    def __getitem__(self, grain: Grain) -> pa.Table:
        if grain not in self._read:
            if grain not in self.file.grains:
                raise KeyError(grain)
            self._read[grain] = self.book.rows(self.file, grain)
        return self._read[grain]

    def __iter__(self) -> Iterator[Grain]:
        return iter(self.file.grains)

    def __len__(self) -> int:
        return len(self.file.grains)


def observed_of(file: FileKept, tables: Mapping[Grain, Any]) -> Observed:
    """Give a file as the fold takes it.

    Args:
        file: Its row of the journal.
        tables: Its rows, or some of them.
    """
    told = json.loads(file.told)
    rule = told["money_rule"]
    return Observed(
        digest=file.digest,
        exported_at=file.exported_at,
        name=file.name,
        platform=file.platform,
        tables=tables,
        buyer_keys={Grain(grain): BuyerKey(**key) for grain, key in told["buyer_keys"].items()},
        seen={Grain(grain): GrainSeen(**seen) for grain, seen in told["seen"].items()},
        money_rule=None if rule is None else MoneyRule(**{**rule, "paid_is": PaidIs(rule["paid_is"])}),
        buyers_only=file.buyers_only,
    )


def told_text(file: Observed) -> str:
    """Write what a file as a whole tells beside its rows."""
    return canonical(
        {
            "buyer_keys": {grain.value: attrs.asdict(key) for grain, key in file.buyer_keys.items()},
            "seen": {grain.value: attrs.asdict(seen) for grain, seen in file.seen.items()},
            "money_rule": None if file.money_rule is None else attrs.asdict(file.money_rule),
        }
    )


def account_text(account: FileAccount) -> str:
    """Write what became of a file's records."""
    return canonical(attrs.asdict(account, value_serializer=_plain))


def _plain(_: object, __: object, value: Any) -> Any:  # noqa: ANN401 - any field
    return moment_text(value.astimezone(UTC)) if isinstance(value, datetime) else value


def account_of(text: str) -> FileAccount:
    """Read what became of a file's records.

    Args:
        text: What :func:`account_text` gave.

    Example:
        >>> told = FileAccount(name="a.csv", source="taobao", reason="its columns", records=2, accepted=2,
        ...                    exported_at=datetime(2024, 4, 1, tzinfo=UTC), rejected=0, blank=0)
        >>> account_of(account_text(told)) == told
        True
    """
    document = json.loads(text)
    rule = document["money_rule"]
    return FileAccount(
        **document
        | {
            "exported_at": datetime.fromisoformat(document["exported_at"]),
            "money_rule": None if rule is None else MoneyRule(**{**rule, "paid_is": PaidIs(rule["paid_is"])}),
            "problems": tuple(
                Problem(**one | {"severity": Severity(one["severity"])}) for one in document["problems"]
            ),
        }
    )
