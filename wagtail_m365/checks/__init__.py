"""System checks: what is wrong with this site's set-up, before anybody finds out.

Errors:

* ``wagtail_m365.E001`` – ``WAGTAIL_M365`` has a name that nobody reads.
* ``wagtail_m365.E002`` – a value of ``WAGTAIL_M365`` is of the wrong type.
* ``wagtail_m365.E003`` – ``CLOUD`` names no cloud, or an address that cannot be used.
* ``wagtail_m365.E004`` – an encryption key is empty, or the same twice.
* ``wagtail_m365.E005`` – ``wagtail.contrib.settings`` is not installed.
* ``wagtail_m365.E006`` – ``TENANT``, ``CLIENT_ID`` or the credential is not usable.
* ``wagtail_m365.E007`` – a purpose of a plugin is declared twice or wrongly.
* ``wagtail_m365.E008`` – webhooks are on, but Microsoft cannot call.

Warnings:
* ``wagtail_m365.W001`` – no dedicated encryption key.
* ``wagtail_m365.W002`` – plain http to this machine is allowed (``--deploy``).
* ``wagtail_m365.W003`` – the session cookie does not come back from Microsoft.
* ``wagtail_m365.W004`` – the address of the callback leads to another view.
* ``wagtail_m365.W005`` – the site's own document views hide ours.
* ``wagtail_m365.W006`` – the session cookie also travels unencrypted (``--deploy``).
* ``wagtail_m365.W007`` – values are sealed with an old key, or with one that is gone
  (``check --database default``).
* ``wagtail_m365.W008`` – of a proxy, the host is believed and not the scheme
  (``--deploy``).
* ``wagtail_m365.W009`` – ``REDIRECT_URI`` is not https, not our callback, or
  on another host than ``WAGTAILADMIN_BASE_URL``.
* ``wagtail_m365.W010`` – sessions are not shared between processes (``--deploy``).
* ``wagtail_m365.W011`` – a router reads tokens or documents from a copy that may lag.
* ``wagtail_m365.W012`` – a middleware puts a transaction around every request.
"""

from __future__ import annotations

from .keys import check_keys, check_sealed_values
from .reached import (
    check_forwarded_headers,
    check_redirect_uri,
    check_shared_sessions,
)
from .surroundings import (
    check_addresses,
    check_apps,
    check_databases,
    check_middleware,
    check_purposes,
    check_secure_cookie,
    check_session_cookie,
)
from .values import (
    check_cloud,
    check_insecure_loopback,
    check_names,
    check_registration,
    check_types,
    check_webhooks,
)

#: What is looked at in every process that checks.
ALWAYS = (
    check_names,
    check_types,
    check_cloud,
    check_keys,
    check_apps,
    check_databases,
    check_middleware,
    check_registration,
    check_purposes,
    check_webhooks,
    check_session_cookie,
    check_addresses,
    check_redirect_uri,
)
#: What only ``check --deploy`` looks at.
DEPLOYMENT = (
    check_insecure_loopback,
    check_secure_cookie,
    check_forwarded_headers,
    check_shared_sessions,
)
#: What only ``check --database`` looks at.
DATABASE = (check_sealed_values,)
