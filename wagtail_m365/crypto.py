"""The vault: tokens and secrets sealed for the database.

AES-256-GCM (NIST SP 800-38D) under keys derived with HKDF-SHA-256 (RFC 5869). What
is sealed is bound to its place by associated data: the same text moved to another
row or field does not open. The key's id is part of the text, so opening costs one
decryption whatever the number of keys, and rows under an old key can be found by
their beginning.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence

from .errors import Undecryptable
from .redaction import Secret

_FORMAT = "m1"
_PURPOSE = b"wagtail_m365/vault/v1"
#: Bytes of a random GCM nonce: safe for 2³² messages under one key.
_NONCE = 12


class Vault:
    """Seals and opens texts in the form ``m1.<key id>.<base64url>``.

    Args:
        keys: Random texts or bytes, newest first: the first one seals, all open.

    Raises:
        ValueError: When there is no key, or an empty one.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        # Loaded here, not at start: it takes longer than the rest of the package.
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if isinstance(keys, str | bytes) or not keys or not all(keys):
            raise ValueError("A vault needs a list of keys, none of them empty.")
        self._unreadable = (InvalidTag, ValueError, KeyError, AttributeError, TypeError)
        self._ciphers: dict[str, AESGCM] = {}
        for key in keys:
            derived = _derived(key)
            self._ciphers.setdefault(_key_id(derived), AESGCM(derived))
        #: Id of the key that seals.
        self.primary = next(iter(self._ciphers))

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._ciphers)})"

    def seal(self, secret: Secret, *context: object) -> str:
        """The secret, sealed for this place.

        Args:
            secret: What to seal.
            context: Where it will be kept (model, row, field …); the same values are
                needed to open it, so they must be known before the row is saved.
        """
        nonce = os.urandom(_NONCE)
        text = secret.reveal().encode()
        sealed = self._ciphers[self.primary].encrypt(nonce, text, _place(context))
        return ".".join(
            (_FORMAT, self.primary, base64.urlsafe_b64encode(nonce + sealed).decode())
        )

    def open(self, sealed: str, *context: object) -> Secret:
        """What was sealed for this place.

        Raises:
            Undecryptable: Whatever the reason: another key, another place, damage.
        """
        try:
            version, key_id, body = sealed.split(".")
            raw = base64.b64decode(body, altchars=b"-_", validate=True)
            if version != _FORMAT:
                raise KeyError(version)
            text = self._ciphers[key_id].decrypt(
                raw[:_NONCE], raw[_NONCE:], _place(context)
            )
            return Secret(text.decode())
        except self._unreadable as error:
            raise Undecryptable(
                "A sealed value cannot be opened with any key of this site.",
                reason=type(error).__name__,
            ) from None

    def is_stale(self, sealed: str) -> bool:
        """Was it sealed with another key than the newest, so should it be sealed anew?"""
        return not sealed.startswith(f"{_FORMAT}.{self.primary}.")


def _derived(key: str | bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    material = key.encode() if isinstance(key, str) else key
    return HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(material)


def _key_id(derived: bytes) -> str:
    return hashlib.sha256(b"kid" + derived).hexdigest()[:8]


def _place(context: tuple[object, ...]) -> bytes:
    """Associated data: each part with its length, so that no two places are alike."""
    parts = [str(part).encode() for part in ("wagtail_m365", *context)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
