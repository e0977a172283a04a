"""``/me``, ``/users/{id}`` and signing out everywhere."""

from __future__ import annotations

from werkzeug.wrappers import Response

from .calls import Call, json_response
from .graph_errors import not_supported
from .locating import find_account, person
from .odata import Json, reduce, selected
from .rights import Need, check
from .state import Account

_NAMES = """
aboutMe accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo
birthday businessPhones city companyName consentProvidedForMinor country
createdDateTime creationType deletedDateTime department displayName
employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType
externalUserState externalUserStateChangeDateTime faxNumber givenName hireDate id
identities imAddresses interests isManagementRestricted isResourceAccount jobTitle
lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mail
mailNickname mobilePhone mySite officeLocation onPremisesDistinguishedName
onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId
onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName
onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName
otherMails passwordPolicies passwordProfile pastProjects postalCode
preferredDataLocation preferredLanguage preferredName provisionedPlans
proxyAddresses responsibilities schools securityIdentifier
serviceProvisioningErrors showInAddressList signInSessionsValidFromDateTime skills
state streetAddress surname usageLocation userPrincipalName userType
"""
_PROPERTIES = frozenset(_NAMES.split())
#: What Microsoft answers with further rights, and the fake does not.
_ELSEWHERE = {"mailboxSettings", "signInActivity", "customSecurityAttributes"}
_LISTS = """
assignedLicenses assignedPlans businessPhones identities imAddresses interests
licenseAssignmentStates onPremisesProvisioningErrors otherMails pastProjects
provisionedPlans proxyAddresses responsibilities schools serviceProvisioningErrors
skills
"""
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
    names = selected(call.request, _PROPERTIES | _ELSEWHERE, "user") or set(_DEFAULT)
    for name in sorted(names & _ELSEWHERE):
        raise not_supported(f"{name} of a user")
    return call.answer(reduce(_json(account), names), "users")


def _json(account: Account) -> Json:
    given, surname = names_of(account)
    lists = _LISTS.split()
    nothing: Json = {name: [] if name in lists else None for name in _PROPERTIES}
    return nothing | {
        "accountEnabled": account.enabled,
        "displayName": account.name,
        "givenName": given,
        "mail": account.username,
        "mailNickname": account.username.partition("@")[0],
        "preferredLanguage": "en-GB",
        "surname": surname,
        "userPrincipalName": account.username,
        "userType": "Guest" if account.home else "Member",
        "id": account.object_id,
    }


def names_of(account: Account) -> tuple[str, str | None]:
    """Given name and surname, as far as the name tells them."""
    given, _, surname = account.name.rpartition(" ")
    return given or account.name, surname if given else None
