from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_m365.crypto import Vault
from wagtail_m365.errors import Undecryptable
from wagtail_m365.redaction import Secret

PLACE = ("Connection", "5e0c", "refresh_token")


@pytest.fixture
def vault() -> Vault:
    return Vault(["a key of this site"])


@given(st.text())
def test_what_was_sealed_opens_at_its_place(text: str) -> None:
    vault = Vault(["a key of this site"])
    assert vault.open(vault.seal(Secret(text), *PLACE), *PLACE).reveal() == text


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("Connection", "other", "refresh_token"),
        ("Connection", "5e0c", "access_token"),
        ("Connection", "5e0crefresh_token"),
        ("Connection5e0c", "refresh_token"),
        (),
    ],
)
def test_what_was_moved_to_another_row_or_field_does_not_open(
    vault: Vault, elsewhere: tuple[str, ...]
) -> None:
    sealed = vault.seal(Secret("text"), *PLACE)
    with pytest.raises(Undecryptable):
        vault.open(sealed, *elsewhere)


def test_the_same_text_never_looks_the_same(vault: Vault) -> None:
    assert len({vault.seal(Secret("text"), *PLACE) for _ in range(50)}) == 50


def test_the_sealed_text_shows_neither_the_secret_nor_the_key(vault: Vault) -> None:
    sealed = vault.seal(Secret("planted"), *PLACE)
    assert "planted" not in sealed
    assert "a key of this site" not in f"{vault!r} {vault} {sealed}"


def test_an_old_key_still_opens_and_is_known_to_be_old() -> None:
    sealed = Vault(["old"]).seal(Secret("text"), *PLACE)
    rotated = Vault(["new", "old"])
    assert rotated.open(sealed, *PLACE).reveal() == "text"
    assert rotated.is_stale(sealed)
    assert not rotated.is_stale(rotated.seal(Secret("text"), *PLACE))


def test_rows_of_a_key_can_be_found_by_their_beginning(vault: Vault) -> None:
    assert vault.seal(Secret("text"), *PLACE).startswith(f"m1.{vault.primary}.")


def test_what_another_format_has_sealed_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(Secret("text"), *PLACE)
    with pytest.raises(Undecryptable):
        vault.open(f"m2{sealed.removeprefix('m1')}", *PLACE)


def test_without_the_key_nothing_opens(vault: Vault) -> None:
    sealed = vault.seal(Secret("text"), *PLACE)
    with pytest.raises(Undecryptable) as caught:
        Vault(["another key"]).open(sealed, *PLACE)
    assert "text" not in str(caught.value)


def test_keys_may_be_bytes_or_text_of_the_same_bytes() -> None:
    sealed = Vault([b"key"]).seal(Secret("text"), *PLACE)
    assert Vault(["key"]).open(sealed, *PLACE).reveal() == "text"


@given(st.text())
def test_nothing_unreadable_is_more_than_undecryptable(garbage: str) -> None:
    with pytest.raises(Undecryptable):
        Vault(["key"]).open(garbage, *PLACE)


@given(st.integers(0, 200), st.integers(0, 255))
def test_one_changed_letter_is_noticed(position: int, letter: int) -> None:
    vault = Vault(["key"])
    sealed = vault.seal(Secret("some text that is sealed"), *PLACE)
    position %= len(sealed)
    changed = sealed[:position] + chr(letter) + sealed[position + 1 :]
    try:
        opened = vault.open(changed, *PLACE).reveal()
    except Undecryptable:
        return
    # The last letter of base64 holds bits that mean nothing.
    assert opened == "some text that is sealed"


@pytest.mark.parametrize("sealed", [None, 1, b"m1.x.y", ["m1"]])
def test_what_is_no_text_is_undecryptable(vault: Vault, sealed: object) -> None:
    with pytest.raises(Undecryptable):
        vault.open(sealed, *PLACE)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("keys", [[], [""], ["key", ""], "text", b"bytes"])
def test_a_vault_needs_a_list_of_keys(keys: object) -> None:
    with pytest.raises(ValueError, match="keys"):
        Vault(keys)  # type: ignore[arg-type]  # that is the point
