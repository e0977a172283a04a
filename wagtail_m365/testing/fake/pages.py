"""The identity platform's pages, as a person meets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from .answers import unkept
from .directory import Account, AppRegistration
from .errors import IdentityError, request_ids
from .page_style import STYLE

_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<link rel="icon" href="data:,">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="robots" content="noindex">\n'
    "<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    '<p class="notice">A fake Microsoft, for tests and demonstrations</p>\n'
    "<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
)
_FORM = Markup(
    '<form method="post" action="{action}">'
    '<input type="hidden" name="ctx" value="{context}">{body}</form>\n'
)
_STYLE = Markup(STYLE)  # noqa: S704  # our own text
_BUTTONS = Markup('<div class="buttons">{}</div>')
_CANCEL = Markup('<button name="cancel" value="1">Cancel</button>')


def page(title: str, body: Markup, status: int = 200) -> Response:
    """A page in the style of all."""
    html = _PAGE.format(title=title, style=_STYLE, body=body)
    answer = Response(html, status, content_type="text/html; charset=utf-8")
    answer.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    answer.headers["X-Frame-Options"] = "DENY"
    return unkept(answer)


def _form(action: str, context: str, body: Markup) -> Markup:
    return _FORM.format(action=action, context=context, body=body)


def sign_in(
    app: AppRegistration,
    accounts: Sequence[Account],
    *,
    context: str,
    hint: str = "",
    problem: str = "",
) -> Response:
    """Pick an account, or type name and password.

    Args:
        app: Where the person wants to go.
        accounts: Those to pick from.
        context: Id of the sign-in.
        hint: What stands in the field already.
        problem: What went wrong with the last try.
    """
    tiles = Markup().join(map(_tile, accounts))
    pick = Markup("<h2>Pick an account</h2>{}").format(tiles) if accounts else Markup()
    fields = Markup(
        '{problem}<label for="username">Email or user name</label>'
        '<input type="text" id="username" name="username" value="{hint}" '
        'autocomplete="username" spellcheck="false">'
        '<label for="password">Password</label>'
        '<input type="password" id="password" name="password" '
        'autocomplete="current-password">{buttons}'
    ).format(
        problem=_problem(problem),
        hint=hint,
        buttons=_BUTTONS.format(
            # First, so that Enter in a field means it; shown last.
            Markup('<button class="primary" name="go" value="1">Sign in</button>')
            + _CANCEL
        ),
    )
    intro = Markup("<p>to continue to <strong>{}</strong></p>").format(app.name)
    typed = Markup("<h2>{}</h2>").format(
        "Or use another one" if accounts else "Your account"
    )
    body = (
        intro
        + _form("/common/login", context, pick)
        + typed
        + _form("/common/login", context, fields)
    )
    return page("Sign in", body)


def _tile(account: Account) -> Markup:
    kind = " · personal" if account.personal else ""
    initials = "".join(word[0] for word in account.name.split()[:2]).upper()
    return Markup(
        '<button class="tile" name="account" value="{id}">'
        '<span class="face" aria-hidden="true">{initials}</span>'
        "<span>{name}<small>{username}{kind}</small></span></button>"
    ).format(
        id=account.object_id,
        initials=initials,
        name=account.name,
        username=account.username,
        kind=kind,
    )


def _problem(text: str) -> Markup:
    if not text:
        return Markup()
    return Markup('<p class="problem" role="alert">{}</p>').format(text)


def second_factor(app: AppRegistration, account: Account, context: str) -> Response:
    """Approve the sign-in on the phone that this page is."""
    body = Markup(
        "<p>{username}</p><p>Open your Authenticator app, and approve the request to "
        "sign in to <strong>{app}</strong>. (Here, the buttons are the app.)</p>{form}"
    ).format(
        username=account.username,
        app=app.name,
        form=_form(
            "/common/SAS/ProcessAuth",
            context,
            _BUTTONS.format(
                Markup('<button name="decision" value="deny">Deny</button>')
                + Markup(
                    '<button class="primary" name="decision" value="approve">'
                    "Approve</button>"
                )
            ),
        ),
    )
    return page("Approve sign-in request", body)


def consent(
    app: AppRegistration,
    account: Account,
    titles: Iterable[tuple[str, str]],
    *,
    context: str,
    for_all: bool = False,
    organisation: bool = False,
) -> Response:
    """What the application asks for, in plain words.

    Args:
        app: Who asks.
        account: Who is asked.
        titles: Plain name and technical name of each permission.
        context: Id of the sign-in.
        for_all: Offer the consent for the whole organisation.
        organisation: It is the organisation that is asked.
    """
    tick = Markup(
        '<p><label><input type="checkbox" name="for_all" value="1"> '
        "Consent on behalf of your organization</label></p>"
    )
    accept = Markup('<button class="primary" name="go" value="1">Accept</button>')
    inner = (tick if for_all else Markup()) + _BUTTONS.format(_CANCEL + accept)
    body = Markup(
        "<p>{username}</p><p><strong>{app}</strong> {would}:</p>{list}"
        "<p><small>Accepting these permissions means that you allow this app to use "
        "{whose} data as specified in its terms of service and privacy statement. You "
        "can change these permissions at https://myapps.microsoft.com.</small></p>{form}"
    ).format(
        username=account.username,
        app=app.name,
        would="would like to" if not organisation else "would like, for everybody, to",
        whose="all users’" if organisation else "your",
        list=_list(titles),
        form=_form("/common/Consent/Set", context, inner),
    )
    title = "Permissions requested"
    return page(
        f"{title}: review for your organization" if organisation else title, body
    )


def _list(titles: Iterable[tuple[str, str]]) -> Markup:
    rows = Markup().join(
        Markup("<li>{} <small><code>{}</code></small></li>").format(title, key)
        for title, key in titles
    )
    return Markup("<ul>{}</ul>").format(rows)


def admin_approval(
    app: AppRegistration,
    account: Account,
    titles: Iterable[tuple[str, str]],
    *,
    context: str,
) -> Response:
    """90094: only an administrator can grant this."""
    back = Markup(
        '<button name="cancel" value="1">Return to the application without granting '
        "consent</button>"
    )
    switch = Markup(
        '<button class="primary" name="go" value="1">Have an admin account? Sign in '
        "with that account</button>"
    )
    body = Markup(
        "<p>{username}</p><p><strong>{app}</strong> needs permission to access "
        "resources in your organization that only an admin can grant. Please ask an "
        "admin to grant permission to this app before you can use it.</p>{list}{form}"
        "<p><small>AADSTS90094</small></p>"
    ).format(
        username=account.username,
        app=app.name,
        list=_list(titles),
        form=_form("/common/reprocess", context, _BUTTONS.format(back + switch)),
    )
    return page("Need admin approval", body)


def refused(
    error: IdentityError, request: Request, now: datetime, context: str = ""
) -> Response:
    """An error that Microsoft shows itself: the application never hears of it."""
    trace, correlation = request_ids(request)
    switch = Markup(
        '<button class="primary" name="go" value="1">Sign in with another '
        "account</button>"
    )
    body = Markup(
        '<p class="problem" role="alert">Sorry, but we’re having trouble signing you '
        "in.</p><p>{error}</p>{form}<dl><dt>Request Id</dt><dd><code>{trace}</code></dd>"
        "<dt>Correlation Id</dt><dd><code>{correlation}</code></dd>"
        "<dt>Timestamp</dt><dd>{now}</dd></dl>"
    ).format(
        error=str(error),
        trace=trace,
        correlation=correlation,
        now=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        form=_form("/common/reprocess", context, _BUTTONS.format(switch))
        if context
        else "",
    )
    return page("Sign in", body, 200 if context else 400)


def lost() -> Response:
    """The form belongs to no sign-in of this browser."""
    text = "Sorry, but this sign-in is over. Go back to the application and try again."
    return page("Sign in", Markup("<p>{}</p>").format(text), 400)


def signed_out(where: str = "") -> Response:
    """After signing out; with the way on, where there is a registered one."""
    text = Markup("<p>It’s a good idea to close all browser windows.</p>")
    link = Markup('<p><a href="{0}">Go on to {0}</a></p>').format(where)
    return page("You signed out of your account", text + (link if where else Markup()))


def not_supported(what: str) -> Response:
    """501: Microsoft may do this; the fake does not."""
    text = Markup("<p>The fake does not support: <code>{}</code></p>").format(what)
    return page("Not supported", text, 501)


def form_post(url: str, fields: Mapping[str, str]) -> Response:
    """A form that sends itself (OAuth 2.0 Form Post Response Mode)."""
    inputs = Markup().join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value)
        for name, value in fields.items()
    )
    body = Markup(
        '<form method="post" action="{url}" id="back">{inputs}'
        '<button class="primary">Continue</button></form>'
        '<script>document.getElementById("back").submit()</script>'
    ).format(url=url, inputs=inputs)
    return page("Working…", body)
