"""Names, phones and addresses of many people at once are what the rules for one text make of them."""

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from retailcrm.domain.customers import Address, Email, Name, Phone
from retailcrm.domain.identity import normalised
from retailcrm.domain.identity.values import is_blank
from retailcrm.shop.forms import is_clear, one_form, tells

KINDS = {"name": Name, "phone": Phone, "email": Email, "address": Address}
PIECES = st.sampled_from(
    ["+", "86", "0086", "138", "0013", "8000", "-", " ", "\u3000", "'", "*", "＊", "@", "A", "b.c", "张"]
)  # fmt: skip
TEXTS = st.lists(
    st.none()
    | st.lists(PIECES, max_size=6).map("".join)
    | st.text(max_size=6)
    | st.emails()
    | st.from_regex(r"(\+|00)?(86)?1?[0-9]{5,12}", fullmatch=True),
    max_size=12,
)


@given(TEXTS, st.sampled_from([*KINDS, "contact"]))
def test_one_form_is_the_normal_form_of_each(texts, kind):
    """Null stays null; whatever the bytes promise, the text is the one that the rule for one gives."""
    wanted = [None if text is None else normalised(kind, text) for text in texts]
    assert one_form(kind, pa.array(texts, pa.string())).to_pylist() == wanted


@example(["0@\u30000", "ann@例子.cn", "a n@b.c"], "email")
@given(TEXTS, st.sampled_from(sorted(KINDS)))
def test_clear_is_what_the_personal_texts_say(texts, kind):
    """No star in names and addresses; a real address, a subscriber's number."""
    formed = one_form(kind, pa.array(texts, pa.string()))
    wanted = [text is not None and KINDS[kind](text).is_clear for text in texts]
    assert is_clear(kind, formed).tolist() == wanted


@given(TEXTS)
def test_a_text_tells_something_unless_it_is_blank(texts):
    """Blanks, a dash and the word null tell nothing, stripped or not."""
    column = pa.array(texts, pa.large_string())
    wanted = [text is not None and not is_blank(text) for text in texts]
    assert tells(column).tolist() == wanted
    stripped = pa.array([None if text is None else text.strip() for text in texts], pa.large_string())
    assert tells(stripped, stripped=True).tolist() == wanted


def test_a_slice_is_read_by_itself():
    """What stands before and after it in the same memory does not count."""
    whole = pa.array([" x", "13800138000", "张三", "*", " y"], pa.large_string())
    assert one_form("name", whole.slice(1, 3)).to_pylist() == ["13800138000", "张三", "*"]
    assert is_clear("name", whole.slice(1, 3)).tolist() == [True, True, False]
    assert is_clear("phone", whole.slice(1, 1)).tolist() == [True]
