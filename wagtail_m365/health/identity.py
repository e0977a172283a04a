"""Does Microsoft's sign-in know this application, its address and its secret?"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_m365.errors import M365Error, Misconfigured
from wagtail_m365.http import is_loopback
from wagtail_m365.identity.registration import SHARED_TENANTS, Registration

from .findings import Attention, Failing, Group, Probe, Skip
from .subject import Subject

#: Seconds by which Microsoft lets clocks differ ("Certificate credentials", OIDC).
_SKEW = 300
#: From here on, somebody should look.
_SKEW_TO_TELL = 60


def _ask_discovery(subject: Subject) -> str:
    return _("Microsoft answered; tokens are issued by %(issuer)s.") % {
        "issuer": subject.discovery().issuer
    }


def _ask_redirect_uri(subject: Subject) -> str:
    """Microsoft takes https, and http for localhost only ("Redirect URI restrictions")."""
    uri = subject.visit.redirect_uri
    seen = _("This site computes %(uri)s.") % {"uri": uri}
    if urlsplit(uri).scheme != "https" and not is_loopback(uri):
        raise Misconfigured(code="redirect_uri_insecure", uri=uri)
    page = subject.sign_in_page()
    if page.location.startswith(uri):
        return _("Microsoft would send the browser back to %(uri)s.") % {"uri": uri}
    if page.number:
        error = Misconfigured(
            code=f"aadsts{page.number}",
            microsoft_code=f"AADSTS{page.number}",
            correlation_id=page.correlation_id,
        )
        raise Failing(error, seen)
    raise Skip(
        _(
            "%(uri)s must be registered exactly so, as platform “Web”. Only a sign-in "
            "shows whether it is."
        )
        % {"uri": uri}
    )


def _ask_credential(subject: Subject) -> str:
    found = _in_one_tenant(subject)
    host = urlsplit(found.cloud.graph)
    client = subject.identity_of(found)
    # A token that was kept would only say that the secret was good once.
    client.client_credentials([f"{host.scheme}://{host.netloc}/.default"])
    return _("Microsoft accepted the client ID and its secret or certificate.")


def _in_one_tenant(subject: Subject) -> Registration:
    """An application signs in as itself at one tenant: ours, or the account's."""
    found = subject.registration()
    if found.credential is None:
        raise Skip(
            _("There is no secret or certificate to test: this is a public client.")
        )
    if found.tenant not in SHARED_TENANTS:
        return found
    # An application cannot sign in as itself where personal accounts live.
    if subject.account is None or subject.account.is_personal:
        raise Skip(
            _(
                "Tenant “%(tenant)s” stands for many organisations, so the secret can "
                "only be tested by signing in. Connect your own account, then test again."
            )
            % {"tenant": found.tenant}
        )
    return replace(found, tenant=subject.account.tenant_id)


def _ask_clock(subject: Subject) -> str:
    """Read off the answer that is there already; Microsoft's error would not say."""
    try:
        ahead = subject.sign_in_page().ahead
    except M365Error:
        ahead = None
    if ahead is None:
        raise Skip(_("Microsoft's answer told no time."))
    seconds = round(abs(ahead))
    seen = ngettext(
        "This server's clock and Microsoft's differ by %(seconds)s second.",
        "This server's clock and Microsoft's differ by %(seconds)s seconds.",
        seconds,
    ) % {"seconds": seconds}
    if seconds > _SKEW:
        raise Failing(Misconfigured(code="clock_wrong"), seen)
    if seconds > _SKEW_TO_TELL:
        raise Attention(Misconfigured(code="clock_wrong"), seen)
    return seen


GROUP = Group(
    code="identity",
    title=gettext_lazy("Microsoft's sign-in"),
    probes=(
        Probe(
            code="sign_in_server",
            title=gettext_lazy("Sign-in server"),
            ask=_ask_discovery,
            needs=("registration",),
        ),
        Probe(
            code="redirect_uri",
            title=gettext_lazy("Redirect URI"),
            ask=_ask_redirect_uri,
            needs=("sign_in_server",),
        ),
        Probe(
            code="credential",
            title=gettext_lazy("Client ID and credential"),
            ask=_ask_credential,
            needs=("sign_in_server", "secret"),
        ),
        Probe(
            code="clock",
            title=gettext_lazy("Clock"),
            ask=_ask_clock,
            needs=("sign_in_server",),
        ),
    ),
)
