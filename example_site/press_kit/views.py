from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from wagtail_m365 import api

SCOPES = ("Files.Read",)
SHOWN = 5


def recent_files(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the editor's files, or what stands in the way."""
    try:
        client = api.graph(request.user, *SCOPES, purpose="press_kit.recent_files")
        answer = client.get(
            "/me/drive/recent", params={"$top": SHOWN, "$select": "name,webUrl"}
        )
    except api.errors.M365Error as error:
        context = {"explanation": error.explanation, "connect_url": error.connect_url}
    else:
        context = {"files": answer["value"][:SHOWN]}
    return render(request, "press_kit/recent_files.html", context)
