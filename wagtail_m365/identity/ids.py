"""What ids and names of tenants look like at Microsoft."""

from __future__ import annotations

import re

#: Of an application, a tenant, a secret: RFC 9562 in its written form.
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
#: An id, a domain, or one of Microsoft's names for many.
TENANT = re.compile(r"[a-z0-9][a-z0-9.-]*", re.IGNORECASE)
