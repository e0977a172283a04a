"""Which names Graph v1.0 has at the places where the fake answers some.

A name that is here and that the fake does not serve is 501; any other is refused as
Graph refuses it. Source: Microsoft's metadata of Graph v1.0 (entity container, user,
drive, driveItem, site).
"""

from __future__ import annotations

import re

from .graph_errors import GraphError, bad_request, not_supported

_TOP = """
$batch $metadata admin agreementAcceptances agreements appCatalogs applicationTemplates
applications auditLogs authenticationMethodConfigurations authenticationMethodsPolicy
certificateBasedAuthConfiguration chats communications connections contacts contracts
copilot dataPolicyOperations deviceAppManagement deviceManagement devices directory
directoryObjects directoryRoleTemplates directoryRoles domainDnsRecords domains drive
drives education employeeExperience external filterOperators functions
groupLifecyclePolicies groupSettingTemplates groupSettings groups identity
identityGovernance identityProtection identityProviders informationProtection invitations
localizations me oauth2PermissionGrants organization permissionGrants places planner
policies print privacy reports roleManagement schemaExtensions scopedRoleMemberships
search security servicePrincipals shares sites solutions storage subscribedSkus
subscriptions teams teamsTemplates teamwork tenantRelationships users
"""
_USER = """
activities agreementAcceptances appRoleAssignments assignLicense authentication calendar
calendarGroups calendarView calendars changePassword chats checkMemberGroups
checkMemberObjects cloudClipboard cloudPCs contactFolders contacts createdObjects
dataSecurityAndGovernance directReports drive drives employeeExperience events
exportDeviceAndAppManagementData exportPersonalData extensions findMeetingTimes
followedSites getMailTips getManagedAppDiagnosticStatuses getManagedAppPolicies
getManagedDevicesWithAppFailures getMemberGroups getMemberObjects
inferenceClassification insights joinedTeams licenseDetails mailFolders
mailboxSettings managedAppRegistrations managedDevices manager memberOf messages
oauth2PermissionGrants onPremisesSyncBehavior onenote onlineMeetings outlook
ownedDevices ownedObjects people permissionGrants photo photos planner presence print
registeredDevices reminderView removeAllDevicesFromManagement
reprocessLicenseAssignment restore retryServiceProvisioning revokeSignInSessions
scopedRoleMemberOf sendMail serviceProvisioningErrors settings solutions sponsors
teamwork todo transitiveMemberOf translateExchangeIds
wipeManagedAppRegistrationsByDeviceTag
"""
_DRIVE = """
bundles createdByUser following items lastModifiedByUser list recent root search
sharedWithMe special
"""
_ITEM = """
analytics assignSensitivityLabel checkin checkout children content contentStream copy
createLink createUploadSession createdByUser delta discardCheckout
extractSensitivityLabels follow getActivitiesByInterval invite lastModifiedByUser
listItem permanentDelete permissions preview restore retentionLabel search
subscriptions thumbnails unfollow validatePermission versions workbook
"""
_SITE = """
analytics columns contentTypes createdByUser drive drives externalColumns
getActivitiesByInterval getApplicableContentTypesForList getByPath items
lastModifiedByUser lists onenote operations pages permissions sites termStore
termStores
"""
_BELOW = {"me": (1, _USER), "users": (2, _USER), "sites": (2, _SITE)}


#: Names that Graph's own lists above do not have, but its addresses do.
_OTHERS = (
    "items root special permissions versions restoreVersion messages attachments send"
)
_WRITTEN = {
    name.casefold(): name
    for names in (_TOP, _USER, _DRIVE, _ITEM, _SITE, _OTHERS)
    for name in names.split()
}
_KEY = re.compile(
    r"(^|/)(drives|items|users|groups|sites|shares|messages|events|mailFolders|calendars"
    r"|subscriptions|permissions|versions|special)\('([^'/]+)'\)",
    re.IGNORECASE,
)


def canonical(resource: str) -> str:
    """An address with Graph's own letter case, and its keys between slashes.

    Graph takes ``/me/sendmail``, and OData's ``drives('1')`` for ``drives/1``. What is
    between colons is a path of names, and stays as it is.
    """
    parts = resource.split(":")
    parts[::2] = [_rewritten(part) for part in parts[::2]]
    return ":".join(parts)


def _rewritten(part: str) -> str:
    part = _KEY.sub(r"\1\2/\3", part)
    return "/".join(map(_named, part.split("/")))


def _named(segment: str) -> str:
    name, bracket, rest = segment.partition("(")
    return _WRITTEN.get(name.casefold(), name) + bracket + rest


def refuse(method: str, path: str) -> GraphError:
    """The answer to a path below ``/v1.0/`` that the fake does not serve."""
    first, *rest = path.split("/")
    if not _knows(_TOP, first):
        return _not_found(first)
    place, names = _BELOW.get(first, (0, ""))
    more = [first, *rest][place : place + 1]
    # An address by path ends with a colon: what follows is no segment of Graph's.
    if names and more and ":" not in path and not _knows(names, more[0]):
        return _not_found(more[0])
    return not_supported(f"{method} /v1.0/{path}")


def refuse_action(method: str, path: str, action: str, *, of_item: bool) -> GraphError:
    """The answer to an action on a drive or drive item that the fake does not serve."""
    first = action.partition("/")[0]
    if not _knows(_ITEM if of_item else _DRIVE, first):
        return _not_found(first)
    return not_supported(f"{method} /v1.0/{path}")


def _knows(names: str, segment: str) -> bool:
    # Functions come with their parameters in brackets, types with their namespace.
    name = re.sub(r"\(.*", "", segment).removeprefix("microsoft.graph.")
    return name in names.split()


def _not_found(segment: str) -> GraphError:
    return bad_request(f"Resource not found for the segment '{segment}'.")
