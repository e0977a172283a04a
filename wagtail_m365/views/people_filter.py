"""A filter of reports by person, who stands there under the name that Wagtail shows."""

from __future__ import annotations

from typing import Any

import django_filters
from wagtail.admin.utils import get_user_display_name


class _PersonField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(get_user_display_name(obj))


class PersonFilter(django_filters.ModelChoiceFilter):
    """One of the people of its queryset."""

    field_class = _PersonField
