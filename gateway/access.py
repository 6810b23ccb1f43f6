"""Who may call what, as data: a line an operation. What is not here is refused.

This is the outer fence, by role. What a person may do to one delegation (party, turn, four eyes) the node judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.types import Scope

from node.desk.ports import Role

EVERYONE: Final = frozenset(Role)
CASE_READERS: Final = EVERYONE - {Role.ADMINISTRATOR, Role.DISPATCHER}
# 省级监管 sees no personal data unless a case comes to it, so it does not look people up
CASE_WORKERS: Final = frozenset({Role.CLERK, Role.APPROVER, Role.INVESTIGATOR})
PREPARERS: Final = frozenset({Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR})
DRAFTERS: Final = frozenset({Role.CLERK})
APPROVERS: Final = frozenset({Role.APPROVER})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
DISPATCHERS: Final = frozenset({Role.DISPATCHER})
SEALERS: Final = frozenset({Role.APPROVER, Role.SEAL_HOLDER})
POOL_READERS: Final = EVERYONE - {Role.DISPATCHER}
POOL_KEEPERS: Final = frozenset({Role.APPROVER, Role.ADMINISTRATOR})
POOL_PREPARERS: Final = frozenset({Role.CLERK, Role.APPROVER})
OVERSEERS: Final = frozenset(
    {Role.SUPERVISOR, Role.READER}
)  # of a provincial or national office, which the node judges


SUPERVISORS: Final = frozenset({Role.SUPERVISOR})  # as above
REPORT_READERS: Final = OVERSEERS | SEALERS  # as above


@dataclass(frozen=True, slots=True)
class Access:
    """Roles of which one is enough; `public` asks for no identity at all, `person` admits no API key.

    `oneself`: about nobody but the caller, so it opens also to who has to choose a password before anything else.
    """

    roles: frozenset[Role] = frozenset()
    public: bool = False
    person: bool = False
    oneself: bool = False


UPLOADS: Final = frozenset({"addDelegationMaterial", "addDraftMaterial"})  # operations that take a file

_PUBLIC: Final = Access(public=True)


def operation_of(scope: Scope) -> str:
    """The operation id of the route that took the request; empty before one did."""
    return getattr(scope.get("route"), "operation_id", None) or ""


OPERATIONS: Final[Mapping[str, Access]] = MappingProxyType(
    {
        # session and oneself
        "signIn": _PUBLIC,
        "signOut": Access(EVERYONE, person=True, oneself=True),
        "readMe": Access(EVERYONE, oneself=True),
        "changePassword": Access(EVERYONE, person=True, oneself=True),
        # accounts and keys
        "listStaff": Access(ADMINISTRATORS),
        "createStaff": Access(ADMINISTRATORS, person=True),
        "updateStaff": Access(ADMINISTRATORS, person=True),
        "listApiKeys": Access(ADMINISTRATORS),
        "createApiKey": Access(ADMINISTRATORS, person=True),
        "revokeApiKey": Access(ADMINISTRATORS, person=True),
        # drafts
        "listDrafts": Access(CASE_READERS),
        "createDraft": Access(DRAFTERS),
        "readDraft": Access(CASE_READERS),
        "updateDraft": Access(DRAFTERS),
        "submitDraft": Access(DRAFTERS),
        "sendBackDraft": Access(APPROVERS),
        "reviewDraft": Access(APPROVERS),
        "approveDraft": Access(SEALERS),
        "cancelDraft": Access(DRAFTERS | APPROVERS),
        # delegations
        "listDelegations": Access(CASE_READERS),
        "readDelegation": Access(CASE_READERS),
        "readThread": Access(CASE_READERS),
        "exportDelegation": Access(CASE_WORKERS | {Role.READER}),
        "openCase": Access(DRAFTERS),
        "readAgreementFile": Access(CASE_READERS),
        "readDrawFile": Access(CASE_READERS),
        "listMoves": Access(CASE_READERS),
        "searchDelegations": Access(CASE_WORKERS | {Role.READER}),
        "startThread": Access(PREPARERS),
        "dropQueued": Access(frozenset({Role.CLERK, Role.SUPERVISOR, Role.APPROVER})),
        "purgeDelegation": Access(ADMINISTRATORS, person=True),
        # moves
        "makeMove": Access(PREPARERS),
        "readMove": Access(CASE_READERS),
        "updateMove": Access(PREPARERS),
        "reviewMove": Access(APPROVERS),
        "approveMove": Access(APPROVERS),
        "sealMove": Access(SEALERS),
        "dropMove": Access(PREPARERS | APPROVERS),
        # materials
        "listDelegationMaterials": Access(CASE_READERS),
        "listDraftMaterials": Access(CASE_READERS),
        "addDelegationMaterial": Access(PREPARERS),
        "addDraftMaterial": Access(PREPARERS),
        "readMaterial": Access(CASE_READERS),
        "dropMaterial": Access(PREPARERS),
        "listCaseFiles": Access(CASE_READERS),
        "takeOverFiles": Access(DRAFTERS),
        "beginAppraisal": Access(DRAFTERS),
        # closed paper cases of earlier years
        "takeOldCases": Access(DRAFTERS),
        "listOldCases": Access(CASE_READERS),
        "searchOldCases": Access(CASE_WORKERS | {Role.READER}),
        "readOldCase": Access(CASE_READERS),
        "dropOldCase": Access(APPROVERS, person=True),
        # the expert pool
        "readPool": Access(POOL_READERS),
        "listExperts": Access(POOL_READERS),
        "searchExperts": Access(POOL_READERS),
        "readExpert": Access(POOL_READERS),
        "exportExperts": Access(POOL_READERS),
        "addExpert": Access(POOL_KEEPERS),
        "updateExpert": Access(POOL_KEEPERS),
        "dropExpert": Access(POOL_KEEPERS, person=True),
        "importExperts": Access(POOL_KEEPERS),
        "listPoolVersions": Access(POOL_READERS),
        "readPoolVersion": Access(POOL_READERS),
        "preparePoolVersion": Access(POOL_PREPARERS, person=True),
        # the provincial office
        "listProvinceAlerts": Access(OVERSEERS),
        "seeProvinceAlert": Access(SUPERVISORS),
        "readProvinceFigures": Access(OVERSEERS),
        "readProvinceOverview": Access(OVERSEERS),
        "readProvinceFlows": Access(OVERSEERS),
        "listProvinceDelegations": Access(OVERSEERS),
        "readProvinceDelegation": Access(OVERSEERS),
        "listProvinceWaiting": Access(OVERSEERS | APPROVERS),
        "listPossibleActs": Access(SUPERVISORS),
        "listProvinceUnits": Access(SUPERVISORS),
        "listAgreements": Access(OVERSEERS | APPROVERS),
        "remindDelegations": Access(SUPERVISORS),
        "prepareSupervision": Access(SUPERVISORS),
        "prepareDesignation": Access(SUPERVISORS),
        "prepareOpinion": Access(SUPERVISORS),
        "prepareCoordinationRequest": Access(SUPERVISORS),
        "prepareCoordinationAnswer": Access(SUPERVISORS),
        "prepareAnnouncements": Access(SUPERVISORS),
        "proposeAgreement": Access(SUPERVISORS),
        "prepareCountersignature": Access(SUPERVISORS),
        "prepareAgreementEnd": Access(SUPERVISORS),
        "approveOfficeActs": Access(APPROVERS, person=True),
        "listReports": Access(REPORT_READERS),
        "makeReport": Access(SUPERVISORS),
        "readReport": Access(REPORT_READERS),
        "readReportFile": Access(REPORT_READERS),
        "verifyReport": Access(REPORT_READERS),
        "readVerification": Access(REPORT_READERS),
        "submitReport": Access(SUPERVISORS),
        # people
        "listColleagues": Access(EVERYONE),
        "listDeputies": Access(EVERYONE),
        "appointDeputy": Access(EVERYONE, person=True),
        "endDeputy": Access(EVERYONE, person=True),
        "listOpenTasks": Access(ADMINISTRATORS),
        "handOverTasks": Access(ADMINISTRATORS, person=True),
        "listLooks": Access(frozenset({Role.READER, Role.ADMINISTRATOR})),
        "listHeaders": Access(DISPATCHERS),
        "readAssignment": Access(EVERYONE),
        "assignDelegation": Access(DISPATCHERS | APPROVERS | PREPARERS),
        "handToUnit": Access(DISPATCHERS),
        "listRequests": Access(CASE_READERS),
        "recordRequest": Access(PREPARERS),
        "readRequest": Access(CASE_READERS),
        "prepareAnswer": Access(PREPARERS),
        "approveAnswer": Access(APPROVERS),
        "sendBackAnswer": Access(APPROVERS),
        "readAnswerDays": Access(CASE_READERS | ADMINISTRATORS),
        "keepAnswerDays": Access(ADMINISTRATORS, person=True),
        "readSealRule": Access(CASE_READERS | ADMINISTRATORS),
        "keepSealRule": Access(ADMINISTRATORS, person=True),
        # the desk around them
        "listTodo": Access(CASE_READERS),
        "listAlarms": Access(EVERYONE - {Role.DISPATCHER}),
        "acknowledgeAlarm": Access(EVERYONE - {Role.READER, Role.INVESTIGATOR, Role.DISPATCHER, Role.SEAL_HOLDER}),
        "listUnits": Access(EVERYONE),
        "listCompetentUnits": Access(EVERYONE - {Role.ADMINISTRATOR}),
        "readStatus": Access(EVERYONE),
        "watchChanges": Access(EVERYONE),
        "listEvents": Access(CASE_READERS),
        # the machine
        "readHealth": _PUBLIC,
        "readReadiness": _PUBLIC,
        "readMetrics": _PUBLIC,
        "readOpenApi": _PUBLIC,
    }
)
