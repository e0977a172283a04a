"""Is there a configuration at all, and is what was entered of the right kind?"""

from __future__ import annotations

from django.core import checks
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_m365.conf import is_set, settings
from wagtail_m365.errors import Misconfigured
from wagtail_m365.identity.ids import GUID
from wagtail_m365.identity.registration import (
    ClientSecret,
    Credential,
    FederatedAssertion,
)

from .endings import ending_of_site
from .findings import Attention, Failing, Group, Probe, Skip
from .subject import Subject

#: Days before the end of a credential from which on the report warns.
_WARN_DAYS = 60
#: Checks whose matter has a probe of its own.
_PROBED = {f"wagtail_m365.{number}" for number in ("W001", "W003", "W006", "W007")}


def _ask_registration(subject: Subject) -> str:
    found = subject.registration()
    return _("Application %(client_id)s at %(authority)s, tenant %(tenant)s.") % {
        "client_id": found.client_id,
        "authority": found.cloud.authority,
        "tenant": found.tenant,
    }


def _ask_secret(subject: Subject) -> str:
    """People copy the column “Secret ID”, which stands right beside the value."""
    credential = subject.registration().credential
    if not isinstance(credential, ClientSecret):
        raise Skip(_("There is no client secret."))
    if GUID.fullmatch(credential.value.reveal().strip()):
        raise Misconfigured(code="secret_is_an_id")
    return _("The client secret is written like a value, not like an ID.")


def _ask_end(subject: Subject) -> str:
    ending = ending_of_site()
    if ending is None:
        raise Skip(_unknown_end(subject.registration().credential))
    facts = {"day": date_format(ending.ends_on)}
    if ending.days_left < 0:
        raise Misconfigured(code="credential_ended", **facts)
    left = ngettext("%(number)s day is left.", "%(number)s days are left.", ending.days_left)  # fmt: skip
    told = left % {"number": ending.days_left}
    if ending.days_left <= _WARN_DAYS:
        raise Attention(Misconfigured(code="credential_ends_soon", **facts), told)
    return told


def _unknown_end(credential: Credential) -> str:
    """Where the day is entered: beside the secret, wherever that is."""
    if credential is None or isinstance(credential, FederatedAssertion):
        return _("There is no secret or certificate that ends.")
    if is_set("CLIENT_SECRET"):
        return _(
            "The day on which the secret ends is not known here. Set "
            "CLIENT_SECRET_ENDS_ON in WAGTAIL_M365, and you are warned in time."
        )
    return _(
        "The day on which the secret ends is not known here. Enter it in the "
        "app registration, and you are warned in time."
    )


def _ask_checks(subject: Subject) -> str:
    """Django's own checks of our settings; those of the database come elsewhere."""
    found = [
        message
        for message in checks.run_checks(tags=["wagtail_m365"])
        if message.id not in _PROBED and not message.is_silenced()
    ]
    told = " ".join(
        f"{message.id}: {message.msg} {message.hint or ''}".strip() for message in found
    )
    if any(message.level >= checks.ERROR for message in found):
        raise Failing(Misconfigured(code="system_check"), told)
    if found:
        raise Attention(Misconfigured(code="system_check"), told)
    return _("Django's system checks find nothing.")


def _ask_switch(subject: Subject) -> str:
    from wagtail_m365.models.configuration import registration

    try:
        registration()
    except Misconfigured as error:
        if error.code == "not_enabled":
            raise Attention(error) from error
        raise
    if settings.ENABLED:
        return _("It is switched on by the Django settings.")
    return _("It is switched on.")


GROUP = Group(
    code="configuration",
    title=gettext_lazy("Configuration"),
    probes=(
        Probe(
            code="registration",
            title=gettext_lazy("App registration"),
            ask=_ask_registration,
            at_once=True,
        ),
        Probe(
            code="switch",
            title=gettext_lazy("Switch"),
            ask=_ask_switch,
            needs=("registration",),
            at_once=True,
        ),
        Probe(
            code="secret",
            title=gettext_lazy("Client secret"),
            ask=_ask_secret,
            needs=("registration",),
            at_once=True,
        ),
        Probe(
            code="end",
            title=gettext_lazy("End of the secret or certificate"),
            ask=_ask_end,
            needs=("registration",),
            at_once=True,
        ),
        Probe(
            code="checks",
            title=gettext_lazy("System checks"),
            ask=_ask_checks,
            at_once=True,
        ),
    ),
)
