"""A few words on why a file was brought back or restored."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from wagtail_m365.models import DocumentVersion

LONGEST_COMMENT = DocumentVersion._meta.get_field("comment").max_length


class CommentForm(forms.Form):
    """One line that is kept with the version."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        help_text=gettext_lazy(
            "What changed, or why: shown in the list of versions. May be left empty."
        ),
        max_length=LONGEST_COMMENT,
        required=False,
    )


class AsksForComment:
    """A page whose form has a comment."""

    request: HttpRequest
    comment_form_class: type[CommentForm] = CommentForm

    @cached_property
    def comment_form(self) -> CommentForm:
        """With what was given; empty when the page is first shown."""
        given = self.request.POST if self.request.method == "POST" else None
        return self.comment_form_class(given)

    @property
    def comment(self) -> str:
        """What was given, if the form is valid."""
        return str(self.comment_form.cleaned_data["comment"])
