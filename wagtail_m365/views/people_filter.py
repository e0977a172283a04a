"""A filter of reports by person, who stands there under the name that Wagtail shows."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.admin.utils import get_user_display_name


class _LongSelect(forms.Select):
    """A list of thousands, which Django would draw by two templates an entry."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # Django's signature
    ) -> SafeString:
        """The list as Django's own templates draw it."""
        chosen = self.format_value(value)
        entries = (
            (key, SafeString(" selected" if str(key) in chosen else ""), label)
            for key, label in self.choices
        )
        options = format_html_join("", '<option value="{}"{}>{}</option>', entries)
        around = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return format_html("<select{}>{}</select>", flatatt(around), options)


class _PersonField(django_filters.fields.ModelChoiceField):
    widget = _LongSelect

    def label_from_instance(self, obj: Any) -> str:
        return str(get_user_display_name(obj))


class PersonFilter(django_filters.ModelChoiceFilter):
    """One of the people of its queryset."""

    field_class = _PersonField
