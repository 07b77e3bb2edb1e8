"""Opening a shop: what goes together, what is refused, and that everything is given back."""

import re

import attrs
import pytest

from retailcrm import Policy, Shop, open_shop
from retailcrm.domain.tiers import ladder_from_table
from retailcrm.errors import SettingsError
from retailcrm.shop.insight import NoIdentityError
from retailcrm.shop.policy import policy_from_table

LADDER = {
    "currency": "CNY",
    "window": "lifetime",
    "hold": "forever",
    "metrics": [{"name": "active_days"}],
    "tiers": [{"name": "base"}, {"name": "gold", "enter": {"active_days": 3}}],
}


def test_a_shop_has_the_defaults_that_are_printed():
    """Shanghai, yuan, in memory, named main."""
    with open_shop() as shop:
        assert isinstance(shop, Shop)
        assert (shop.name, shop.policy) == ("main", Policy())
        assert shop.customers.shop == "main"


def test_zone_and_currency_go_before_the_policys(tmp_path):
    """Given beside a policy, they replace its own; the ladder's dates follow the zone."""
    policy = policy_from_table({"ladder": LADDER, "shop": {"name": "店"}})
    with open_shop(policy=policy, zone="Europe/Paris") as shop:
        assert shop.policy.zone == shop.policy.ladder.zone == "Europe/Paris"
        assert shop.policy.name == "店"
    path = tmp_path / "shop.toml"
    path.write_text('[shop]\ncurrency = "EUR"\n', "utf-8")
    for said in (path, str(path)):
        with open_shop(policy=said, currency="USD") as shop:
            assert (shop.policy.currency, shop.imports.currency) == ("USD", "USD")


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"url": "oracle://ann:hush@x"},
            r"no store for 'oracle://ann:\*\*\*@x'.* memory: or postgres: or postgresql: or sqlite:",
        ),
        ({"url": "shop.db"}, r"no store for 'shop.db'.* sqlite:///shop.db"),
        ({"url": "sqlite://"}, "names no file"),
        ({"zone": "Asia/Shangai"}, "did you mean Asia/Shanghai"),
        ({"currency": "yuan"}, "ISO 4217"),
        ({"shop": " "}, "a shop needs a name"),
        ({"memory_budget": 0}, "at least 1048576 bytes"),
        ({"policy": "no-such.toml"}, "No such file"),
        ({"allow_plugins": ["nothing"]}, "no such plugin installed: nothing"),
        ({"policy": policy_from_table({"ladder": LADDER}), "currency": "USD"}, "the ladder is in CNY"),
    ],
)
def test_wrong_settings_are_refused(settings, text):
    """The message says what is wrong and what there is."""
    with pytest.raises(SettingsError, match=text):
        open_shop(**settings)


def test_a_ladder_that_asks_for_an_unknown_figure_is_refused():
    """The message names the figure and those that plug-ins offer."""
    table = {**LADDER, "metrics": [{"name": "visits"}]}
    table["tiers"] = [LADDER["tiers"][0], {"name": "gold", "enter": {"visits": 3}}]
    ladder = ladder_from_table(table, currency="CNY", zone="Asia/Shanghai")
    with pytest.raises(SettingsError, match="visits, which no plugin offers; there are: active_days"):
        open_shop(policy=Policy(ladder=ladder))
    with pytest.raises(SettingsError, match="there are: none"):
        open_shop(policy=Policy(ladder=ladder), block_plugins=["retailcrm.adapters.tier_metrics"])


def test_a_blocked_source_reads_nothing():
    """Without the Taobao reader its report is no format that is known."""
    with open_shop(block_plugins=["retailcrm.adapters.sources.taobao"]) as shop:
        assert "taobao" not in shop.imports.sources


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_is_one_page(small, tmp_path, lang):
    """Written where it was asked for, in the language asked for; the path comes back."""
    path = tmp_path / "shop.html"
    assert small().report(str(path), as_of="2024-03-31", lang=lang) == path
    page = path.read_text("utf-8")
    assert f'lang="{lang}' in page
    assert ("忠诚客户" if lang == "zh" else "Loyal") in page
    assert "http://" not in page.split("<body")[0].replace("http://www.w3.org", "")


def test_the_report_takes_moments_too(small, tmp_path):
    """A date, a datetime or a text describe the same shop."""
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    aware = datetime(2024, 3, 31, tzinfo=ZoneInfo("Asia/Shanghai"))
    figures = []
    for as_of in (date(2024, 3, 31), aware, "2024-03-31 00:00"):
        page = small().report(tmp_path / "r.html", as_of=as_of).read_text("utf-8")
        figures.append(re.findall(r"¥[0-9,.]+", page))
    assert figures[0]
    assert figures == [figures[0]] * 3


def test_an_unknown_language_is_refused_before_any_work(small, tmp_path):
    """Nothing is written."""
    with pytest.raises(SettingsError, match="no language 'fr'; there are zh and en"):
        small().report(tmp_path / "r.html", as_of="2024-03-31", lang="fr")
    assert not (tmp_path / "r.html").exists()


def test_guests_alone_are_reported_but_not_scored(small, tmp_path):
    """Nobody can be told from others: a page of the orders, no scores, and the way out."""
    text = "id,who,state,placed,paid_at,total,paid,refunded\n1,,completed,2024-03-01,2024-03-01,7,7,0\n"
    shop = small(text)
    with pytest.raises(NoIdentityError, match="--buyers"):
        shop.insight.score("2024-03-31")
    assert shop.report(tmp_path / "r.html", as_of="2024-03-31").exists()


def test_the_tables_are_written_beside_the_page(small, tmp_path):
    """A workbook, where one is wanted; the page's path is given."""
    page = small().report(tmp_path / "r.html", as_of="2024-03-31", xlsx=tmp_path / "r.xlsx")
    assert page == tmp_path / "r.html"
    assert (tmp_path / "r.xlsx").read_bytes()[:2] == b"PK"


def test_a_shop_is_left_also_by_an_error():
    """The with statement closes it, and lets the error through."""

    class StopError(Exception):
        pass

    def fail():
        with open_shop(memory_budget=1 << 20) as shop:
            held.append(shop.imports.kept._root)
            raise StopError

    held = []
    with pytest.raises(StopError):
        fail()
    assert not held[0].exists()


def test_shops_share_nothing():
    """Two shops opened one after the other have their own files and accounts."""
    with open_shop() as one, open_shop() as other:
        assert one.imports.kept is not other.imports.kept
        assert one.imports.accounts() == other.imports.accounts() == ()
        assert attrs.asdict(one.policy, recurse=False) == attrs.asdict(other.policy, recurse=False)


def test_a_shop_that_is_refused_keeps_nothing_open(tmp_path):
    """The file is closed although the error, and all that it refers to, is still there."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    open_shop(url, currency="CNY").close()
    with pytest.raises(SettingsError, match="kept with currency CNY") as caught:
        open_shop(url, currency="USD")
    assert caught.value.__traceback__ is not None
    assert not (tmp_path / "shop.db-wal").exists()
