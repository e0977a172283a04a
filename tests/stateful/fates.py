"""What a deed may meet on its way: nothing, a fault, a death, a lost answer, somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

#: Name → the fault of the fake, how often it happens, and what more it is told.
FAULTS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "throttled": ("throttled", 9, {"retry_after": 600}),
    "out_of_order": ("service_unavailable", 9, {"retry_after": 600}),
    "server_error": ("server_error", 1, {}),
    "server_errors": ("server_error", 99, {}),
    "cut_connection": ("cut_connection", 1, {}),
    "cut_connections": ("cut_connection", 99, {}),
    "not_json": ("not_json", 1, {}),
    "locked": ("locked", 1, {}),
    "precondition_failed": ("precondition_failed", 1, {}),
    "quota_exceeded": ("quota_exceeded", 1, {}),
    "name_taken": ("name_taken", 1, {}),
    "etag_moves": ("etag_moves", 1, {"ctag": True}),
    "upload_session_expired": ("upload_session_expired", 1, {}),
    "upload_sessions_expired": ("upload_session_expired", 9, {}),
    "truncated_download": ("truncated_download", 1, {}),
    "truncated_downloads": ("truncated_download", 99, {}),
    "changed_during_download": ("changed_during_download", 1, {}),
    "changed_during_downloads": ("changed_during_download", 99, {}),
    "expired_token": ("expired_token", 1, {}),
    "token_revoked": ("expired_token", 99, {}),
}
#: What somebody else may do in the middle of a deed; methods of the machine.
MEANWHILE = (
    *("word_saves", "word_saves", "word_saves", "word_saves"),
    *("somebody_uploads", "somebody_uploads", "somebody_uploads"),
    "brings_back_as_well",
    "closes_as_well",
    "takes_theirs_as_well",
    "opens_as_well",
    "sweeper_comes",
    "chief_approves",
    "changes_are_noticed",
    "visitor_comes",
    "copy_moves",
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What a deed meets, and at which of its steps."""

    kind: str = "nothing"
    step: int = 0
    name: str = ""
    #: The next visit, which puts things right, dies at this step, too; 0: it does not.
    again: int = 0


NOTHING = Fate()
_DEATHS = st.builds(
    Fate, kind=st.just("death"), step=st.integers(1, 45), again=st.integers(0, 12)
)
_MEANWHILE = st.builds(
    Fate,
    kind=st.just("meanwhile"),
    step=st.integers(1, 40),
    name=st.sampled_from(MEANWHILE),
)
_LOST_ANSWERS = st.builds(Fate, kind=st.just("lost_answer"), step=st.integers(1, 8))
_FAULTS = st.builds(
    Fate,
    kind=st.just("fault"),
    step=st.integers(0, 5),
    name=st.sampled_from(sorted(FAULTS)),
)
FATES = st.one_of(
    st.just(NOTHING), _DEATHS, _DEATHS, _MEANWHILE, _MEANWHILE, _LOST_ANSWERS, _FAULTS
)
