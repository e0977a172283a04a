"""Who leaves, or may no longer use Microsoft 365, loses the tokens at once.

Wired to Django's own signals, because users and groups are changed in many places. What
sends no signal (``QuerySet.update``) is noticed at the next refresh.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

#: The permission without which nobody has a connection.
PERMISSION = "wagtail_m365.use_microsoft365"
#: What Django's log-in saves says nothing about rights.
_LOG_IN_FIELDS = frozenset({"last_login", "password"})
_MEMBERS = "_m365_members"


def may_use(user: Any) -> bool:
    """May this person use Microsoft 365 on this site?"""
    return bool(user.is_active and user.has_perm(PERMISSION))


def watch_leavers() -> None:
    """Connect the receivers; called once, at start."""
    user = get_user_model()
    post_save.connect(_user_saved, user, dispatch_uid="m365_user_saved")
    pre_delete.connect(_user_deleted, user, dispatch_uid="m365_user_deleted")
    pre_delete.connect(_remember_members, Group, dispatch_uid="m365_group_goes")
    post_delete.connect(_members_left, Group, dispatch_uid="m365_group_gone")
    for name, through in _rights_of(user):
        m2m_changed.connect(_rights_changed, through, dispatch_uid=f"m365_{name}")


def disconnect_unless_allowed(user_ids: Iterable[Any]) -> None:
    """Remove what those have here who may not use Microsoft 365 (any more)."""
    # Read anew: a user object remembers the permissions it had.
    for person in _holders().filter(pk__in=list(user_ids)):
        if not may_use(person):
            reason = "permission_lost" if person.is_active else "deactivated"
            _disconnect(person, reason)


def _rights_of(user: Any) -> list[tuple[str, Any]]:
    """The relations that decide what a person may do."""
    return [
        ("groups", user.groups.through),
        ("user_permissions", user.user_permissions.through),
        ("group_permissions", Group.permissions.through),
    ]


def _user_saved(
    instance: Any, created: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    if created or (update_fields and set(update_fields) <= _LOG_IN_FIELDS):
        return
    if not (instance.is_active and instance.is_superuser):
        disconnect_unless_allowed([instance.pk])


def _user_deleted(instance: Any, **kwargs: Any) -> None:
    _disconnect(instance, "deleted")


def _disconnect(person: Any, reason: str) -> None:
    # Loaded when somebody leaves: this file belongs to the start of every process.
    from .disconnecting import disconnect_all

    disconnect_all(person, reason=reason)


def _remember_members(instance: Any, **kwargs: Any) -> None:
    setattr(instance, _MEMBERS, _connected_members(instance))


def _members_left(instance: Any, **kwargs: Any) -> None:
    disconnect_unless_allowed(getattr(instance, _MEMBERS, []))


def _rights_changed(
    instance: Any, action: str, pk_set: Any = None, **kwargs: Any
) -> None:
    """Someone, or some group, has fewer rights or members than before."""
    if action == "pre_clear" and isinstance(instance, Group):
        _remember_members(instance)
    if action == "post_clear" and isinstance(instance, Group):
        _members_left(instance)
    elif action in {"post_remove", "post_clear"}:
        disconnect_unless_allowed(_affected(instance, pk_set or ()))


def _affected(instance: Any, pk_set: Iterable[Any]) -> list[Any]:
    if isinstance(instance, get_user_model()):
        return [instance.pk]
    if isinstance(instance, Group):
        # Either members were removed (their keys) or permissions (all members lose).
        return [*pk_set, *_connected_members(instance)]
    # A permission whose holders were changed from its own side.
    return list(_holders().values_list("pk", flat=True))


def _connected_members(group: Group) -> list[Any]:
    return list(_holders().filter(groups=group).values_list("pk", flat=True))


def _holders() -> QuerySet[Any]:
    """People who have something here: an account, or an app registration."""
    has = Q(m365_connections__isnull=False) | Q(m365_app_registrations__isnull=False)
    people: QuerySet[Any] = get_user_model()._default_manager.filter(has)
    return people.distinct()
