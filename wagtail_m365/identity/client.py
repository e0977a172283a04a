"""The identity platform's client: sign in, redeem, refresh.

MSAL does every protocol step, on an object made for that one step; what it raises
or returns leaves as our errors and values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from wagtail_m365.errors import M365Error, Misconfigured
from wagtail_m365.http import HttpOptions
from wagtail_m365.redaction import Secret

from . import attempts, callbacks, memory, msal_apps
from .answers import Granted, granted
from .attempts import attempt
from .discovery import Discovery, discover
from .registration import SHARED_TENANTS, Registration, check_tenant
from .scopes import as_sent
from .values import Account, AuthorizationRequest, TokenSet

__all__ = [
    "Account",
    "AuthorizationRequest",
    "Discovery",
    "IdentityClient",
    "TokenSet",
]

Result = TypeVar("Result")


class IdentityClient:
    """Asks Microsoft's identity platform on behalf of one app registration.

    Cheap to make, safe to share between threads; what is worth keeping (connections,
    discovery documents, the application's own tokens) is kept per process.

    Args:
        registration: The app registration.
        options: How this site reaches the outside.
        clock: POSIX time in seconds.
    """

    def __init__(
        self,
        registration: Registration,
        options: HttpOptions | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._registration = registration
        self._clock = clock
        self._transport = memory.transport(options or HttpOptions(), registration)

    def discovery(self, tenant: str = "") -> Discovery:
        """What the tenant's discovery document says.

        Args:
            tenant: Another tenant than the registration's.

        Raises:
            Misconfigured: Unknown tenant, another cloud, an unusable document.
            TemporarilyUnavailable: Microsoft cannot be reached.
        """
        name = check_tenant(tenant or self._registration.tenant)
        cloud = self._registration.cloud
        return self._attempt(lambda: discover(self._transport, cloud, name))

    def authorization_request(
        self,
        scopes: Iterable[str],
        redirect_uri: str,
        *,
        login_hint: str = "",
        prompt: str = "",
        claims: str = "",
    ) -> AuthorizationRequest:
        """The address to send a person to, with state, nonce and PKCE (S256).

        Args:
            scopes: Rights to ask for; those of OpenID Connect are added.
            redirect_uri: Exactly as registered.
            login_hint: The account's user name, to spare the choice.
            prompt: ``login``, ``consent``, ``select_account`` or ``none``.
            claims: A claims challenge (decoded JSON) to answer.

        Raises:
            Misconfigured: As :meth:`discovery`, or ``invalid_sign_in_request``.
            TemporarilyUnavailable: Microsoft cannot be reached.
        """
        app = self._app(self.discovery())
        wanted = as_sent(scopes, self._graph)
        # Microsoft refuses a hint together with the account picker.
        hint = "" if prompt == "select_account" else login_hint
        flow = self._attempt(
            lambda: app.initiate_auth_code_flow(
                wanted,
                redirect_uri=redirect_uri,
                login_hint=hint or None,
                prompt=prompt or None,
                claims_challenge=claims or None,
            ),
            otherwise=attempts.invalid_request,
        )
        return AuthorizationRequest(url=flow["auth_uri"], flow=callbacks.kept(flow))

    def redeem(self, flow: Mapping[str, Any], response: Mapping[str, str]) -> TokenSet:
        """The tokens for the code with which a person came back.

        Args:
            flow: ``AuthorizationRequest.flow``, as kept in the person's session.
            response: The callback's query.

        Raises:
            SignInExpired: Unknown state, or a code that is used or too old.
            SignInRefused: The person or Microsoft said no.
            IdTokenRejected: The id token is not for us.
            ConsentRequired: Rights are missing that somebody must grant.
            InteractionRequired: The person has to do more to sign in.
            SignInError: The callback or the answer makes no sense.
            Misconfigured: The site's set-up is wrong.
            TemporarilyUnavailable: Microsoft cannot answer now.
        """
        came_back = callbacks.believed(flow, response, graph=self._graph)
        discovery = self.discovery()
        app = self._app(discovery)
        found = self._granted(
            lambda: app.acquire_token_by_auth_code_flow(dict(flow), came_back),
            flow.get("scope") or (),
            sign_in=True,
        )
        return self._token_set(found, discovery, self._account(found, discovery))

    def refresh(
        self,
        refresh_token: Secret,
        *,
        home_account_id: str,
        scopes: Iterable[str],
        tenant: str = "",
        claims: str = "",
    ) -> TokenSet:
        """New tokens for a refresh token.

        Args:
            refresh_token: The newest one of the connection.
            home_account_id: Whose it is; empty where that is not known yet.
            scopes: Rights that the access token shall carry.
            tenant: ``authority_tenant`` of the sign-in; else the registration's.
            claims: A claims challenge (decoded JSON) to answer.

        Returns:
            ``refresh_token`` is ``None`` where Microsoft sent none: the old one stays.

        Raises:
            ReconnectRequired: The grant is gone.
            ConsentRequired: Rights are missing that somebody must grant.
            InteractionRequired: The person has to sign in once more.
            AccessDenied: A policy says no.
            IdTokenRejected: The answer is about another account or application.
            Misconfigured: The site's set-up is wrong.
            TemporarilyUnavailable: Microsoft cannot answer now.
        """
        tenant = tenant or self._registration.tenant
        wanted = as_sent(scopes, self._graph)
        discovery = self.discovery(tenant)
        cache = msal_apps.cache_with(refresh_token, self._registration, home_account_id)
        app = self._app(discovery, tenant=tenant, token_cache=cache)
        # MSAL's silent path, not acquire_token_by_refresh_token: that one declares
        # no capabilities and sends no routing hint.
        owner = {
            "home_account_id": home_account_id,
            "environment": msal_apps.environment(self._registration),
        }
        found = self._granted(
            lambda: app.acquire_token_silent_with_error(
                wanted, owner, claims_challenge=claims or None
            ),
            wanted,
        )
        found.check_belongs_to(home_account_id)
        account = self._account(found, discovery) if found.claims else None
        return self._token_set(found, discovery, account)

    def client_credentials(self, scopes: Iterable[str] = (".default",)) -> TokenSet:
        """A new token of the application itself (RFC 6749 §4.4); the caller keeps it.

        Args:
            scopes: ``.default`` of one resource: single rights are refused.

        Raises:
            Misconfigured: ``credential_needed``, ``tenant_needed``, or the set-up
                is wrong otherwise.
            AccessDenied: A policy says no.
            TemporarilyUnavailable: Microsoft cannot answer now.
        """
        self._check_app_only()
        discovery = self.discovery()
        app = self._app(discovery)
        asked = as_sent(scopes, self._graph, resource=discovery.graph)
        found = self._granted(lambda: app.acquire_token_for_client(asked), scopes)
        return self._token_set(found, discovery, None)

    @property
    def _graph(self) -> str:
        return self._registration.cloud.graph

    def _attempt(
        self,
        call: Callable[[], Result],
        *,
        otherwise: Callable[[Exception], M365Error] | None = None,
    ) -> Result:
        return attempt(self._transport, call, otherwise=otherwise)

    def _app(
        self, discovery: Discovery, *, tenant: str = "", token_cache: Any = None
    ) -> Any:
        return self._attempt(
            lambda: msal_apps.build(
                self._registration,
                self._transport,
                discovery,
                tenant=tenant or self._registration.tenant,
                token_cache=token_cache,
            )
        )

    def _granted(
        self,
        ask: Callable[[], Any],
        wanted: Iterable[str],
        *,
        sign_in: bool = False,
    ) -> Granted:
        """What MSAL got, or the error that it is."""
        return self._attempt(
            lambda: granted(
                ask(),
                wanted=wanted,
                graph=self._graph,
                last=self._transport.last,
                in_sign_in=sign_in,
            ),
            otherwise=attempts.failed_sign_in if sign_in else None,
        )

    def _account(self, found: Granted, discovery: Discovery) -> Account:
        return found.account(
            client_id=self._registration.client_id,
            issuer=discovery.issuer,
            now=self._clock(),
        )

    def _token_set(
        self, found: Granted, discovery: Discovery, account: Account | None
    ) -> TokenSet:
        return found.token_set(
            account=account,
            graph=self._graph,
            tenant=discovery.tenant,
            now=self._clock(),
        )

    def _check_app_only(self) -> None:
        if self._registration.credential is None:
            raise Misconfigured(
                "A public client has no token of its own.", code="credential_needed"
            )
        if self._registration.tenant in SHARED_TENANTS:
            raise Misconfigured(
                "The application's own token needs one tenant.", code="tenant_needed"
            )
