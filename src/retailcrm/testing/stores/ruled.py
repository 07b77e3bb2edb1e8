"""The contract of a shop's rules: what every keeper of policies promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from retailcrm.ports.policies import KeptPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.policies import Policies

_NOW = datetime(2024, 5, 1, 12, 0, 0, 7, tzinfo=UTC)


def rules(digest: str, number: int) -> KeptPolicy:
    """Give rules that hold from a moment."""
    document = '{"toml": "# 会员\\n", "number": %d}' % number  # noqa: UP031 - braces are the document's
    return KeptPolicy(digest=digest, valid_from=_NOW + timedelta(microseconds=number), document=document)


class PoliciesContract:
    """Inherit it in a test module, and say in a fixture ``policies`` how a shop's rules are opened.

    The fixture gives a function from a shop's key to its rules. All that it gives in one test keep their
    shops in one place, empty at first: the same key twice gives the same shop.
    """

    def test_a_new_shop_has_no_rules(self, policies: Callable[[str], Policies]) -> None:
        """Nothing was kept."""
        assert policies("main").newest() is None

    def test_the_newest_rules_are_given(self, policies: Callable[[str], Policies]) -> None:
        """As they were kept, to the microsecond and the character, whichever object asks."""
        for number, digest in enumerate(("b", "c", "a")):
            policies("main").keep(rules(digest, number))
            assert policies("main").newest() == rules(digest, number)

    def test_rules_that_come_again_take_the_new_moment(self, policies: Callable[[str], Policies]) -> None:
        """They are the newest then, and there once."""
        for number, digest in enumerate(("a", "b", "a")):
            policies("main").keep(rules(digest, number))
        assert policies("main").newest() == rules("a", 2)

    def test_shops_have_their_own(self, policies: Callable[[str], Policies]) -> None:
        """Names that look alike are two shops."""
        policies("main").keep(rules("a", 1))
        assert policies("Main").newest() is None
        policies("Main").keep(rules("a", 2))
        assert policies("main").newest() == rules("a", 1)
