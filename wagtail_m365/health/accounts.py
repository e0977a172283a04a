"""Rights, and the drive behind them: tried with the account of whoever asks."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_m365.errors import Forbidden, Misconfigured
from wagtail_m365.graph.types import Quota
from wagtail_m365.models import Connection, ConsentRequest

from .features import wanted_scopes
from .findings import Attention, Group, Probe, Skip
from .subject import Subject

#: Days without a refresh after which a connection counts as idle; Microsoft ends it
#: after 90.
_IDLE_DAYS = 60
_FULL = {"exceeded", "critical"}


def _ask_rights(subject: Subject) -> str:
    """One token for the least rights; the others are asked for when they are needed."""
    if subject.account is None:
        raise Skip(
            _(
                "Connect your own Microsoft account (Account → Microsoft 365), and the "
                "rights and the drive are tried with it."
            ),
            stops=True,
        )
    # The error says whether the person, a policy or an administrator stands in the way.
    subject.graph_answers()
    granted = {scope.casefold() for scope in subject.account.scopes}
    later = [one for one in wanted_scopes() if one.casefold() not in granted]
    if later:
        return _("Not granted yet; asked for when first needed: %(scopes)s.") % {
            "scopes": ", ".join(later)
        }
    return _("Everything that the features need is granted.")


def _ask_consent(subject: Subject) -> str:
    waiting = ConsentRequest.objects.waiting().count()
    if not waiting:
        return _("Nobody waits for an administrator's consent.")
    told = ngettext(
        "%(number)s person waits for an administrator's consent.",
        "%(number)s people wait for an administrator's consent.",
        waiting,
    ) % {"number": waiting}
    raise Attention(Misconfigured(code="consent_waiting"), told)


def _ask_connections(subject: Subject) -> str:
    rows = Connection.objects.all()
    total = rows.count()
    broken = rows.exclude(state=Connection.State.ACTIVE).count()
    idle = rows.active().idle_since(timezone.now() - timedelta(days=_IDLE_DAYS)).count()
    told = _("%(total)s connected, %(broken)s need somebody, %(idle)s idle.") % {
        "total": total,
        "broken": broken,
        "idle": idle,
    }
    if broken:
        raise Attention(Misconfigured(code="connections_broken"), told)
    if idle:
        raise Attention(Misconfigured(code="connections_idle"), told)
    return told


def _ask_drive(subject: Subject) -> str:
    answers = subject.graph_answers()
    if "/me" in answers and (error := answers["/me"].error):
        raise error
    if error := answers["/me/drive"].error:
        # It takes Files.Read, which this account has not granted yet: no fault.
        folder = answers["/me/drive/special/approot"]
        if isinstance(error, Forbidden) and not _reads_files(subject):
            if folder.error:
                raise folder.error
            return _(
                "The account has a drive. How full it is takes a right that is asked "
                "for when it is first needed."
            )
        raise error
    quota = Quota.from_json(answers["/me/drive"].body.get("quota") or {})
    if quota.state in _FULL:
        raise Attention(Misconfigured(code="drive_full"))
    return _("Graph answers, and the account has a drive.")


def _reads_files(subject: Subject) -> bool:
    """Does the account hold a right to the whole drive?"""
    scopes = subject.account.scopes if subject.account else ()
    whole = {"files.read", "files.read.all", "files.readwrite", "files.readwrite.all"}
    return any(scope.rpartition("/")[2].casefold() in whole for scope in scopes)


def _ask_edit_folder(subject: Subject) -> str:
    answer = subject.graph_answers()["/me/drive/special/approot"]
    if answer.error:
        raise answer.error
    return _("The folder for documents that are being edited can be reached.")


PERMISSIONS = Group(
    code="permissions",
    title=gettext_lazy("Permissions and accounts"),
    probes=(
        Probe(
            code="rights",
            title=gettext_lazy("Rights of your account"),
            ask=_ask_rights,
            needs=("sign_in_server", "credential"),
        ),
        Probe(
            code="consent",
            title=gettext_lazy("Administrator's consent"),
            ask=_ask_consent,
            at_once=True,
        ),
        Probe(
            code="connections",
            title=gettext_lazy("Connected accounts"),
            ask=_ask_connections,
            at_once=True,
        ),
    ),
)
DRIVES = Group(
    code="drives",
    title=gettext_lazy("Drives"),
    probes=(
        Probe(
            code="drive",
            title=gettext_lazy("OneDrive"),
            ask=_ask_drive,
            needs=("rights",),
        ),
        Probe(
            code="edit_folder",
            title=gettext_lazy("Folder for editing"),
            ask=_ask_edit_folder,
            needs=("rights",),
        ),
    ),
)
