"""Which page opens for whom, as data: a line a page. What is not here is refused (as gateway/access.py for the API)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.access import (
    ADMINISTRATORS,
    APPROVERS,
    CASE_READERS,
    CASE_WORKERS,
    DRAFTERS,
    EVERYONE,
    PREPARERS,
    Access,
)
from node.desk.ports import Role

PUBLIC: Final = Access(public=True)

PAGES: Final[Mapping[str, Access]] = MappingProxyType(
    {
        "pageSignIn": PUBLIC,
        "takeSignIn": PUBLIC,
        "takeSignOut": Access(EVERYONE, person=True),
        "takeLanguage": PUBLIC,
        "pageHome": PUBLIC,
        # what waits, lists, search, notices
        "pageTodo": Access(EVERYONE),
        "pageCases": Access(CASE_READERS),
        "searchCases": Access(CASE_WORKERS | {Role.READER}, person=True),
        "takeFilter": Access(CASE_READERS, person=True),
        "takeFilterDrop": Access(CASE_READERS, person=True),
        "pageAlarms": Access(EVERYONE - {Role.DISPATCHER}),
        "takeAlarm": Access(frozenset({Role.CLERK, Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR}), person=True),
        "pageNotices": Access(EVERYONE),
        # documents
        "pagePapers": Access(CASE_READERS),
        "readPaper": Access(CASE_READERS),
        "makePaper": Access(CASE_READERS),
        # intake
        "pageDrafts": Access(CASE_READERS),
        "pageNewDraft": Access(DRAFTERS, person=True),
        "takeNewDraft": Access(DRAFTERS, person=True),
        "pageDraft": Access(CASE_READERS),
        "takeDraft": Access(DRAFTERS, person=True),
        "lookChecks": Access(DRAFTERS, person=True),
        "lookPlaces": Access(CASE_READERS),
        "lookUnits": Access(CASE_READERS),
        "pageDraftReview": Access(CASE_READERS),
        "takeDraftSubmit": Access(DRAFTERS, person=True),
        "takeDraftApproval": Access(APPROVERS | {Role.SEAL_HOLDER}, person=True),
        "takeDraftSendBack": Access(APPROVERS, person=True),
        "takeDraftCancel": Access(DRAFTERS | APPROVERS, person=True),
        "findCase": Access(CASE_READERS),
        "pageCase": Access(CASE_READERS),
        "takeAnotherDelegation": Access(DRAFTERS, person=True),
        "takeReuse": Access(DRAFTERS, person=True),
        "pageDelegation": Access(CASE_READERS),
        "takeDropQueued": Access(frozenset({Role.CLERK, Role.SUPERVISOR, Role.APPROVER}), person=True),
        "pageMove": Access(PREPARERS, person=True),
        "takeMove": Access(PREPARERS, person=True),
        "pagePrepared": Access(CASE_READERS),
        "takeApproval": Access(APPROVERS, person=True),
        "takeReview": Access(APPROVERS, person=True),
        "takeSeal": Access(APPROVERS | {Role.SEAL_HOLDER}, person=True),
        "pageSeal": Access(ADMINISTRATORS, person=True),
        "keepSeal": Access(ADMINISTRATORS, person=True),
        "takeBack": Access(PREPARERS | APPROVERS, person=True),
        "pageChange": Access(PREPARERS, person=True),
        "takeChange": Access(PREPARERS, person=True),
        "pageNewThreads": Access(PREPARERS, person=True),
        "pageNewThread": Access(PREPARERS, person=True),
        "takeNewThread": Access(PREPARERS, person=True),
        "pageImport": Access(DRAFTERS, person=True),
        "readImportTable": Access(DRAFTERS, person=True),
        "readImportExample": Access(DRAFTERS, person=True),
        "takeImport": Access(DRAFTERS, person=True),
        "pageImported": Access(DRAFTERS, person=True),
        "takeImported": Access(DRAFTERS, person=True),
        # evidence
        "pageMaterials": Access(CASE_READERS),
        "takeFiles": Access(PREPARERS, person=True),
        "takeFacts": Access(PREPARERS, person=True),
        "beginUpload": Access(PREPARERS, person=True),
        "readUpload": Access(PREPARERS, person=True),
        "takeUploadPart": Access(PREPARERS, person=True),
        "finishUpload": Access(PREPARERS, person=True),
        "cancelUpload": Access(PREPARERS, person=True),
        "readFile": Access(CASE_READERS),
        "pageFile": Access(CASE_READERS),
        "takeFileDrop": Access(PREPARERS, person=True),
        "pageRedaction": Access(PREPARERS, person=True),
        "takeRedaction": Access(PREPARERS, person=True),
        "pageChecklist": Access(CASE_READERS),
    }
)
# Forms with files, sent without a script: the page takes the token from the first part (guard.check_token).
FILE_FORMS: Final = frozenset({"takeFiles"})
__all__ = ["ADMINISTRATORS", "CASE_READERS", "EVERYONE", "FILE_FORMS", "PAGES", "PUBLIC", "Access"]
