"""Who may do what with a document: always asked of the document itself.

Asked of the model, Wagtail's policy says yes to everybody who may add a document
anywhere; ``user.has_perm`` says no to people whose rights are on a collection.
"""

from __future__ import annotations

from typing import Any

from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import NotAllowed

from .wagtail_compat import document_policy

#: On ``M365Settings``: may connect an account and use this extension.
USE = "wagtail_m365.use_microsoft365"
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
