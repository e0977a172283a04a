"""Who may see our pages, and where a page may send people next."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from wagtail_m365.tokens.service_connections import may_manage

USE = "wagtail_m365.use_microsoft365"


def may_use(user: AbstractBaseUser | AnonymousUser) -> bool:
    """May this person connect a Microsoft account and work with it?"""
    return user.is_active and bool(getattr(user, "has_perm", _nobody)(USE))


def may_sign_in(user: AbstractBaseUser | AnonymousUser) -> bool:
    """May this person sign in at Microsoft: for themselves, or for the site?"""
    return may_use(user) or may_manage(user)


def _nobody(permission: str) -> bool:
    return False


class UsesMicrosoft365:
    """A view for people who hold ``use_microsoft365``, whatever the method."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse everybody else, before anything is read or done."""
        if not may_use(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


class ManagesConnections:
    """A view for people who hold ``manage_connections``, whatever the method."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse everybody else, before anything is read or done."""
        if not may_manage(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


class SignsIn:
    """A view of a sign-in: for an account of one's own, or for the site's."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse whoever may do neither; which of both it is, the sign-in knows."""
        if not may_sign_in(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


def safe_next(request: HttpRequest, default: str = "") -> str:
    """The ``next`` of the request if it stays on this site, else the default.

    Stricter than Wagtail's own reading: on an https site a ``next`` that leads to
    plain http is refused as well.
    """
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    stays_here = url_has_allowed_host_and_scheme(
        wanted,
        allowed_hosts={request.get_host()},
        require_https=request.is_secure(),
    )
    return wanted if stays_here else default
