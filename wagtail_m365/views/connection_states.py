"""How a connection stands, as every page about connections says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.ui.tables import BaseColumn
from wagtail.admin.utils import get_user_display_name

from wagtail_m365.errors import Actor, Explanation
from wagtail_m365.models import Connection
from wagtail_m365.tokens.states import error_of

from .errors import actor_name
from .rights import rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of a connection, and what is wrong with it."""

    name: str
    #: What is wrong, if the state is not active.
    explanation: Explanation | None
    #: Who must act, in words.
    actor: str

    @classmethod
    def of(cls, connection: Connection) -> Standing:
        """Read it off the row; nothing is asked."""
        error = error_of(connection)
        explanation = error.explanation if error else None
        return cls(
            name=connection.get_state_display(),
            explanation=explanation,
            actor=_actor_of(connection, explanation) if explanation else "",
        )


def _actor_of(connection: Connection, explanation: Explanation) -> str:
    """Who must act, as an administrator reads it who is not the account's owner."""
    if connection.user_id is not None and explanation.actor == Actor.EDITOR:
        return _("The account's owner")
    return actor_name(explanation.actor)


class StateColumn(BaseColumn):
    """The state; what is wrong and who must act, where something is."""

    cell_template_name = "wagtail_m365/connections/state_cell.html"

    def get_cell_context_data(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        """The context of one cell."""
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        return {**context, "standing": Standing.of(instance)}


class RightsColumn(BaseColumn):
    """The rights in words, unfolded on demand."""

    cell_template_name = "wagtail_m365/connections/rights_cell.html"

    def get_cell_context_data(
        self, instance: Connection, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        """The context of one cell."""
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        return {**context, "rights": rights(instance.scopes)}


def account_of(connection: Connection) -> str:
    """The Microsoft account that acts."""
    if connection.kind == Connection.Kind.APP_ONLY:
        return _("The application itself")
    return connection.username or connection.display_name or connection.object_id


def owner_of(connection: Connection) -> str:
    """Whose connection it is."""
    if connection.user is None:
        return _("The site: %(name)s") % {"name": connection.service_name}
    return str(get_user_display_name(connection.user))
