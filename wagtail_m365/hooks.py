"""The hooks that this extension offers. This is the contract.

Each function below documents one hook of that name: register a function with the same
arguments by ``@hooks.register("<name>")`` (``from wagtail import hooks``). All are
called with keyword arguments only, and in the order in which Wagtail keeps hooks.
Nothing else in this package calls :func:`wagtail.hooks.get_hooks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from wagtail import hooks

__all__ = [
    "Purpose",
    "after_m365_bring_back",
    "after_m365_open",
    "after_m365_save",
    "before_m365_bring_back",
    "before_m365_open",
    "before_m365_save",
    "construct_m365_document_actions",
    "m365_get_token",
    "register_m365_purposes",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a plugin needs tokens for, in words that an editor understands."""

    #: Unique, and stable: ``press_kit.mail``.
    name: str
    #: A few words, for lists: "Mail press kits". May be a lazy translation.
    title: Any
    #: One sentence that is shown before the editor consents. May be lazy.
    reason: Any
    #: The rights that it needs; asking for others under this name is refused.
    scopes: tuple[str, ...]


def register_m365_purposes() -> list[Purpose]:
    """Declare what a plugin needs tokens for. A hook: return :class:`Purpose` objects.

    The editor reads the reason before consenting; the admin sees each purpose with
    its use, and can refuse it::

        @hooks.register("register_m365_purposes")
        def purposes():
            return [
                Purpose(
                    name="press_kit.mail",
                    title=_("Mail press kits"),
                    reason=_(
                        "Sends the press kits that you choose, from your mailbox."
                    ),
                    scopes=("Mail.Send",),
                )
            ]

    Returns:
        All purposes that any plugin declares, in the order of the plugins.
    """
    return [
        purpose
        for function in hooks.get_hooks("register_m365_purposes")
        for purpose in function()
    ]


def m365_get_token(owner: Any, *scopes: str, **options: Any) -> Any:
    """A token without an import of ours. A hook that *this* extension registers.

    A plugin that works with and without this extension asks Wagtail for it::

        from wagtail import hooks

        for get_token in hooks.get_hooks("m365_get_token"):
            token = get_token(request.user, "Mail.Send").token

    Args:
        owner: A user, a ``Connection``, or the name of a service connection.
        scopes: As :func:`wagtail_m365.api.get_token`.
        options: As :func:`wagtail_m365.api.get_token`.

    Returns:
        An object with ``token`` and ``expires_on`` (POSIX seconds).

    Raises:
        M365Error: As :func:`wagtail_m365.api.get_token`.
        LookupError: The extension is not installed.
    """
    for get_token in hooks.get_hooks("m365_get_token"):
        return get_token(owner, *scopes, **options)
    raise LookupError("Nobody has registered the hook m365_get_token.")


def construct_m365_document_actions(
    *, actions: list[Any], document: Any, request: HttpRequest, context: dict[str, Any]
) -> None:
    """Change the list of Microsoft 365 actions of a document. A hook.

    Args:
        actions: Menu items, to be changed in place.
        document: The document that they are for.
        request: The request of the page that shows them; for ``"listing"`` the one that
            fetches a row's menu.
        context: Where they are shown: ``{"place": "listing"}``, ``"edit"`` …
    """
    for function in hooks.get_hooks("construct_m365_document_actions"):
        function(actions=actions, document=document, request=request, context=context)


def before_m365_open(*, request: HttpRequest, document: Any) -> HttpResponseBase | None:
    """Before a document is opened in Microsoft 365. A hook.

    Args:
        request: The request that asks for it.
        document: The document.

    Returns:
        A response to send instead, or ``None`` to go on.
    """
    return _first_response("before_m365_open", request=request, document=document)


def after_m365_open(
    *, request: HttpRequest, document: Any, session: Any
) -> HttpResponseBase | None:
    """After a document was opened in Microsoft 365. A hook.

    Args:
        request: The request that asked for it.
        document: The document.
        session: Its :class:`~wagtail_m365.models.EditSession`.

    Returns:
        A response to send instead of the usual one, or ``None``.
    """
    return _first_response(
        "after_m365_open", request=request, document=document, session=session
    )


def before_m365_save(*, request: HttpRequest, document: Any) -> HttpResponseBase | None:
    """Before a copy of a document is saved to OneDrive. A hook.

    Args:
        request: The request that asks for it.
        document: The document.

    Returns:
        A response to send instead, or ``None`` to go on.
    """
    return _first_response("before_m365_save", request=request, document=document)


def after_m365_save(
    *, request: HttpRequest | None, document: Any, item: Any
) -> HttpResponseBase | None:
    """After a copy of a document was saved to OneDrive. A hook.

    Copies of many documents, and of large ones, are sent by a worker: then there is no
    request, a response is not used, and an exception is logged and changes nothing.
    Where a worker dies in that very moment, it is called a second time.

    Args:
        request: The request that asked for it; ``None`` in a worker.
        document: The document.
        item: The :class:`~wagtail_m365.graph.types.DriveItem` that was written.

    Returns:
        A response to send instead of the usual one, or ``None``.
    """
    return _first_response(
        "after_m365_save", request=request, document=document, item=item
    )


def before_m365_bring_back(
    *, request: HttpRequest, document: Any, session: Any
) -> HttpResponseBase | None:
    """Before an edited file is brought back. A hook.

    Args:
        request: The request that asks for it.
        document: The document.
        session: Its :class:`~wagtail_m365.models.EditSession`.

    Returns:
        A response to send instead, or ``None`` to go on.
    """
    return _first_response(
        "before_m365_bring_back", request=request, document=document, session=session
    )


def after_m365_bring_back(
    *, request: HttpRequest, document: Any, session: Any, version: Any
) -> HttpResponseBase | None:
    """After an edited file was brought back. A hook.

    Args:
        request: The request that asked for it.
        document: The document, with its new file.
        session: Its :class:`~wagtail_m365.models.EditSession`.
        version: The :class:`~wagtail_m365.models.DocumentVersion` that keeps the file
            it had before; ``None`` when nothing had changed.

    Returns:
        A response to send instead of the usual one, or ``None``.
    """
    return _first_response(
        "after_m365_bring_back",
        request=request,
        document=document,
        session=session,
        version=version,
    )


def _first_response(name: str, **arguments: Any) -> HttpResponseBase | None:
    """Call every function of the hook until one of them answers the request."""
    for function in _registered(name):
        response: HttpResponseBase | None = function(**arguments)
        if response is not None:
            return response
    return None


def _registered(name: str) -> list[Any]:
    found: list[Any] = hooks.get_hooks(name)
    return found
