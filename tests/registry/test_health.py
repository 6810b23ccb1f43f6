"""The federation's health: page, JSON, metrics, and the files in deploy/ that speak of them (issue 5.7)."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # ships no stubs

from certs.tls import channel_credentials
from delegation.codec_entry import acknowledgement_bytes, parse_acknowledgement
from delegation.errors import Refusal
from delegation.model import AcknowledgementStatus
from node.link import Link
from registry.callers import Caller
from registry.health import looked
from registry.members import Members
from registry.records import MailWaiting
from registry.server import Registry
from registry.store import StoreUnavailable
from registry.store_memory import MemoryStore
from tests.builders import CHENGDU_RD
from tests.registry.federation import CHENGDU, DAY, HANGZHOU, SICHUAN, Clock, Federation

DEPLOY = Path(__file__).parents[2] / "deploy"


async def get(registry: Registry, path: str, *more: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a GET at the metrics port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", registry.ports["metrics"])
    writer.write("\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *more, "", ""]).encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


async def test_an_operator_sees_lines_mail_certificates_and_the_roster(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU, SICHUAN, store=MemoryStore()) as (registry, home, host, _):
        for _ in range(3):
            await home.accepted(federation.letter())
        first, second, *_ = await host.deliveries(2)
        applied = parse_acknowledgement(host.acknowledgement(second))
        parked = acknowledgement_bytes(replace(applied, status=AcknowledgementStatus.PARKED, reason="SCHEMA_TOO_NEW"))
        await host.acknowledge(host.acknowledgement(first), parked)
        stream = home.receive()
        await stream.read()
        federation.clock.advance(timedelta(hours=30))
        found = json.loads((await get(registry, "/federation.json"))[2])
        members = {each["bureau"]: each for each in found["members"]}
        assert set(members) == set(federation.view.bureaus)
        host_now, home_now = members[CHENGDU], members[HANGZHOU]
        assert (home_now["connected"], host_now["connected"]) == (True, False)
        assert (host_now["waiting"], host_now["parked"], home_now["waiting"]) == (1, 1, 0)
        began = federation.clock.at - timedelta(hours=30)
        assert host_now["oldest_waiting"] == began.isoformat(timespec="seconds")
        assert host_now["last_seen"] == began.isoformat(timespec="seconds")
        assert home_now["last_seen"] == federation.clock.at.isoformat(timespec="seconds")
        assert members[SICHUAN]["last_seen"] is None
        assert host_now["channel_certificate_expires"] > federation.clock.at.isoformat()
        assert host_now["signing_certificate_expires"] > federation.clock.at.isoformat()
        assert found["roster"]["version"] == federation.view.version
        assert found["suites"] == {
            "ECDSA_P256_SHA256": len(federation.view.units),
            "X25519_AES256GCM": len(federation.view.units),
        }
        assert (found["ready"], found["sweeps"]) == (True, {"quiet": False, "halted": False})
        _, _, text = await get(registry, "/metrics")
        assert f'xieban_registry_member_waiting_envelopes{{bureau="{CHENGDU}"}} 1.0' in text
        assert f'xieban_registry_member_oldest_waiting_seconds{{bureau="{CHENGDU}"}} 108000.0' in text
        assert f'xieban_registry_member_connected{{bureau="{HANGZHOU}"}} 1.0' in text
        assert "xieban_registry_sweeps_halted 0.0" in text
        stream.cancel()
        federation.clock.jump(timedelta(minutes=10))
        found = json.loads((await get(registry, "/federation.json"))[2])
        assert (found["ready"], found["sweeps"]["halted"]) == (False, True)
        assert 'class="bad"' in (await get(registry, "/federation"))[2]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


async def test_the_page_is_plain_in_two_languages_and_asks_nothing_of_outside(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, store=MemoryStore()) as (registry, home):
        await home.accepted(federation.letter())
        status, headers, chinese = await get(registry, "/federation")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        _, _, english = await get(registry, "/federation", "Accept-Language: en-GB,en;q=0.9")
        assert "<h1>协办联盟运行状况</h1>" in chinese
        assert "<h1>Health of the federation</h1>" in english
        assert (await get(registry, "/federation?lang=en"))[2].startswith('<!doctype html>\n<html lang="en">')
        assert "杭州" in chinese
        for text in (chinese, english):
            page = _Page()
            page.feed(text)
            names = [tag for tag, _ in page.tags]
            assert not {"script", "style", "iframe", "img"} & set(names)
            assert not any(name == "style" or name.startswith("on") for _, attrs in page.tags for name in attrs)
            links = [each.get("href") for tag, each in page.tags if tag in ("link", "a")]
            assert links[0] == "/federation.css"
            assert set(links[1:]) <= {"?lang=zh", "?lang=en"}
            assert {"caption", "main", "h1"} <= set(names)
            assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
        assert (await get(registry, "/federation.css"))[1]["Content-Type"].startswith("text/css")
        assert (await get(registry, "/federation/other"))[0] == 404


def figures_named(text: str) -> set[str]:
    return set(re.findall(r"\bxieban_[a-z_]+", text))


async def test_every_figure_that_deploy_names_is_there(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, store=MemoryStore()) as (registry, home):
        await home.accepted(federation.letter())
        registry.metrics.alarm("clock_jumped")
        text = (await get(registry, "/metrics"))[2]
        there = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#")}
        labels = set(re.findall(r'[{,]([a-z]+)="', text))
        assert labels <= {"bureau", "suite", "method", "outcome", "answer", "alarm", "le"}
        for name in ("grafana/xieban.json", "prometheus/alerts.yml"):
            named = figures_named((DEPLOY / name).read_text())
            assert len(named) > 8
            assert named <= there, named - there


def test_the_files_of_deploy_are_well_formed() -> None:
    dashboard = json.loads((DEPLOY / "grafana/xieban.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["targets"] for panel in dashboard["panels"])
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert all(rule["expr"] and rule["annotations"]["summary"] for rule in rules)


async def test_a_nodes_link_says_which_software_it_is(federation: Federation) -> None:
    async with federation.running(MemoryStore()) as registry:
        keys = federation.bureau(registry, HANGZHOU)
        authorities = registry.keys.channel_authorities
        link = Link(
            address=f"127.0.0.1:{registry.ports['exchange']}",
            credentials=lambda: channel_credentials(
                keys.channel_key, keys.channel_certificate, channel_authorities=authorities
            ),
            clock=federation.clock.now,
        )
        await link.checkpoint()
        await link.close()
        heard = registry.members.heard(HANGZHOU)
        assert heard is not None
        assert heard.software == version("xieban")


@pytest.mark.parametrize(
    ("agent", "software"),
    [
        ("xieban/0.1.0 grpc-python-asyncio/1.70", "0.1.0"),
        ("xieban/1.2.0rc1+local", "1.2.0rc1+local"),
        ("xieban/王小明", ""),
        (f"xieban/{'9' * 33}", ""),
        ("curl/8 xieban/1", ""),
        ("xieban/<b>", ""),
    ],
)
def test_software_is_a_version_or_nothing(federation: Federation, agent: str, software: str) -> None:
    clock = Clock()
    members = Members(clock.now)
    certificate = next(iter(federation.keys.values())).certificate
    members.note(Caller("330100", certificate), lambda: [("x", "y"), ("user-agent", agent)])
    heard = members.heard("330100")
    assert heard is not None
    assert heard.software == software
    asked: list[str] = []

    def metadata() -> list[tuple[str, str | bytes]]:
        asked.append("again")
        return []

    members.note(Caller("330100", certificate), metadata)
    assert asked == [], "not at every call"
    clock.advance(DAY)
    members.note(Caller("330100", certificate), lambda: None)
    again = members.heard("330100")
    assert again is not None
    assert (again.at, again.software) == (clock.at, "")
    assert members.heard("510100") is None


class AwayStore(MemoryStore):
    """Its mailboxes cannot be counted."""

    def mail_waiting(self) -> list[MailWaiting]:
        raise StoreUnavailable


async def test_figures_of_the_process_are_there_while_the_store_is_away(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, store=AwayStore()) as (registry, home):
        await home.accepted(federation.letter())
        assert await looked(registry.health) is None
        with pytest.raises(Refusal):
            await registry.health.look()
        status, _, text = await get(registry, "/metrics")
        assert (status, "xieban_registry_calls_total" in text) == (200, True)
        status, _, text = await get(registry, "/federation")
        assert (status, json.loads(text)) == (503, {"reason": "STORAGE_UNAVAILABLE"})


async def test_no_unit_and_no_thread_is_named(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, store=MemoryStore()) as (registry, home):
        letter = federation.letter()
        await home.accepted(letter)
        for path in ("/metrics", "/federation", "/federation.json"):
            text = (await get(registry, path))[2]
            assert letter.header.thread_id not in text
            assert CHENGDU_RD not in text
