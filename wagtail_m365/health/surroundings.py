"""What this site runs on: keys, database, sessions, worker, and the way out."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings as django_settings  # noqa: TID251  # what is tested is Django's own
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_m365.errors import Misconfigured
from wagtail_m365.models.configuration import http_options
from wagtail_m365.models.vault import has_dedicated_keys
from wagtail_m365.tokens.key_rotation import count_stale

from .findings import Attention, Failing, Group, Probe
from .heartbeat import ask_worker
from .proxies import PROBES
from .subject import Subject
from .webhooks import ask_webhooks

#: Cache backends that every process has for itself.
_ALONE = ("locmem.LocMemCache", "dummy.DummyCache")


def _ask_migrations(subject: Subject) -> str:
    executor = MigrationExecutor(connection)
    ours = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "wagtail_m365"]  # fmt: skip
    missing = [migration.name for migration, _back in executor.migration_plan(ours)]
    if missing:
        raise Failing(Misconfigured(code="migrations_missing"), ", ".join(missing))
    return _("Every migration has run.")


def _ask_keys(subject: Subject) -> str:
    if not has_dedicated_keys():
        raise Attention(Misconfigured(code="no_encryption_key"))
    return _("Tokens and secrets are sealed with keys of their own.")


def _ask_sealed_values(subject: Subject) -> str:
    try:
        stale = count_stale()
    except DatabaseError as error:
        raise Misconfigured(code="migrations_missing") from error
    if not stale:
        return _("Everything is sealed with the newest key.")
    told = ngettext(
        "%(number)s value is sealed with an old key, or with one that is gone.",
        "%(number)s values are sealed with an old key, or with one that is gone.",
        stale,
    ) % {"number": stale}
    raise Attention(Misconfigured(code="old_keys_in_use"), told)


def _ask_sessions(subject: Subject) -> str:
    """A sign-in begins in one process and ends in another."""
    engine = str(django_settings.SESSION_ENGINE).rpartition(".")[2]
    alias = str(django_settings.SESSION_CACHE_ALIAS)
    cache = str(django_settings.CACHES.get(alias, {}).get("BACKEND", ""))
    if engine == "cache" and cache.endswith(_ALONE):
        told = _("Sessions are in a cache that each process has for itself.")
        raise Failing(Misconfigured(code="session_not_shared"), told)
    return _("Sessions (%(engine)s) are shared between processes.") % {"engine": engine}


def _ask_worker(subject: Subject) -> str:
    return ask_worker()


def _ask_way_out(subject: Subject) -> str:
    """Named without its user and password."""
    from requests.utils import get_environ_proxies, select_proxy

    authority = subject.registration().cloud.authority
    proxy = select_proxy(authority, http_options().proxies) or select_proxy(
        authority, get_environ_proxies(authority)
    )
    if not proxy:
        return _("Microsoft is asked directly, without a proxy.")
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    port = f":{parts.port}" if parts.port else ""
    return _("Microsoft is asked through the proxy %(proxy)s.") % {
        "proxy": f"{parts.hostname}{port}"
    }


GROUP = Group(
    code="site",
    title=gettext_lazy("This site"),
    probes=(
        *PROBES,
        Probe(
            code="migrations",
            title=gettext_lazy("Database"),
            ask=_ask_migrations,
            at_once=True,
        ),
        Probe(
            code="keys",
            title=gettext_lazy("Encryption keys"),
            ask=_ask_keys,
            at_once=True,
        ),
        Probe(
            code="sealed_values",
            title=gettext_lazy("Keys in use"),
            ask=_ask_sealed_values,
            needs=("migrations",),
            at_once=True,
        ),
        Probe(
            code="sessions",
            title=gettext_lazy("Sessions and cache"),
            ask=_ask_sessions,
            at_once=True,
        ),
        Probe(
            code="way_out",
            title=gettext_lazy("Way to Microsoft"),
            ask=_ask_way_out,
            needs=("registration",),
            at_once=True,
        ),
        Probe(
            code="worker",
            title=gettext_lazy("Task worker"),
            ask=_ask_worker,
            needs=("migrations",),
        ),
        Probe(
            code="webhooks",
            title=gettext_lazy("Webhooks"),
            ask=ask_webhooks,
            needs=("migrations",),
            at_once=True,
        ),
    ),
)
