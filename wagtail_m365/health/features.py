"""Which features an administrator has chosen, and the least rights they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wagtail_m365.hooks import register_m365_purposes
from wagtail_m365.models import M365Settings
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.bundles import Permission

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: Delegated rights that only an administrator can grant, whatever the organisation
#: lets people consent to (Microsoft Graph permissions reference, "Admin consent
#: required"); others may need one where people may not consent for themselves.
_ADMIN_ONLY = frozenset(
    {
        "sites.readwrite.all",
        "sites.manage.all",
        "sites.fullcontrol.all",
        "channelmessage.read.all",
        "group.readwrite.all",
        "user.read.all",
        "directory.read.all",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Something that an organisation may want or not."""

    name: str
    title: str | _StrPromise
    scopes: tuple[str, ...]
    #: Chosen where nobody chose.
    usual: bool = True


FEATURES = (
    Feature(
        name="edit",
        title=_("Open documents in Word, Excel and PowerPoint, and bring them back"),
        scopes=bundles.EDIT,
    ),
    Feature(
        name="save",
        title=_("Save copies to OneDrive, and choose the folder"),
        scopes=bundles.SAVE,
    ),
    Feature(
        name="sites",
        title=_("SharePoint libraries and folders that others share"),
        scopes=bundles.SITES,
        usual=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededPermission:
    """One delegated permission to add in Entra."""

    permission: Permission
    #: Only an administrator can grant it, in every organisation.
    admin_only: bool


def chosen_features() -> frozenset[str]:
    """Names of the features that are wanted."""
    chosen = M365Settings.current().set_up.get("features")
    if isinstance(chosen, list):
        return frozenset(map(str, chosen))
    return frozenset(feature.name for feature in FEATURES if feature.usual)


def wanted_scopes() -> tuple[str, ...]:
    """The least delegated rights of the chosen features and of the plugins, sorted."""
    chosen = chosen_features()
    wanted = set(bundles.PROFILE)
    for feature in FEATURES:
        if feature.name in chosen:
            wanted.update(feature.scopes)
    for purpose in register_m365_purposes():
        wanted.update(purpose.scopes)
    return tuple(sorted(wanted))


def needed_permissions() -> list[NeededPermission]:
    """What to add under *API permissions*, with the reason for each."""
    return [
        NeededPermission(
            permission=permission,
            admin_only=permission.scope.casefold() in _ADMIN_ONLY,
        )
        for permission in bundles.explained(wanted_scopes(), register_m365_purposes())
    ]
