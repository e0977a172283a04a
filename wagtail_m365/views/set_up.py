"""The guided set-up: from an empty site to a green health report, one step at a time.

What was answered is kept in the settings row, so that one can leave and come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365 import conf, health
from wagtail_m365.errors import M365Error
from wagtail_m365.health import Visit
from wagtail_m365.health.features import needed_permissions, wanted_scopes
from wagtail_m365.models import M365Settings
from wagtail_m365.tokens import consents

from . import records
from .addresses import callback_address, settings_address
from .certificate_making import make_certificate
from .errors import ExplainsErrors
from .registration_form import SECRET_FIELDS, RegistrationForm
from .set_up_export import export
from .set_up_forms import (
    ENTRA_WORDS,
    AccountsForm,
    RegisterForm,
    credential_form,
    form_rows,
)
from .set_up_sign_in import count_made_with, facts_of_sign_in
from .settings import ConfiguresMicrosoft365, actor_of, examined, told

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One page of the set-up."""

    name: str
    title: str | _StrPromise
    #: What Django's settings may decide instead.
    settled_by: tuple[str, ...] = ()


STEPS = (
    Step(name="accounts", title=gettext_lazy("Who, and what for")),
    Step(
        name="register",
        title=gettext_lazy("Register the application"),
        settled_by=("CLIENT_ID",),
    ),
    Step(name="permissions", title=gettext_lazy("API permissions")),
    Step(
        name="credential",
        title=gettext_lazy("Secret or certificate"),
        settled_by=("CLIENT_SECRET", "CLIENT_CERTIFICATE", "CLIENT_ASSERTION_FILE"),
    ),
    Step(name="sign-in", title=gettext_lazy("Sign in yourself")),
    Step(name="health", title=gettext_lazy("Health")),
)
_NAMES = [step.name for step in STEPS]


def step_address(name: str) -> str:
    """The page of a step."""
    return reverse("wagtail_m365:set_up_step", args=[name])


class SetUpView(ConfiguresMicrosoft365, View):
    """Go on where it was left."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        done = M365Settings.current().set_up.get("done", [])
        left = (name for name in _NAMES if name not in done)
        return redirect(step_address(next(left, "health")))


# The last step waits for Microsoft: no transaction of ours may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
@method_decorator(sensitive_post_parameters(*SECRET_FIELDS), name="dispatch")
class SetUpStepView(
    ConfiguresMicrosoft365, ExplainsErrors, WagtailAdminTemplateMixin, TemplateView
):
    """One step: what to do at Microsoft, and what to enter here."""

    template_name = "wagtail_m365/set_up/step.html"
    page_title = gettext_lazy("Set up Microsoft 365")
    header_icon = "m365"
    error_title = gettext_lazy("The set-up could not go on")
    http_method_names = ["get", "head", "post"]

    @cached_property
    def step(self) -> Step:
        """The step of the address."""
        wanted = self.kwargs["step"]
        found = next((step for step in STEPS if step.name == wanted), None)
        if found is None:
            raise Http404
        return found

    @cached_property
    def row(self) -> M365Settings:
        """The settings row, made where nobody has saved it."""
        row: M365Settings = M365Settings.load()
        return row

    @property
    def settled(self) -> bool:
        """Do Django's settings decide what this step would ask for?"""
        return any(map(conf.is_set, self.step.settled_by))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.step.name == "sign-in":
            self.hand_task_over()
        context = self.get_context_data(form=self.form())
        return self.render_to_response(context)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.step.name == "health":
            return self.examine()
        form = None if self.settled else self.form(request.POST, request.FILES)
        if form is not None:
            self.check_rights()
            if "make_certificate" in request.POST and self.row.registration:
                make_certificate(self.row.registration)
                records.changed(self.row.registration, request.user)
                return redirect(step_address(self.step.name))
            if not form.is_valid():
                return self.render_to_response(self.get_context_data(form=form))
            self.keep(form)
        self.finish_step()
        return redirect(step_address(self.next_name))

    def form(self, data: Any = None, files: Any = None) -> BaseForm | None:
        """The form of this step; ``None`` where there is nothing to enter."""
        if self.settled:
            return None
        if self.step.name == "accounts":
            return AccountsForm(self.row, data)
        if self.step.name == "register":
            return RegisterForm(self.row, data)
        if self.step.name == "credential" and self.row.registration:
            return credential_form(self.row.registration, data, files)
        return None

    def check_rights(self) -> None:
        """App registrations have permissions of their own."""
        if self.step.name == "accounts":
            return
        verb = "change" if self.row.registration else "add"
        if not self.request.user.has_perm(f"wagtail_m365.{verb}_appregistration"):
            raise PermissionDenied

    def keep(self, form: Any) -> None:
        """Save what was entered, and tell Wagtail's log who did."""
        user, known = self.request.user, self.row.registration
        if isinstance(form, RegistrationForm):
            records.changed(form.save(), user)
            return
        form.keep()
        records.changed(self.row, user, step=self.step.name)
        if isinstance(form, RegisterForm):
            note = records.changed if known else records.made
            note(form.registration, user)

    def finish_step(self) -> None:
        """Note that this step is done."""
        done = [*self.row.set_up.get("done", []), self.step.name]
        self.row.set_up["done"] = list(dict.fromkeys(done))
        self.row.save(update_fields=["set_up"])

    def hand_task_over(self) -> None:
        """So that the worker has had time when the last step asks for it."""
        health.look_after_worker()

    def examine(self) -> HttpResponse:
        report = examined(self.request)
        if not report.status:
            self.finish_step()
            messages.success(self.request, _("Microsoft 365 is set up, and it works."))
        context = told(report) | {"examined": True}
        return self.render_to_response(self.get_context_data(form=None, **context))

    @property
    def next_name(self) -> str:
        """The step after this one."""
        following = _NAMES[_NAMES.index(self.step.name) + 1 :]
        return following[0] if following else self.step.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": settings_address(), "label": _("Microsoft 365")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form")
        number = _NAMES.index(self.step.name)
        done = self.row.set_up.get("done", [])
        return super().get_context_data(
            step=self.step,
            step_template=f"wagtail_m365/set_up/{self.step.name}.html",
            number=number + 1,
            steps=[
                {
                    "title": step.title,
                    "url": step_address(step.name),
                    "done": step.name in done,
                    "current": step is self.step,
                }
                for step in STEPS
            ],
            back_url=step_address(_NAMES[number - 1]) if number else "",
            settled=self.settled,
            settings_url=settings_address(),
            row=self.row,
            rows=form_rows(form) if form else [],
            **self.facts(),
            **kwargs,
        )

    def facts(self) -> dict[str, Any]:
        """What this step shows beside its form."""
        name = self.step.name
        if name == "register":
            return self.facts_to_register()
        if name == "permissions":
            return {"needed": needed_permissions(), "letter": self.letter()}
        if name == "sign-in":
            return facts_of_sign_in(self.request.user, step_address("sign-in"))
        if name == "health":
            return {"export": export(self.row.registration)}
        return {"registration": self.row.registration}

    def facts_to_register(self) -> dict[str, Any]:
        """The redirect URI as really computed, and what is wrong with it already."""
        uri = callback_address(self.request)
        report = health.look(Visit.of(self.request, uri))
        early = {"scheme", "host", "session_cookie", "keys"}
        found = [f for f in report.findings if f.probe in early and f.explanation]
        who = self.row.set_up.get("who", "single")
        return {
            "redirect_uri": uri,
            "fixed": conf.is_set("REDIRECT_URI"),
            "early_findings": [(each, actor_of(each)) for each in found],
            "connected": count_made_with(self.row.registration),
            "account_types": ENTRA_WORDS.get(who, ENTRA_WORDS["single"]),
        }

    def letter(self) -> consents.AdminLetter | None:
        """What to hand to an administrator of the organisation."""
        try:
            uri = callback_address(self.request)
            return consents.letter(wanted_scopes(), redirect_uri=uri)
        except M365Error:
            # The secret comes in the next step; the page says where the button is.
            return None

    def get_back_url(self) -> str:
        return settings_address()
