"""Who may call what: a line a method. What is not here is refused."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Who(StrEnum):
    """Who a caller has to be."""

    ANYONE = "anyone"  # no client certificate is asked for on that port
    ENROLLED = "enrolled"  # a channel certificate of the federation, valid now
    MEMBER = "member"  # and the roster lists its bureau
    SUPERVISOR = "supervisor"  # and one of its units is a provincial or the national office


class Role(StrEnum):
    """Who asks the monitor."""

    PROVINCIAL = "provincial"  # a provincial office
    NATIONAL = "national"  # the national office
    COMMITTEE = "committee"  # an appraisal committee
    BUREAU = "bureau"  # a recognition bureau
    STRANGER = "stranger"  # enrolled, and not of the roster in force
    NOBODY = "nobody"  # not enrolled


class Rows(StrEnum):
    """Which threads somebody sees. A member with several roles sees the most that one of them sees."""

    NONE = "none"
    OWN_PROVINCES = "own_provinces"
    ALL = "all"


_EXCHANGE = "/xieban.federation.v1.ExchangeService/"
_ROSTER = "/xieban.federation.v1.RosterService/"
_LOG = "/xieban.federation.v1.LogService/"
_MONITOR = "/xieban.federation.v1.MonitorService/"
_ENROLMENT = "/xieban.federation.v1.EnrolmentService/"

EXCHANGE_PORT: Final[Mapping[str, Who]] = MappingProxyType(
    {
        _EXCHANGE + "SubmitEnvelopes": Who.MEMBER,
        _EXCHANGE + "ReceiveDeliveries": Who.MEMBER,
        _EXCHANGE + "AcknowledgeDeliveries": Who.MEMBER,
        _EXCHANGE + "ReadThread": Who.MEMBER,
        _EXCHANGE + "UploadMaterial": Who.MEMBER,
        _EXCHANGE + "DownloadMaterial": Who.MEMBER,
        _ROSTER + "GetRoster": Who.ENROLLED,
        _LOG + "GetCheckpoint": Who.ENROLLED,
        _LOG + "GetInclusionProof": Who.ENROLLED,
        _LOG + "GetConsistencyProof": Who.ENROLLED,
        _LOG + "GetDrawCheckpoint": Who.ENROLLED,
        _MONITOR + "ListThreads": Who.SUPERVISOR,
        _MONITOR + "GetThread": Who.SUPERVISOR,
        _MONITOR + "GetFlows": Who.SUPERVISOR,
        _MONITOR + "WatchThreads": Who.SUPERVISOR,
        _MONITOR + "WatchEntries": Who.SUPERVISOR,
        _MONITOR + "ListMembers": Who.SUPERVISOR,
    }
)
ENROLMENT_PORT: Final[Mapping[str, Who]] = MappingProxyType(
    {
        _ENROLMENT + "Enrol": Who.ANYONE,
        "/grpc.health.v1.Health/Check": Who.ANYONE,
        "/grpc.health.v1.Health/Watch": Who.ANYONE,
        "/grpc.health.v1.Health/List": Who.ANYONE,
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Who.ANYONE,
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": Who.ANYONE,
    }
)

_OVERSEERS: Final[Mapping[Role, Rows]] = MappingProxyType(
    {
        Role.PROVINCIAL: Rows.OWN_PROVINCES,
        Role.NATIONAL: Rows.ALL,
        Role.COMMITTEE: Rows.NONE,
        Role.BUREAU: Rows.NONE,
        Role.STRANGER: Rows.NONE,
        Role.NOBODY: Rows.NONE,
    }
)
# What each role sees by each call: a line a method, as above. Rows that somebody does not see are not read.
SIGHTS: Final[Mapping[str, Mapping[Role, Rows]]] = MappingProxyType(
    {
        "ListThreads": _OVERSEERS,
        "GetThread": _OVERSEERS,
        "GetFlows": _OVERSEERS,
        "WatchThreads": _OVERSEERS,
        "WatchEntries": _OVERSEERS,
        "ListMembers": _OVERSEERS,
    }
)
