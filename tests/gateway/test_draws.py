"""The file of a draw over HTTP: byte for byte what the node made, with names and without."""

from certs.draw_proof import verify_draw_file
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION

FILE = f"/api/v1/delegations/{DELEGATION}/draw-file"


async def test_the_file_proves_the_draw_with_names_and_without(house: House) -> None:
    async with house.caller() as client:
        named = await client.get(FILE)
        assert named.status_code == 200
        assert named.headers["content-disposition"] == f'attachment; filename="draw-{DELEGATION}.json"'
        assert verify_draw_file(named.content).ok
        assert any("expert" in each for each in named.json()["experts"])
        bare = await client.get(FILE, params={"names": "false"})
        assert verify_draw_file(bare.content).ok
        assert all("expert" not in each for each in bare.json()["experts"])
        house.station.draws.drawn = False
        early = await client.get(FILE)
        assert (early.status_code, early.json()["reason"]) == (409, "NOT_ALLOWED")
