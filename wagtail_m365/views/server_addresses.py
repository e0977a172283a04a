"""The addresses of another server than Microsoft's, as forms take them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from wagtail_m365.conf import settings
from wagtail_m365.errors import Misconfigured
from wagtail_m365.identity import clouds

_NAMES = {"authority": "authority_url", "graph": "graph_url"}


def check_addresses(form: forms.BaseForm, cleaned: dict[str, Any]) -> None:
    """Both are there and usable, or the form says what is wrong."""
    addresses = {key: cleaned.get(name, "") for key, name in _NAMES.items()}
    for key, name in _NAMES.items():
        if not addresses[key] and name not in form.errors:
            form.add_error(name, _("Another server needs both addresses."))
    if not all(addresses.values()):
        return
    insecure = bool(settings.ALLOW_INSECURE_LOOPBACK)
    try:
        clouds.resolve(addresses, allow_insecure_loopback=insecure)
    except Misconfigured as error:
        explanation = error.explanation
        form.add_error(None, f"{explanation.what} {explanation.next_step}".strip())
