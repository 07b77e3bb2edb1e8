"""What a look through a store finds: counted without end, kept up to a number."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 1000
"""Findings kept at most; a store that is broken all through would fill the memory with them."""


@attrs.frozen(kw_only=True)
class Finding:
    """One thing in a store that cannot be right.

    Attributes:
        shop: In which shop; empty if it is the database's own.
        table: In which table; empty if it lies between several.
        key: The row's key, or the account.
        code: A stable word for the kind of finding.
        message: One sentence for a person; no personal value stands in it but ids.
    """

    shop: str
    table: str
    key: str
    code: str
    message: str


@attrs.frozen(kw_only=True)
class Verified:
    """What a store came to when all of it was worked through again.

    Attributes:
        findings: The first of them, in the order in which they were met.
        found: How many there are of each code.
        counts: Rows read, by table without its prefix.
        points: By shop and wallet, as ``main/points``: what was issued, and where every point is now.
    """

    findings: tuple[Finding, ...]
    found: Mapping[str, int]
    counts: Mapping[str, int]
    points: Mapping[str, Mapping[str, int]]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.found


@attrs.define(kw_only=True, eq=False)
class Tally:
    """Findings and counts while they are gathered.

    Attributes:
        shop: The shop that is looked through.
        findings: Kept findings.
        found: All findings, by code.
        counts: Rows read, by table.
        points: Sums of points, by shop and wallet.
    """

    shop: str = ""
    findings: list[Finding] = attrs.field(factory=list)
    found: Counter[str] = attrs.field(factory=Counter)
    counts: Counter[str] = attrs.field(factory=Counter)
    points: dict[str, Counter[str]] = attrs.field(factory=dict)

    def tell(self, table: str, key: object, code: str, message: str) -> None:
        """Note a finding."""
        self.found[code] += 1
        if len(self.findings) < MOST:
            self.findings.append(
                Finding(shop=self.shop, table=table, key=str(key), code=code, message=message)
            )

    def wallet(self, name: str) -> Counter[str]:
        """Give the sums of a wallet of this shop."""
        return self.points.setdefault(f"{self.shop}/{name}", Counter())

    def done(self) -> Verified:
        """Give what was gathered."""
        return Verified(
            findings=tuple(self.findings),
            found=dict(self.found),
            counts=dict(self.counts),
            points={name: dict(sums) for name, sums in self.points.items()},
        )
