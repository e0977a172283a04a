"""``/me``, ``/users/{id}`` and signing out everywhere."""

from __future__ import annotations

from werkzeug.wrappers import Response

from .calls import Call, json_response
from .locating import find_account, person
from .odata import Json, reduce, selected
from .rights import Need, check
from .state import Account

_PROPERTIES = frozenset(
    [
        "accountEnabled",
        "businessPhones",
        "companyName",
        "department",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "userType",
    ]
)
_DEFAULT = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
]


def show_me(call: Call) -> Response:
    """``GET /me``."""
    return _answer(call, person(call))


def show(call: Call, user: str) -> Response:
    """``GET /users/{id or user principal name}``."""
    account = find_account(call, user)
    is_self = account.object_id == call.by.id
    check(call, Need.PROFILE if is_self else Need.PEOPLE)
    return _answer(call, account)


def revoke_sessions(call: Call) -> Response:
    """``POST /me/revokeSignInSessions``: all refresh tokens of the account die."""
    call.world.revoke_sessions(person(call))
    return json_response({"@odata.context": call.context("Edm.Boolean"), "value": True})


def _answer(call: Call, account: Account) -> Response:
    call.options(("$select",))
    names = selected(call.request, _PROPERTIES, "user") or set(_DEFAULT)
    return call.answer(reduce(_json(account), names), "users")


def _json(account: Account) -> Json:
    given, _, surname = account.name.rpartition(" ")
    return {
        "accountEnabled": True,
        "businessPhones": [],
        "companyName": None,
        "department": None,
        "displayName": account.name,
        "givenName": given or account.name,
        "jobTitle": None,
        "mail": account.username,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": "en-GB",
        "surname": surname if given else None,
        "userPrincipalName": account.username,
        "userType": "Member",
        "id": account.object_id,
    }
