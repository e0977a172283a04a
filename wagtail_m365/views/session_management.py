"""*Hand over* and *End*: an edit session that does not stay with whoever opened it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.utils import get_user_display_name

from wagtail_m365.documents.closing import end
from wagtail_m365.documents.handing_over import hand_over
from wagtail_m365.documents.permissions import may_manage
from wagtail_m365.documents.wagtail_compat import document_policy
from wagtail_m365.errors import TokenError
from wagtail_m365.models import Connection, EditSession

from .access import may_use, safe_next
from .document_page import DocumentPage
from .edit_sessions import SessionFacts
from .session_report import visible_sessions
from .status_sentences import sentence_about_check_out


def _name_of(user: Any) -> str:
    return str(get_user_display_name(user))


def possible_owners(session: EditSession) -> QuerySet[Any]:
    """Who could go on: may change the document, and has an account connected."""
    allowed = document_policy().users_with_permission_for_instance(
        "change", session.document
    )
    connected = Connection.objects.active().filter(user__isnull=False)
    people = get_user_model()._default_manager.filter(
        Q(pk__in=allowed.values("pk")) & Q(pk__in=connected.values("user")),
        is_active=True,
    )
    others = people.exclude(m365_edit_sessions=session)
    return others.order_by(get_user_model().USERNAME_FIELD)


class _PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at runtime
    def label_from_instance(self, obj: Any) -> str:
        return _("%(name)s (%(username)s)") % {
            "name": _name_of(obj),
            "username": obj.get_username(),
        }


class HandOverForm(forms.Form):
    """Who goes on."""

    to = _PersonField(
        label=gettext_lazy("Who goes on"),
        help_text=gettext_lazy(
            "People who may change this document and have a Microsoft account connected."
        ),
        queryset=get_user_model()._default_manager.none(),
    )

    def __init__(self, *args: Any, session: EditSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = possible_owners(session)  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_to(self) -> Any:
        person = self.cleaned_data["to"]
        if not may_use(person):
            raise forms.ValidationError(_("This person may not use Microsoft 365."))
        return person


# A view is marked by its outermost `dispatch`: the mark of the class above is lost here.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class SessionManagementPage(DocumentPage):
    """A page about one edit session, for its owner or whoever manages sessions."""

    owner_too = True

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Ask for the right to this session before anything else is done."""
        user = request.user
        mine = self.owner_too and self.session.owner_id == user.pk
        if not (mine or may_manage(user)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def session(self) -> EditSession:
        """The unfinished session of the address; 404 where this person sees none."""
        sessions = visible_sessions(self.request.user).filter(
            open_for__isnull=False, document__isnull=False
        )
        return get_object_or_404(sessions, pk=self.kwargs["session_id"])

    @cached_property
    def document(self) -> Any:
        return self.session.document

    @property
    def next_url(self) -> str:
        return safe_next(self.request, reverse("wagtail_m365:edit_sessions"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            session=self.session,
            facts=SessionFacts(session=self.session, user=self.request.user),
            **kwargs,
        )


class EndSessionView(SessionManagementPage, TemplateView):
    """Ask, and with POST end somebody else's session; the copy stays with its owner."""

    owner_too = False
    template_name = "wagtail_m365/edit_sessions/end.html"
    page_title = gettext_lazy("End the edit session")
    error_title = gettext_lazy("The edit session could not be ended")

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        ended = end(self.session, request.user)
        text = _(
            "The edit session of “%(title)s” has ended; the copy stays where it is."
        )
        messages.success(request, text % {"title": self.document})
        if stays := sentence_about_check_out(ended):
            messages.warning(request, stays)
        return redirect(self.next_url)


class HandOverView(SessionManagementPage, FormView):  # type: ignore[type-arg]  # not at runtime
    """Ask who goes on, and with POST carry the copy over."""

    form_class = HandOverForm
    template_name = "wagtail_m365/edit_sessions/hand_over.html"
    page_title = gettext_lazy("Hand over the edit session")
    error_title = gettext_lazy("The edit session could not be handed over")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "session": self.session}

    def form_valid(self, form: HandOverForm) -> HttpResponse:
        to = form.cleaned_data["to"]
        try:
            hand_over(self.session, to, self.request.user)
        except TokenError:
            form.add_error(None, self.needs_sign_in(to))
            return self.form_invalid(form)
        text = _("“%(title)s” goes on with %(name)s.")
        messages.success(
            self.request, text % {"title": self.document, "name": _name_of(to)}
        )
        return redirect(self.next_url)

    def needs_sign_in(self, to: Any) -> str:
        """Microsoft lets the site into one of both accounts no more: say whose."""
        left = SessionFacts(session=self.session, user=self.request.user).owner_left
        if left and self.session.connection_id is None:
            return _(
                "Nothing has changed: %(owner)s no longer has access to this site, which "
                "does not reach the OneDrive any more where the copy lies. Ask an "
                "administrator of Microsoft 365 for the file “%(file)s” from there; then "
                "end this edit session, and upload that file as the document's new one."
            ) % {"owner": _owner_name(self.session), "file": self.session.item_name}
        return _(
            "Nothing has changed: Microsoft does not let this site into the account of "
            "%(owner)s or of %(to)s. Ask both to look at their account page and to connect "
            "again where it says so."
        ) % {"owner": _owner_name(self.session), "to": _name_of(to)}


def _owner_name(session: EditSession) -> str:
    return _name_of(session.owner) if session.owner else _("somebody who left")
