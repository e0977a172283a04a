"""Spreadsheets of our reports."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.reports import ReportView

from wagtail_m365.models import moments

#: How a spreadsheet takes a text for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SafeReportView(ReportView):
    """A report whose exports run nothing on the machine of whoever opens them."""

    #: The file's name, to which the day is added.
    filename = "report"
    # Each report asks for its permission itself.
    permission_policy = None

    def get_filename(self) -> str:
        return f"{self.filename}-{moments.today():%Y-%m-%d}"

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        """People as the page names them, and no name is a formula for who opens it."""
        if isinstance(value, AbstractBaseUser):
            value = get_user_display_name(value)
        plain = super().preprocess_field_value(field, value, export_format)
        if isinstance(plain, str) and plain.startswith(_FORMULA):
            return f"'{plain}"
        return "" if plain is None else plain
