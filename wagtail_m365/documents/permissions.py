"""Who may do what with a document: always asked of the document itself.

Asked of the model, Wagtail's policy says yes to everybody who may add a document
anywhere; ``user.has_perm`` says no to people whose rights are on a collection.
"""

from __future__ import annotations

from typing import Any

from wagtail.documents.models import AbstractDocument
from wagtail.models import GroupCollectionPermission

from wagtail_m365.conf import settings
from wagtail_m365.errors import NotAllowed

from .wagtail_compat import document_policy

#: On ``M365Settings``: may connect an account and use this extension.
USE = "wagtail_m365.use_microsoft365"
#: On ``DocumentVersion``: needs nobody's approval where ``MODERATION`` is on.
PUBLISH = "wagtail_m365.publish_brought_back"
#: Either lets people end and hand over the edit sessions of others.
_MANAGE = ("wagtail_m365.manage_edit_sessions", "wagtail_m365.change_m365settings")


def may_edit(document: AbstractDocument, user: Any) -> bool:
    """May this person replace this document's file?"""
    return _active(user) and _policy_allows(user, "change", document)


def may_read(document: AbstractDocument, user: Any) -> bool:
    """May this person take a copy of this document?"""
    if not _active(user):
        return False
    return any(_policy_allows(user, each, document) for each in ("choose", "change"))


def may_create(collection: Any, user: Any) -> bool:
    """May this person add a document to this collection?"""
    if not _active(user):
        return False
    allowed = document_policy().collections_user_has_permission_for(user, "add")
    return any(each.pk == collection.pk for each in allowed)


def may_manage(user: Any) -> bool:
    """May this person end or hand over the edit sessions of others?"""
    return _active(user) and any(map(user.has_perm, _MANAGE))


def may_publish(document: AbstractDocument, user: Any) -> bool:
    """May this person give this document another file without asking anybody?

    Where ``MODERATION`` is on, that takes the permission to publish what was brought
    back, for all documents or for the document's collection and those below it.
    """
    if not may_edit(document, user):
        return False
    if not settings.MODERATION or user.has_perm(PUBLISH):
        return True
    held = GroupCollectionPermission.objects.filter(
        group__user=user,
        permission__content_type__app_label="wagtail_m365",
        permission__codename=PUBLISH.rpartition(".")[2],
    )
    place = document.collection
    above = place.get_ancestors(inclusive=True)
    return bool(held.filter(collection__in=above).exists())


def require_edit(document: AbstractDocument, user: Any) -> None:
    """Refuse whoever may not replace this document's file.

    Raises:
        NotAllowed: This person may not.
    """
    if not may_edit(document, user):
        raise NotAllowed("This person may not change this document.")


def require_read(document: AbstractDocument, user: Any) -> None:
    """Refuse whoever may not take a copy of this document.

    Raises:
        NotAllowed: This person may not.
    """
    if not may_read(document, user):
        raise NotAllowed("This person may not take a copy of this document.")


def _active(user: Any) -> bool:
    return bool(user is not None and user.is_active and user.is_authenticated)


def _policy_allows(user: Any, action: str, document: AbstractDocument) -> bool:
    policy = document_policy()
    return bool(policy.user_has_permission_for_instance(user, action, document))
