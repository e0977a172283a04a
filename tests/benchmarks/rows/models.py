from __future__ import annotations

from django.db import models


class BareToken(models.Model):
    """The least that an encrypted token needs: what every look-up is measured by."""

    owner = models.BigIntegerField(unique=True)
    #: Nonce and ciphertext, not even encoded.
    sealed = models.BinaryField()
    expires_on = models.BigIntegerField()

    class Meta:
        app_label = "rows"

    def __str__(self) -> str:
        return f"of {self.owner}"


class CacheBlob(models.Model):
    """MSAL's whole token cache of one person, sealed, as in Microsoft's samples."""

    owner = models.BigIntegerField(unique=True)
    blob = models.TextField()

    class Meta:
        app_label = "rows"

    def __str__(self) -> str:
        return f"of {self.owner}"
