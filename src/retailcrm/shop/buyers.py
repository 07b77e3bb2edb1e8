"""Who bought: distinct buyer keys to customers, with the strength of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Texts
from retailcrm.analytics.hashing import hash_texts, hex_texts
from retailcrm.domain.identity import KIND_STRENGTH, IdentityKind, Strength, strength_of
from retailcrm.domain.identity.values import MAX_LENGTH, contact_kind
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.forms import combined, is_clear, one_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.domain.identity import Identity
    from retailcrm.shop.observed import Observed

_SUSPECT: Final = r"\*|＊|^[\pZ\pC']*(?i:-|null|\d(\.\d+)?e\+\d+)?[\pZ\pC]*$"
"""Texts that may tell nobody apart; only these are judged one by one."""

_CONTACTS: Final = (IdentityKind.EMAIL, IdentityKind.PHONE)
"""What a contact can be."""

_PLAIN: Final = frozenset({IdentityKind.NICK, IdentityKind.ID, IdentityKind.OPEN_UID, IdentityKind.JD_PIN})
"""Kinds whose values need no form of their own to be compared."""

_OF_ORDERS: Final = frozenset({Grain.ORDERS, Grain.LINES, Grain.REFUNDS})
"""What buyers files belong to."""

_USUAL: Final = {"taobao": IdentityKind.NICK, "shopify": IdentityKind.CONTACT}
"""What a platform's buyer keys are, where no file of it has any."""

_HIDDEN: Final[Mapping[str, str]] = {IdentityKind.PHONE: "p-", IdentityKind.EMAIL: "e-"}
"""Kinds that show a person: their customer ids are digests. A contact is one of the two."""


def adopted(files: Sequence[Observed]) -> list[Observed]:
    """Take buyers files as of the platform and kind of key of all files of orders, where these have but one.

    Args:
        files: Of one shop, in any order.
    """
    others = [file for file in files if not file.buyers_only and file.grains & _OF_ORDERS]
    platforms = {file.platform for file in others}
    if len(platforms) != 1:
        return list(files)
    keys = {key for file in others for grain, key in file.buyer_keys.items() if grain in _OF_ORDERS}
    kinds = {(key.platform, key.kind) for key in keys}
    platform = others[0].platform
    own: BuyerKey | None = None
    if len(kinds) == 1:
        own = max(keys, key=lambda key: key.strength)
    elif not kinds:
        own = BuyerKey(platform=platform, kind=_USUAL.get(platform, "id"))
    return [_adopted(file, platform, own) if file.buyers_only else file for file in files]


def _adopted(file: Observed, platform: str, key: BuyerKey | None) -> Observed:
    keys = file.buyer_keys if key is None else dict.fromkeys(file.buyer_keys, key)
    return attrs.evolve(file, platform=platform, buyer_keys=keys)


@attrs.frozen
class BuyerKinds:
    """The kinds of buyer keys that a shop's files have, and how far each can be trusted.

    Ids and strengths must not depend on which files happen to have rows in a partition, nor on whether a
    member list or an order report tells of somebody; so all files decide together.

    Attributes:
        strengths: Greatest strength that a file declares, by platform and kind.
    """

    strengths: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, files: Iterable[Observed]) -> BuyerKinds:
        """Look at all files of a shop, buyers files adopted."""
        strengths: dict[tuple[str, str], int] = {}
        for file in files:
            for key in file.buyer_keys.values():
                kind = key.platform, key.kind
                strengths[kind] = max(strengths.get(kind, 0), key.strength)
        return cls(strengths)

    @property
    def several(self) -> bool:
        """Whether ids say of which kind and platform they are."""
        return len(self.strengths) > 1

    def number(self, parts: Sequence[tuple[BuyerKey, Any]]) -> Buyers:
        """Give equal keys of equal kind one code, as :func:`number_buyers`, with the shop's strengths."""
        trusted = [
            (attrs.evolve(key, strength=self.strengths.get((key.platform, key.kind), key.strength)), column)
            for key, column in parts
        ]
        return number_buyers(trusted, several_kinds=self.several)

    def rows_of(self, column: Any, key: BuyerKey, customer_id: str) -> NDArray[np.int64]:  # noqa: ANN401
        """Give the rows of a buyer column that are about one customer.

        Args:
            column: Arrow, any text type.
            key: What it holds.
            customer_id: As in the scores.
        """
        front = self._front(key.platform, key.kind)
        nobody = np.empty(0, np.int64)
        if not customer_id.startswith(front):
            return nobody
        values = combined(column)
        if key.kind in _PLAIN:
            value = customer_id.removeprefix(front)
            rows = np.flatnonzero(np.asarray(pc.fill_null(pc.equal(values, value), fill_value=False)))
        else:
            values = one_form(key.kind, values)
            ids = arrow.arrow_texts(
                _ids(values.fill_null(""), (key.platform, key.kind), prefixed=self.several)
            )
            rows = np.flatnonzero(np.asarray(pc.equal(ids, customer_id)))
        if len(rows) and not strength_of(key.kind, values[int(rows[0])].as_py() or "", Strength(2)):
            return nobody
        return rows

    def plain_ids(self, customer_id: str) -> tuple[str, ...]:
        """Give what keys of each kind call a customer, without platform and kind; see :func:`plain_ids`.

        Args:
            customer_id: As in the scores.
        """
        fronts = {self._front(platform, kind) for platform, kind in self.strengths}
        return tuple(customer_id.removeprefix(f) for f in sorted(fronts) if customer_id.startswith(f))

    def _front(self, platform: str, kind: str) -> str:
        return _prefix(platform, kind) if self.several else ""


@attrs.frozen(eq=False)
class Buyers:
    """Distinct buyer keys of several files under one numbering.

    Attributes:
        ids: Customer id of each key; shape ``(n_keys,)``.
        strength: 2 stable, 1 weak, 0 no identity; ``int8``, shape ``(n_keys,)``.
        codes: For each part, the key of each row, -1 for none.
    """

    ids: Texts
    strength: NDArray[np.int8]
    codes: list[NDArray[np.int32]]


def number_buyers(parts: Sequence[tuple[BuyerKey, Any]], *, several_kinds: bool) -> Buyers:
    """Give equal keys of equal kind one code over all files.

    Args:
        parts: For each file what its buyer column holds, and the column (Arrow, any text type).
        several_kinds: The shop has keys of several kinds or platforms: ids say which.
    """
    kinds = list(dict.fromkeys((key.platform, key.kind) for key, _ in parts))
    ids: list[Texts] = []
    strengths: list[NDArray[np.int8]] = []
    codes: list[NDArray[np.int32]] = [np.empty(0, np.int32)] * len(parts)
    start = 0
    for kind in kinds:
        members = [i for i, (key, _) in enumerate(parts) if (key.platform, key.kind) == kind]
        values, indices = _encoded([parts[i][1] for i in members])
        if kind[1] not in _PLAIN:
            values, indices = _one_form(values, indices, kind[1])
        greatest = max(parts[i][0].strength for i in members)
        ids.append(_ids(values, kind, prefixed=several_kinds))
        strengths.append(strength_of_values(values, kind[1], greatest))
        at = 0
        for i in members:
            rows = len(parts[i][1])
            own = indices[at : at + rows]
            codes[i] = np.where(own < 0, -1, own + start).astype(np.int32)
            at += rows
        start += len(values)
    return Buyers(Texts.concat(ids), np.concatenate([*strengths, np.empty(0, np.int8)]), codes)


def _encoded(columns: list[Any]) -> tuple[Any, NDArray[np.int32]]:
    """Encode several columns by one dictionary."""
    chunks = [
        chunk
        for column in columns
        for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])
    ]
    kind = pa.dictionary(pa.int32(), pa.large_string())
    if not any(pa.types.is_dictionary(c.type) for c in chunks):
        # One dictionary over all chunks: keys seldom repeat within a chunk.
        together = pa.chunked_array(
            [c.cast(pa.large_string()) for c in chunks], pa.large_string()
        ).dictionary_encode()
        codes = [c.indices.fill_null(-1).to_numpy(zero_copy_only=False) for c in together.chunks]
        values = (
            together.chunk(together.num_chunks - 1).dictionary
            if together.num_chunks
            else pa.array([], pa.large_string())
        )
        return values, np.concatenate([*codes, np.empty(0, np.int32)]).astype(np.int32, copy=False)
    encoded = [
        c.cast(kind) if pa.types.is_dictionary(c.type) else c.dictionary_encode().cast(kind) for c in chunks
    ]
    together = pa.chunked_array(encoded, kind).unify_dictionaries()
    values = together.chunk(0).dictionary if together.num_chunks else pa.array([], pa.large_string())
    codes = [c.indices.fill_null(-1).to_numpy(zero_copy_only=False) for c in together.chunks]
    return values, np.concatenate([*codes, np.empty(0, np.int32)]).astype(np.int32, copy=False)


def _one_form(values: Any, codes: NDArray[np.int32], kind: str) -> tuple[Any, NDArray[np.int32]]:  # noqa: ANN401
    """Give keys that are written in several ways (+86 138..., Ann@X.com) one code."""
    formed = one_form(kind, values)
    if formed.equals(values):
        return values, codes
    plain = formed.dictionary_encode()
    renumbered = np.append(plain.indices.to_numpy(), np.int32(-1))
    return plain.dictionary, renumbered[codes].astype(np.int32)


def strength_of_values(values: Any, kind: str, greatest: int) -> NDArray[np.int8]:  # noqa: ANN401
    """Give the strength of many keys of one kind, by :func:`retailcrm.domain.identity.strength_of`.

    Args:
        values: Distinct keys, Arrow strings.
        kind: What they are.
        greatest: What the source declares; masked, virtual and damaged keys are worth nothing still.

    Returns:
        ``int8``, shape ``(n_keys,)``.
    """
    if kind in _HIDDEN:
        return np.where(is_clear(kind, values), np.int8(greatest), np.int8(0))
    if kind == IdentityKind.CONTACT:
        return np.where(_addresses(values), *(_worth(values, kind, greatest) for kind in _CONTACTS))
    strength = np.full(len(values), greatest, np.int8)
    suspect = pc.or_(
        pc.match_substring_regex(values, _SUSPECT), pc.greater(pc.utf8_length(values), MAX_LENGTH)
    )
    judged = np.flatnonzero(np.asarray(suspect)) if kind in _PLAIN else np.arange(len(values))
    for i in judged.tolist():
        strength[i] = strength_of(kind, values[i].as_py(), Strength(greatest))
    return strength


def _worth(values: Any, kind: IdentityKind, greatest: int) -> NDArray[np.int8]:  # noqa: ANN401
    """Give contacts the strength that they have as addresses, or as phones; 0 for what is neither."""
    own = np.int8(min(KIND_STRENGTH[kind], greatest))
    found = np.zeros(len(values), np.int8)
    rows = np.flatnonzero(_addresses(values) == (kind == IdentityKind.EMAIL))
    found[rows] = np.where(is_clear(kind, values.take(pa.array(rows))), own, np.int8(0))
    return found


def _addresses(values: Any) -> NDArray[np.bool_]:  # noqa: ANN401
    """Say which contacts are e-mail addresses; the others are phones."""
    return np.asarray(pc.match_substring_regex(values, "[@＠]"))


def _ids(values: Any, kind: tuple[str, str], *, prefixed: bool) -> Texts:  # noqa: ANN401
    """Make customer ids: the key as exported, so that staff find it again; never a phone or an address."""
    plain = arrow.texts(values)
    if kind[1] in _HIDDEN:
        plain = _digests(plain, _HIDDEN[kind[1]])
    elif kind[1] == IdentityKind.CONTACT:
        plain = _contact_digests(values, plain)
    if not prefixed:
        return plain
    front = pa.scalar(_prefix(*kind), pa.large_string())
    joint = pa.scalar("", pa.large_string())
    return arrow.texts(pc.binary_join_element_wise(front, arrow.arrow_texts(plain), joint))


def plain_ids(column: Any, kind: str) -> Any:  # noqa: ANN401 - Arrow has no types
    """Give the customer ids of keys as they are where a shop has but one kind: no platform and kind in front.

    Args:
        column: Keys, a chunked Arrow array of any text type; nulls stay.
        kind: What they are.

    Example:
        >>> plain_ids(pa.chunked_array([["小明", None]]), "nick").to_pylist()
        ['小明', None]
    """
    values = combined(column)
    if kind in _PLAIN:
        return values
    values = one_form(kind, values)
    ids = arrow.arrow_texts(_ids(values.fill_null(""), ("", kind), prefixed=False))
    return pc.if_else(values.is_valid(), ids, pa.scalar(None, pa.large_string()))


def _prefix(platform: str, kind: str) -> str:
    return f"{platform}:{kind}:"


def _contact_digests(values: Any, plain: Texts) -> Texts:  # noqa: ANN401
    """Make of each contact the digest that it would have as an e-mail address, or as a phone."""
    made = Texts.concat([_digests(plain, _HIDDEN[kind]) for kind in (IdentityKind.PHONE, IdentityKind.EMAIL)])
    return made.take(np.arange(len(plain)) + np.where(_addresses(values), len(plain), 0))


def _digests(values: Texts, prefix: str) -> Texts:
    first = np.tile(np.frombuffer(prefix.encode(), np.uint8), (len(values), 1))
    block = np.hstack([first, hex_texts(hash_texts(values))])
    return Texts(block.reshape(-1), np.arange(len(values) + 1, dtype=np.int64) * block.shape[1])


def ids_of(identity: Identity) -> tuple[str, ...]:
    """Give the customer ids that an identity can have: with its platform and kind, or plain.

    Args:
        identity: As the platform knows her.

    Example:
        >>> from retailcrm.domain.identity import Identity
        >>> ids_of(Identity.of("taobao", "main", "nick", "小明"))
        ('taobao:nick:小明', '小明')
    """
    plain = identity.value
    kind = contact_kind(plain) if identity.kind == IdentityKind.CONTACT else identity.kind
    if kind in _HIDDEN:
        plain = _digests(Texts.of([plain]), _HIDDEN[kind])[0]
    return _prefix(identity.platform, identity.kind) + plain, plain
