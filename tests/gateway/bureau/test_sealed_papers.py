"""A paper with the bureau's e-seal: asked for by who may press the seal, kept once, offered beside the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from delegation.errors import Reason
from gateway.bureau.documents.worker import find_fonts
from gateway.sealing import ProgramSeal
from node.desk.ports import Role
from tests.gateway.bureau.a_case import a_full_case
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION
from tests.gateway.test_sealing import a_command, key, verify

__all__ = ["key"]  # a fixture
PAPERS = f"/desk/cases/{DELEGATION}/papers"
WHICH = "code=letter&sequence=1"
SEAL = f"/desk/cases/{DELEGATION}/paper/seal?{WHICH}"
SEALED = f"/desk/cases/{DELEGATION}/paper/sealed?{WHICH}"
pytestmark = pytest.mark.skipif(not find_fonts(), reason="no Chinese font here")


@pytest.fixture
def sealing(house: House, tmp_path: Path) -> Iterator[House]:
    """A desk with an e-seal program."""
    house.station.desk.shown = a_full_case()
    house.app.state.paper_seal = ProgramSeal(a_command(tmp_path))
    yield house
    house.app.state.paper_seal = None


async def test_a_paper_is_sealed_once_and_offered_beside_the_other(
    sealing: House, key: ec.EllipticCurvePrivateKey
) -> None:
    async with signed_in(sealing, Role.APPROVER) as client:
        page = await client.get(PAPERS)
        form = form_to(page, SEAL.replace("&", "&amp;").partition("/desk")[2].replace("&amp;", "&"))
        done = await client.post(SEAL, data=form)
        assert done.headers["location"] == f"{PAPERS}?sealed=1"
        after = await client.get(done.headers["location"])
        (paper, pdf) = sealing.station.papers.sealed[DELEGATION, "letter", 1]
        assert "已加盖电子印章" in words(after)
        assert paper.digest.hex()[:16] in words(after)
        assert SEALED.replace("&", "&amp;") in after.text
        assert SEAL.replace("&", "&amp;") not in after.text
        read = await client.get(SEALED)
        assert (read.content, read.headers["content-type"]) == (pdf, "application/pdf")
        assert read.headers["content-disposition"] == f'inline; filename="letter-{DELEGATION}-sealed.pdf"'
        verify(pdf, key.public_key())
        assert pdf[: paper.unsealed_size].startswith(b"%PDF-")
        await client.post(SEAL, data=form)
        assert sealing.station.papers.sealed[DELEGATION, "letter", 1] == (paper, pdf)


async def test_a_program_that_does_not_seal_is_told_and_nothing_is_kept(sealing: House, tmp_path: Path) -> None:
    sealing.app.state.paper_seal = ProgramSeal(a_command(tmp_path, "fails"))
    async with signed_in(sealing, Role.APPROVER) as client:
        token = form_to(await client.get(PAPERS), "")["_csrf"]
        refused = await client.post(SEAL, data={"_csrf": token})
        assert (refused.status_code, "没有盖章" in words(refused)) == (422, True)
        assert (await client.get(SEALED)).status_code == 404
        sealing.station.papers.refused = Reason.NOT_ALLOWED
        assert (await client.post(SEAL, data={"_csrf": token})).status_code == 409
    assert sealing.station.papers.sealed == {}


async def test_without_a_program_or_the_role_nobody_is_offered_a_seal(sealing: House) -> None:
    async with signed_in(sealing) as clerk:
        assert "加盖电子印章" not in words(await clerk.get(PAPERS))
        token = form_to(await clerk.get(PAPERS), "")["_csrf"]
        assert (await clerk.post(SEAL, data={"_csrf": token})).status_code == 403
    sealing.app.state.paper_seal = None
    async with signed_in(sealing, Role.APPROVER) as client:
        assert "加盖电子印章" not in words(await client.get(PAPERS))
        own = form_to(await client.get(PAPERS), "")["_csrf"]
        assert (await client.post(SEAL, data={"_csrf": own})).status_code == 404
