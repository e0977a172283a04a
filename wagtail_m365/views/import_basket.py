"""What a person has chosen for an import, and what came of it: kept in the session."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from wagtail_m365.documents.folders import Location
from wagtail_m365.documents.importing import Imported, document_of
from wagtail_m365.documents.permissions import may_read
from wagtail_m365.documents.remote_files import RemoteFile
from wagtail_m365.documents.watch_files import plain_facts
from wagtail_m365.errors import Explanation, InvalidRequest, M365Error

from .document_page import edit_url

_CHOSEN = "m365_import_chosen"
_OUTCOME = "m365_import_outcome"
#: Files that one import takes at most.
MOST = 500
#: More files or bytes than these are not waited for in one request: they are transfers.
_AT_ONCE, _BYTES_AT_ONCE = 10, 20 * 1024 * 1024

Session = MutableMapping[str, Any]


class Basket:
    """The chosen files, in the order in which they were chosen."""

    def __init__(self, session: Session) -> None:
        self._session = session
        kept = session.get(_CHOSEN) or {}
        self.files = [file for text in kept.get("files", ()) if (file := _file(text))]
        self._at = str(kept.get("at", ""))
        #: Key of the account that the files were chosen with.
        self.account = str(kept.get("account", ""))

    def use(self, account: str) -> None:
        """Choose with this account from now on: another one does not see the files."""
        if account != self.account:
            self.files, self._at, self.account = [], "", account
            self._keep()

    def add(self, texts: Iterable[str], at: str = "") -> None:
        """Choose these too.

        Raises:
            InvalidRequest: One is none of ours.
        """
        known = {(file.drive_id, file.item_id) for file in self.files}
        for file in map(RemoteFile.unsign, texts):
            if (file.drive_id, file.item_id) not in known and len(self.files) < MOST:
                self.files.append(file)
        self._at = at or self._at
        self._keep()

    def keep_only(self, texts: Iterable[str]) -> None:
        """Leave out everything else."""
        wanted = set(texts)
        self.files = [file for file in self.files if file.sign() in wanted]
        self._keep()

    def clear(self) -> None:
        """Begin anew."""
        self.files, self._at = [], ""
        self._keep()

    @property
    def at(self) -> Location | None:
        """Where the person was last."""
        try:
            return Location.unsign(self._at) if self._at else None
        except InvalidRequest:
            return None

    @property
    def size(self) -> int:
        """Bytes of all, as they were listed."""
        return sum(file.size for file in self.files)

    @property
    def is_large(self) -> bool:
        """Does an import of all of them take longer than a request may?"""
        return len(self.files) > _AT_ONCE or self.size > _BYTES_AT_ONCE

    def _keep(self) -> None:
        texts = [file.sign() for file in self.files]
        self._session[_CHOSEN] = {
            "files": texts,
            "at": self._at,
            "account": self.account,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one file, as the result page shows it."""

    name: str
    value: str
    document: Any = None
    document_url: str = ""
    #: Documents with the same content: title and address.
    same: tuple[tuple[str, str], ...] = ()
    explanation: Explanation | None = None


def keep_outcome(session: Session, found: Iterable[Imported], collection: int) -> None:
    """Keep what came of an import for its result page."""
    session[_OUTCOME] = {
        "collection": collection,
        "files": [_plain(one) for one in found],
    }


def outcome(session: Session, user: Any) -> tuple[list[Outcome], int | None]:
    """What came of the last import, and the collection that it went to."""
    kept = session.get(_OUTCOME) or {}
    found = [_shown(each, user) for each in kept.get("files", ())]
    return found, kept.get("collection")


def _plain(one: Imported) -> dict[str, Any]:
    error = one.error
    return {
        "name": one.file.name,
        "value": one.file.sign(),
        "document": one.document.pk if one.document else None,
        "same": [document.pk for document in one.same],
        "code": error.code if error else "",
        "facts": plain_facts(error) if error else {},
    }


def _shown(kept: dict[str, Any], user: Any) -> Outcome:
    document = document_of(kept["document"]) if kept["document"] else None
    same = filter(None, map(document_of, kept["same"]))
    error = M365Error(code=kept["code"], **kept["facts"]) if kept["code"] else None
    return Outcome(
        name=kept["name"],
        value=kept["value"],
        document=document,
        document_url=edit_url(document) if document else "",
        same=tuple(
            (str(each), edit_url(each)) for each in same if may_read(each, user)
        ),
        explanation=error.explanation if error else None,
    )


def _file(text: str) -> RemoteFile | None:
    try:
        return RemoteFile.unsign(text)
    except InvalidRequest:
        return None
