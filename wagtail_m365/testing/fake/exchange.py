"""A token request, understood as far as all grants need it."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Request

from . import ordered
from .directory import Account, AppRegistration
from .errors import refusal
from .issued import Code
from .log import ACCOUNT
from .realms import Realm
from .scopes import OPENID, Asked, understand
from .state import World

#: Parameters that change what a token is, and that the fake does not heed. Whatever else
#: is unknown is ignored (RFC 6749 §3.2).
_ELSEWHERE = frozenset(
    {"requested_token_use", "req_cnf", "token_type", "return_spa_code", "assertion"}
)
#: Grants that Microsoft has and the fake has not.
_GRANTS = frozenset(
    {
        "password",
        "device_code",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
    }
)


@dataclass(kw_only=True, eq=False)
class Exchange:
    """One token request, with what its address and client id mean."""

    request: Request
    world: World
    realm: Realm
    app: AppRegistration

    @property
    def facts(self) -> dict[str, str]:
        """For the texts of refusals."""
        now = self.world.clock.now().isoformat(timespec="seconds")
        return {
            "client_id": self.app.client_id,
            "app": self.app.name,
            "issued": now,
            "valid_from": now,
        }

    def field(self, name: str) -> str:
        """A field that must be there.

        Raises:
            IdentityError: 900144.
        """
        value = self.request.form.get(name, "")
        if not value:
            raise refusal(900144, name=name)
        return value

    def asked(self, text: str) -> Asked:
        """The scopes, if they are of one resource.

        Raises:
            IdentityError: 28000, beside those of `understand`.
        """
        host, apps = self.request.host, self.world.apps.values()
        asked = understand(text, self.app, host, apps)
        if len(asked.resources) > 1:
            raise refusal(28000, scope=text)
        return asked

    def asked_before(self, code: Code) -> Asked:
        """What was asked for at the sign-in, of the resource that was named first."""
        host, apps = self.request.host, self.world.apps.values()
        asked = understand(" ".join(code.scopes), self.app, host, apps)
        first = asked.resources[:1]
        return Asked(
            scopes=tuple(
                scope
                for scope in asked.scopes
                if scope.name in OPENID or scope.resource in first
            )
        )

    def act_for(self, account: Account | None) -> None:
        """Note on whose behalf, and let ordered refusals happen.

        Raises:
            IdentityError: The ordered one.
        """
        self.request.environ[ACCOUNT] = account
        ordered.raise_ordered(self.request, self.world, account, self.facts)


def unsupported(request: Request) -> list[str]:
    """What the fake does not do although Microsoft may."""
    names = sorted(_ELSEWHERE & set(request.form))
    grant = request.form.get("grant_type", "")
    if grant in _GRANTS:
        names.append(f"grant_type={grant}")
    return names
