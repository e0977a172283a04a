"""The part of Wagtail's group page that says who may publish, by collection."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from wagtail.admin.forms.collections import (
    collection_member_permission_formset_factory,
)

from wagtail_m365.documents.permissions import PUBLISH
from wagtail_m365.models import DocumentVersion


def publish_permissions_formset() -> Any:
    """For the hook ``register_group_permission_panel``."""
    return collection_member_permission_formset_factory(
        DocumentVersion,
        [
            (
                PUBLISH.rpartition(".")[2],
                gettext_lazy("Publish"),
                gettext_lazy(
                    "Publish documents brought back from Microsoft 365, and approve "
                    "those of others"
                ),
            )
        ],
        "wagtail_m365/proposals/permissions_formset.html",
    )
