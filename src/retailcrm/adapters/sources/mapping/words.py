"""Texts of genders, answers, events and scores: built in for Chinese and English, and as a mapping says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from retailcrm.adapters.sources.field import header_name
from retailcrm.adapters.sources.mapping.hints import nearest
from retailcrm.domain.customers import GENDER_LABELS, GENDERS, Gender
from retailcrm.domain.parcels import PARCEL_EVENT_LABELS, ParcelEvent
from retailcrm.errors import SettingsError

NOT_TOLD: Final = -1
"""What a text means that says nothing: no value, and no problem."""

PASSED: Final = -2
"""What an event means that leaves its row out."""

FULL_MARKS: Final = 100

GENDER_WORDS: Final = {**{str(gender): i for i, gender in enumerate(GENDERS)}, "unknown": NOT_TOLD}
ANSWER_WORDS: Final = {"yes": 1, "no": 0, "unknown": NOT_TOLD}
EVENT_WORDS: Final = {**{event.name.lower(): int(event) for event in ParcelEvent}, "other": PASSED}

GENDER_TEXTS: Final = {
    Gender.FEMALE: "女 女士 女性 小姐 女生 f female woman w",
    Gender.MALE: "男 男士 男性 先生 男生 m male man",
    Gender.OTHER: "其他 other",
    "unknown": "未知 保密 不详 未填写 未设置 unknown undisclosed n/a u",
}
ANSWER_TEXTS: Final = {
    "yes": "是 有 同意 允许 接受 已订阅 已同意 开启 上架 已上架 在售 出售中 销售中 √ "
    "yes y true t on 1 subscribed active",
    "no": "否 无 没有 不 不同意 不允许 拒绝 未订阅 已退订 未同意 关闭 下架 已下架 仓库中 已售罄 × "
    "no n false f off 0 unsubscribed not_subscribed draft archived",
    "unknown": "未知 不详 待确认 unknown pending n/a",
}
EVENT_TEXTS: Final = {
    "shipped": "发货 已出库 揽收 已揽收 已揽件 dispatched 揽件",
    "arrived": "到达 到站 已到站 待取件 待自提 已到驿站 ready_for_pickup",
    "attempt_failed": "派件失败 投递失败 投递不成功 派送不成功 "
    "delivery_failed attempt_failed failed_attempt attempted_delivery",
    "unreachable": "无法接通 联系不上 无人接听 电话无人接听 电话不通 电话关机 unreachable no_answer",
    "signed": "签收 妥投 已妥投 已代收 已取件 signed delivered picked_up_by_customer",
    "returned": "退回 退件 已退件 拒收 已拒收 退回签收 returned_to_sender return_to_sender",
    "other": "运输中 在途 在途中 派送中 派件中 已下单 in_transit out_for_delivery",
}
SCORE_TEXTS: Final = {FULL_MARKS: "好评 good positive", 50: "中评 neutral", 0: "差评 bad negative"}


def _built_in(words: Mapping[str, int], texts: Mapping[Any, str]) -> dict[str, int]:
    return {
        header_name(text.replace("_", " ") if text.isascii() else text): words[str(word)]
        for word, several in texts.items()
        for text in several.split()
    }


_LABELLED: Final = {
    **{
        header_name(text): int(e) for e, label in PARCEL_EVENT_LABELS.items() for text in (label.zh, label.en)
    },
}

GENDERS_READ: Final[Mapping[str, int]] = {
    **_built_in(GENDER_WORDS, GENDER_TEXTS),
    **{
        header_name(text): i
        for i, g in enumerate(GENDERS)
        for text in (GENDER_LABELS[g].zh, GENDER_LABELS[g].en)
    },
}
ANSWERS_READ: Final[Mapping[str, int]] = _built_in(ANSWER_WORDS, ANSWER_TEXTS) | {"not_subscribed": 0}
EVENTS_READ: Final[Mapping[str, int]] = _LABELLED | _built_in(EVENT_WORDS, EVENT_TEXTS)
SCORES_READ: Final[Mapping[str, int]] = {
    text: score for score, several in SCORE_TEXTS.items() for text in several.split()
}
"""Normalised texts and what they mean, where a mapping does not say otherwise."""


def meanings(
    said: object, words: Mapping[str, int], built_in: Mapping[str, int], where: str
) -> dict[str, int]:
    """Read a table of words and the texts that mean them; it goes before what is built in.

    Args:
        said: From the mapping: ``{"female": ["女", "F"], ...}``.
        words: The words there are, and what each is.
        built_in: Normalised texts that are known anyway.
        where: The section, for messages.

    Raises:
        SettingsError: A word is not known, or a text has two meanings.
    """
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {said!r}")
    found: dict[str, int] = {}
    for word, texts in said.items():
        if word not in words:
            raise SettingsError(
                f"{where}: {word!r} is not one of {', '.join(words)}{nearest(str(word), words)}"
            )
        for text in texts_of(texts, f"{where} {word}"):
            if found.setdefault(header_name(text), words[word]) != words[word]:
                raise SettingsError(f"{where}: {text!r} has two meanings")
    return {**built_in, **found}


def scores(said: object, where: str) -> dict[str, int]:
    """Read a table of texts and the percent of full marks that each means.

    Raises:
        SettingsError: A score is no whole number from 0 to 100.
    """
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {said!r}")
    for text, score in said.items():
        if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= FULL_MARKS:
            raise SettingsError(f"{where}: {text!r} must be percent of full marks, 0 to 100, not {score!r}")
    return {**SCORES_READ, **{header_name(text): score for text, score in said.items()}}


def texts_of(value: object, where: str, *, least: int = 0) -> tuple[str, ...]:
    """Give one text or several as several.

    Raises:
        SettingsError: It is neither.
    """
    texts = (value,) if isinstance(value, str) else value
    if (
        not isinstance(texts, list | tuple)
        or len(texts) < least
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise SettingsError(f"{where}: must be a text or a list of texts, not {value!r}")
    return tuple(texts)
