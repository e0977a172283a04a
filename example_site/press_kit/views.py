from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from wagtail.admin import messages
from wagtail.documents import get_document_model

from wagtail_m365 import api

FILES = ("Files.Read",)
MAIL = ("Mail.Send",)
EVENTS = ("Calendars.Read",)
SHOWN = 5
#: Days ahead that the dashboard looks.
DAYS = 14
#: Seconds: a dashboard rather says that Microsoft is busy than keeps anybody waiting.
PATIENCE = 2


def own_files(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the editor's files, or what stands in the way."""
    try:
        context: dict[str, Any] = {"files": _newest_files_of(request.user)}
    except api.errors.M365Error as error:
        context = {"explanation": error.explanation, "connect_url": error.connect_url}
    return render(request, "press_kit/own_files.html", context)


def _newest_files_of(user: Any) -> list[dict[str, Any]]:
    """Files in the top folder; Microsoft is ending its own list of recent ones."""
    client = api.graph(user, *FILES, purpose="press_kit.own_files")
    answer = client.get(
        "/me/drive/root/children",
        params={"$select": "name,webUrl,file,lastModifiedDateTime", "$top": 200},
    )
    files = [item for item in answer["value"] if "file" in item]
    files.sort(key=lambda file: str(file["lastModifiedDateTime"]), reverse=True)
    return files[:SHOWN]


def next_events(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: what is next in the editor's calendar."""
    try:
        context: dict[str, Any] = {"events": _events_of(request.user)}
    except api.errors.M365Error as error:
        home = reverse("wagtailadmin_home")
        context = {
            "explanation": error.explanation,
            # Empty where a sign-in does not help: then there is nothing to click.
            "connect_url": error.connect_url and api.connect_url(*EVENTS, next=home),
        }
    return render(request, "press_kit/next_events.html", context)


def _events_of(user: Any) -> list[dict[str, Any]]:
    """The next events, begun ones as well; Graph answers in UTC unless asked otherwise."""
    client = api.graph(user, *EVENTS, purpose="press_kit.events", patience=PATIENCE)
    now = datetime.now(UTC)
    answer = client.get(
        "/me/calendarView",
        params={
            "startDateTime": now.isoformat(),
            "endDateTime": (now + timedelta(days=DAYS)).isoformat(),
            "$orderby": "start/dateTime",
            "$select": "subject,start,isAllDay,location,webLink",
            "$top": SHOWN,
        },
    )
    return [
        {
            "subject": event["subject"],
            "starts": _moment(event["start"]["dateTime"]),
            "all_day": event.get("isAllDay", False),
            "place": (event.get("location") or {}).get("displayName", ""),
            "url": event.get("webLink", ""),
        }
        for event in answer["value"]
    ]


def _moment(text: str) -> datetime:
    # Seven digits behind the seconds, of which Python's datetime keeps six.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


class MailForm(forms.Form):
    """To whom, and with which words."""

    to = forms.EmailField(label="To")
    note = forms.CharField(
        label="Message", required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


def may_mail(user: Any, document: Any) -> bool:
    """Whoever may change a document may mail its link."""
    # Wagtail wants it imported when its apps are ready.
    from wagtail.documents.permissions import permission_policy

    return bool(
        permission_policy.user_has_permission_for_instance(user, "change", document)
    )


def mail_document(request: HttpRequest, document_id: int) -> HttpResponse:
    """Mail a document's link through the editor's Outlook."""
    document = get_object_or_404(get_document_model(), pk=document_id)
    if not may_mail(request.user, document):
        raise PermissionDenied
    try:
        return _mail_form(request, document)
    except api.errors.M365Error as error:
        messages.error(request, _in_words(error))
        return redirect("wagtaildocs:index")


# A detour to Microsoft happens before the form is shown and anything is typed, and
# leads back to it.
@api.token_required(*MAIL, purpose="press_kit.mail")
def _mail_form(request: HttpRequest, document: Any) -> HttpResponse:
    form = MailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _send(request, document, form.cleaned_data)
        except api.errors.M365Error as error:
            form.add_error(None, _in_words(error))
        else:
            messages.success(
                request,
                f"The link to “{document}” is on its way to {form['to'].value()}.",
            )
            return redirect("wagtaildocs:index")
    context = {"form": form, "document": document}
    return render(request, "press_kit/mail_document.html", context)


def _in_words(error: api.errors.M365Error) -> str:
    return f"{error.explanation.what} {error.explanation.next_step}"


def _send(request: HttpRequest, document: Any, typed: dict[str, str]) -> None:
    link = request.build_absolute_uri(document.url)
    text = "\n\n".join(filter(None, [typed["note"], f"{document.title}: {link}"]))
    message = {
        "subject": document.title,
        "body": {"contentType": "text", "content": text},
        "toRecipients": [{"emailAddress": {"address": typed["to"]}}],
    }
    client = api.graph(request.user, *MAIL, purpose="press_kit.mail")
    client.post("/me/sendMail", json={"message": message, "saveToSentItems": True})
