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
from retailcrm.domain.identity import IdentityKind, Strength, normalised, strength_of
from retailcrm.domain.identity.values import MAX_LENGTH
from retailcrm.ports.batches import BuyerKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.domain.identity import Identity
    from retailcrm.shop.observed import Observed

_SUSPECT: Final = r"\*|＊|^[\pZ\pC']*(?i:-|null|\d(\.\d+)?e\+\d+)?[\pZ\pC]*$"
"""Texts that may tell nobody apart; only these are judged one by one."""

_PLAIN: Final = frozenset({IdentityKind.NICK, IdentityKind.ID, IdentityKind.OPEN_UID, IdentityKind.JD_PIN})
"""Kinds whose values need no form of their own to be compared."""

_USUAL: Final = {"taobao": IdentityKind.NICK}
"""What a platform's buyer keys are, where no file of it has any."""

_HIDDEN: Final[Mapping[str, str]] = {IdentityKind.PHONE: "p-", IdentityKind.EMAIL: "e-"}
"""Kinds that show a person: their customer ids are digests."""


def adopted(files: Sequence[Observed]) -> list[Observed]:
    """Take buyers files as of the platform and kind of key of all other files, where these have but one.

    Args:
        files: Of one shop, in any order.
    """
    others = [file for file in files if not file.buyers_only]
    platforms = {file.platform for file in others}
    if len(platforms) != 1:
        return list(files)
    keys = {file.buyer_key for file in others if file.buyer_key.kind}
    kinds = {(key.platform, key.kind) for key in keys}
    changes: dict[str, Any] = {"platform": others[0].platform}
    if len(kinds) == 1:
        changes["buyer_key"] = max(keys, key=lambda key: key.strength)
    elif not kinds:
        changes["buyer_key"] = BuyerKey(
            platform=others[0].platform, kind=_USUAL.get(others[0].platform, "id")
        )
    return [attrs.evolve(file, **changes) if file.buyers_only else file for file in files]


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
            together.chunk(together.num_chunks - 1).dictionary if chunks else pa.array([], pa.large_string())
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
    plain = pa.array(
        [normalised(kind, text) for text in values.to_pylist()], pa.large_string()
    ).dictionary_encode()
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
    strength = np.full(len(values), greatest, np.int8)
    suspect = pc.or_(
        pc.match_substring_regex(values, _SUSPECT), pc.greater(pc.utf8_length(values), MAX_LENGTH)
    )
    judged = np.flatnonzero(np.asarray(suspect)) if kind in _PLAIN else np.arange(len(values))
    for i in judged.tolist():
        strength[i] = strength_of(kind, values[i].as_py(), Strength(greatest))
    return strength


def _ids(values: Any, kind: tuple[str, str], *, prefixed: bool) -> Texts:  # noqa: ANN401
    """Make customer ids: the key as exported, so that staff find it again; never a phone or an address."""
    plain = arrow.texts(values)
    if kind[1] in _HIDDEN:
        plain = _digests(plain, _HIDDEN[kind[1]])
    if not prefixed:
        return plain
    front = pa.scalar(_prefix(*kind), pa.large_string())
    joint = pa.scalar("", pa.large_string())
    return arrow.texts(pc.binary_join_element_wise(front, arrow.arrow_texts(plain), joint))


def _prefix(platform: str, kind: str) -> str:
    return f"{platform}:{kind}:"


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
    if identity.kind in _HIDDEN:
        plain = _digests(Texts.of([plain]), _HIDDEN[identity.kind])[0]
    return _prefix(identity.platform, identity.kind) + plain, plain
