"""The public half of a certificate that this site made, for Entra."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.generic import View

from wagtail_m365.models import M365Settings

from .settings import ConfiguresMicrosoft365


class CertificateView(ConfiguresMicrosoft365, View):
    """The public half of the certificate, to upload in Entra."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        row = M365Settings.current().registration
        if row is None or not row.certificate_sealed:
            raise Http404
        pem = row.certificate()["certificate"].reveal()
        return HttpResponse(
            pem,
            content_type="application/x-x509-ca-cert",
            headers={"Content-Disposition": 'attachment; filename="wagtail-m365.cer"'},
        )
