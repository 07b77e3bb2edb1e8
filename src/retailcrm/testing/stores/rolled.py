"""The contract of roll-ups: what every keeper of figures by customer promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retailcrm.analytics.columns import Texts
from retailcrm.ports.rollups import FIGURES, Block, Head

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.rollups import RollUps

_LEAST, _MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def block(first: str, *ids: str, plus: int = 0) -> Block:
    """Give a block in which every figure is another one, the least and the greatest among them."""
    figures = np.arange(len(ids) * len(FIGURES)).reshape(len(ids), len(FIGURES)) + plus
    figures[:, 1], figures[:, 2] = _LEAST, _MOST
    return Block(first=first, ids=Texts.of(ids), figures=figures)


def head(file: int) -> Head:
    """Give a head."""
    return Head(file=file, unknown=np.arange(len(FIGURES)) - file)


def told(found: Block) -> tuple[str, list[str], list[list[int]]]:
    """Give a block in a form that can be compared."""
    return found.first, found.ids.tolist(), found.figures.tolist()


class RollUpsContract:
    """Inherit it in a test module, and say in a fixture ``rollups`` how a shop's roll-ups are opened.

    The fixture gives a function from a shop's key to its roll-ups. All that it gives in one test keep their
    shops in one place, empty at first: the same key twice gives the same shop.
    """

    def test_a_new_shop_has_none(self, rollups: Callable[[str], RollUps]) -> None:
        """No head, no blocks, nobody."""
        found = rollups("main")
        assert found.head("rules") is None
        assert list(found.firsts("rules")) == []
        assert len(found.every("rules").ids) == 0

    def test_blocks_come_back_as_they_were_written(self, rollups: Callable[[str], RollUps]) -> None:
        """All at once or some of them; sorted by code point, whatever a language thinks of letters."""
        blocks = [block("", "Ann", "ann"), block("é", "é", "小明"), block("\N{DRAGON}", "\N{DRAGON}")]
        rollups("main").write("rules", head(3), reversed(blocks))
        found = rollups("main")
        assert list(found.firsts("rules")) == ["", "é", "\N{DRAGON}"]
        assert found.every("rules").ids.tolist() == ["Ann", "ann", "é", "小明", "\N{DRAGON}"]
        assert found.every("rules").figures.tolist() == [
            row for one in blocks for row in one.figures.tolist()
        ]
        some = list(found.blocks("rules", ["", "\N{DRAGON}"]))
        assert [told(one) for one in some] == [told(blocks[0]), told(blocks[2])]
        above = found.head("rules")
        assert above is not None
        assert (above.file, above.unknown.tolist()) == (3, head(3).unknown.tolist())

    def test_a_block_is_written_over(self, rollups: Callable[[str], RollUps]) -> None:
        """By one that begins at the same id; those that are gone are gone, and the others stay."""
        found = rollups("main")
        found.write("rules", head(1), [block("", "a"), block("b", "b"), block("c", "c")])
        found.write("rules", head(2), [block("", "a", "aa", plus=100)], gone=["b"])
        assert list(found.firsts("rules")) == ["", "c"]
        assert [told(one) for one in found.blocks("rules", ["", "c"])] == [
            told(block("", "a", "aa", plus=100)),
            told(block("c", "c")),
        ]
        above = found.head("rules")
        assert above is not None
        assert above.file == 2

    def test_rules_and_shops_are_apart(self, rollups: Callable[[str], RollUps]) -> None:
        """What is counted by other rules, or in another shop, is not mixed in; to clear is for all rules."""
        for shop in ("main", "Main"):
            for number, rules in enumerate(("r", "R")):
                rollups(shop).write(rules, head(number), [block("", f"{shop} {rules}")])
        assert rollups("Main").every("r").ids.tolist() == ["Main r"]
        assert rollups("main").every("R").ids.tolist() == ["main R"]
        rollups("main").clear()
        assert [rollups("main").head(rules) for rules in ("r", "R")] == [None, None]
        assert rollups("main").every("r").ids.tolist() == []
        assert rollups("Main").every("R").ids.tolist() == ["Main R"]
