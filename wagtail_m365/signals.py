"""Signals for what happens to connections and documents, whoever made it happen.

All are sent after the change is committed, with ``sender`` the model's class. A
receiver that fails is logged and hinders nobody.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.dispatch import Signal

__all__ = [
    "connection_lost",
    "connection_made",
    "connection_removed",
    "document_brought_back",
    "send_when_committed",
]

logger = logging.getLogger(__name__)

#: An account was connected or connected again. Arguments: ``connection``, ``created``.
connection_made = Signal()

#: A connection gives no token any more and somebody has to act. Arguments:
#: ``connection``, ``error`` (an :class:`~wagtail_m365.errors.M365Error`).
connection_lost = Signal()

#: A connection was removed, with all its tokens. Arguments: ``connection`` (its row is
#: gone), ``reason``.
connection_removed = Signal()

#: An edited file became a document's file. Arguments: ``document``, ``session``,
#: ``version`` (the file it had before), ``user``.
document_brought_back = Signal()


def send_when_committed(signal: Signal, sender: type[Any], **arguments: Any) -> None:
    """Send the signal once the transaction is committed, if there is one."""
    transaction.on_commit(lambda: _send(signal, sender, arguments))


def _send(signal: Signal, sender: type[Any], arguments: dict[str, Any]) -> None:
    for receiver, result in signal.send_robust(sender, **arguments):
        if isinstance(result, Exception):
            logger.error("A receiver failed: %r", receiver, exc_info=result)
