"""Every address at which something of ours can be seen, found in the site itself.

Nothing is listed by hand but Wagtail's pages into which we put something: a new page is
looked at as soon as it has an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, get_resolver, reverse
from wagtail.admin.viewsets import viewsets
from wagtail.documents import get_document_model

from wagtail_m365.views.addresses import account_address
from wagtail_m365.views.set_up import STEPS

#: What the world calls its purpose and its service connection.
PURPOSE, SERVICE = "press_kit.own_files", "newsletter"
#: Wagtail's pages that show something of ours.
HOSTS = (
    *("wagtailadmin_home", "wagtailadmin_account", "wagtaildocs:index"),
    *("wagtailsnippets_testapp_policy:list", "wagtailadmin_reports:site_history"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address of ours, as it stands in the URL configuration."""

    name: str
    arguments: tuple[str, ...] = ()
    model: Any = field(default=None, compare=False)


class NothingThere(AssertionError):
    """An address needs a row that the world does not have yet."""


def places() -> Iterator[Place]:
    """Everything under Wagtail's admin that this extension answers."""
    reverse("wagtailadmin_home")
    models = {
        one.url_namespace: getattr(one, "model", None)
        for one in viewsets.viewsets
        if type(one).__module__.startswith("wagtail_m365.")
    }
    for spaces, pattern in _patterns(get_resolver(), ()):
        namespace = ":".join(spaces)
        if pattern.name and (namespace == "wagtail_m365" or namespace in models):
            yield Place(
                name=f"{namespace}:{pattern.name}",
                arguments=tuple(pattern.pattern.converters),
                model=models.get(namespace),
            )


def _patterns(
    resolver: Any, spaces: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield spaces, one
        else:
            more = (one.namespace,) if one.namespace else ()
            yield from _patterns(one, (*spaces, *more))


def addresses(most: int) -> Iterator[str]:
    """Every address, with the rows that the world has: at most so many of each model.

    Raises:
        NothingThere: A page asks for a row that is not in ``tests/front/world.py``.
    """
    for place in places():
        rows = [list(_values(place, name, most)) for name in place.arguments]
        for values in product(*rows):
            yield reverse(
                place.name, kwargs=dict(zip(place.arguments, values, strict=True))
            )
    yield from map(reverse, HOSTS)
    yield account_address()
    for document in get_document_model().objects.all()[:most]:
        yield reverse("wagtaildocs:edit", args=[document.pk])
    for row in apps.get_model("testapp.Policy").objects.all()[:1]:
        yield reverse("wagtailsnippets_testapp_policy:edit", args=[row.pk])
    settings = apps.get_model("wagtail_m365.M365Settings").load()
    ours = ("wagtail_m365", "m365settings", settings.pk)
    yield reverse("wagtailsettings:edit", args=ours)


def _values(place: Place, name: str, most: int) -> Iterator[Any]:
    known = {"app_label": "testapp", "model_name": "policy"}
    if name == "name" and "purpose" in place.name:
        known = {"name": PURPOSE}
    elif name == "name" and "service" in place.name:
        known = {"name": SERVICE}
    if name in known:
        yield known[name]
        return
    if name == "batch_id":
        batches = apps.get_model("wagtail_m365.Transfer").objects.order_by()
        yield from batches.values_list("batch_id", flat=True).distinct()[:most]
        return
    if name == "step":
        yield from (step.name for step in STEPS)
        return
    model = _model(place, name)
    if model is None:  # an item of Microsoft's: the chooser's tests look at those
        return
    rows = list(model._default_manager.all()[:most])
    if not rows:
        raise NothingThere(f"{place.name}: put a {model.__name__} into the world")
    yield from (row.pk for row in rows)


def _model(place: Place, name: str) -> type[Model] | None:
    if name in {"pk", "id"}:
        is_model = isinstance(place.model, type) and issubclass(place.model, Model)
        return place.model if is_model else None
    wanted = name.removesuffix("_id").replace("_", "")
    others = {
        "document": get_document_model(),
        "snippet": apps.get_model("testapp.Policy"),
        "user": apps.get_model("auth.User"),
        "group": apps.get_model("auth.Group"),
        "collection": apps.get_model("wagtailcore.Collection"),
    }
    if wanted in others:
        return others[wanted]
    ours = apps.get_app_config("wagtail_m365").get_models()
    fitting = [one for one in ours if one._meta.model_name.endswith(wanted)]
    if not fitting:
        raise NothingThere(f"{place.name}: which model is meant by {name}?")
    # Where several end alike, the page names the one it means.
    page = place.name.replace("_", "")
    named = [one for one in fitting if one._meta.model_name in page]
    return min(named or fitting, key=lambda one: len(one._meta.model_name))
