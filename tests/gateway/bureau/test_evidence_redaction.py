"""Regions of pictures made black, and nothing of the old picture left."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from gateway.bureau.evidence.redact_worker import Ended, RedactError, redacted
from node.desk.ports import Role
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import MATERIAL, a_material

AT = f"/desk/files/{MATERIAL}/redact"
PLACE = b"shot in a place that must not travel"
PROFILE = b"a profile made by one camera alone"
RED = (200, 30, 30)


def a_picture(kind: str = "JPEG", *, size: tuple[int, int] = (80, 60), turned: int = 1) -> bytes:
    """Red all over, with words in its EXIF and a colour profile."""
    picture = Image.new("RGB", size, RED)
    exif = picture.getexif()
    exif[0x010E], exif[0x0112] = PLACE.decode(), turned
    out = BytesIO()
    picture.save(out, kind, exif=exif, icc_profile=PROFILE)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    """The picture's pixels."""
    with Image.open(BytesIO(content)) as found:
        found.load()
        return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_region_is_black_and_what_was_beside_the_pixels_is_gone(kind: str) -> None:
    content = a_picture(kind)
    assert PLACE in content
    assert PROFILE in content or kind == "PNG"  # there it is compressed
    made, size = redacted(content, [(16, 16, 32, 16)], most_pixels=10_000)
    assert size == "80x60"
    assert PLACE not in made
    assert PROFILE not in made
    found = opened(made)
    assert found.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not found.getexif()
    grey = found.convert("L")
    assert not any(grey.crop((17, 17, 47, 31)).tobytes())
    assert min(grey.crop((60, 40, 76, 56)).tobytes()) > 40


def test_a_turned_photograph_is_redacted_as_it_is_shown() -> None:
    made, size = redacted(a_picture(turned=6), [(0, 0, 60, 40)], most_pixels=10_000)
    assert size == "60x80"
    found = opened(made).convert("L")
    assert found.size == (60, 80)
    assert max(found.crop((0, 0, 56, 36)).tobytes()) < 16
    assert min(found.crop((10, 60, 50, 76)).tobytes()) > 40


def test_transparent_pixels_hide_nothing() -> None:
    picture = Image.new("RGBA", (20, 20), (10, 20, 30, 0))
    out = BytesIO()
    picture.save(out, "PNG")
    made, _ = redacted(out.getvalue(), [(0, 0, 5, 5)], most_pixels=10_000)
    assert opened(made).mode == "RGB"
    assert opened(made).getpixel((10, 10)) == (255, 255, 255)


def test_a_box_may_reach_over_the_edge_but_not_lie_beside_the_picture() -> None:
    redacted(a_picture(), [(70, 50, 1000, 1000)], most_pixels=10_000)
    with pytest.raises(RedactError) as beside:
        redacted(a_picture(), [(80, 0, 5, 5)], most_pixels=10_000)
    assert beside.value.ended is Ended.OUTSIDE


def _several() -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "ended"),
    [
        (a_picture("PNG", size=(200, 100)), Ended.TOO_LARGE),
        (_several(), Ended.SEVERAL),
        (b"%PDF-1.7", Ended.NOT_A_PICTURE),
        (a_picture()[:400], Ended.NOT_A_PICTURE),
        (b"", Ended.NOT_A_PICTURE),
        (a_picture("TIFF"), Ended.NOT_A_PICTURE),
    ],
)
def test_what_is_no_usual_picture_is_refused(content: bytes, ended: Ended) -> None:
    with pytest.raises(RedactError) as refused:
        redacted(content, [(0, 0, 5, 5)], most_pixels=10_000)
    assert refused.value.ended is ended


def keep(house: House, content: bytes, **changes: object) -> None:
    """Let the node hold a picture."""
    values: dict[str, object] = {"name": "身份证.jpg", "media_type": "image/jpeg", **changes}
    view = replace(a_material(size=len(content)), **values)  # type: ignore[arg-type] # checked by the dataclass
    house.station.desk.files[MATERIAL] = FakeFile(view, content)


async def test_the_copy_lies_beside_the_original_which_is_held_back(house: House) -> None:
    keep(house, a_picture(), document_kind="witness", original_at="档案室")
    async with signed_in(house) as client:
        form = form_to(await client.get(AT), "/redact")
        typed = {**form, "r.0.x": "16", "r.0.y": "16", "r.0.w": "32", "r.0.h": "16"}
        sent = await client.post(AT, data=typed)
        assert sent.status_code == 303
        original, copy = (file.view for file in house.station.desk.files.values())
        assert (original.withheld, copy.withheld, copy.redacts) == (True, False, MATERIAL)
        assert (copy.name, copy.is_copy, copy.document_kind) == ("身份证（已遮盖）.jpg", True, "witness")
        page = await client.get(sent.headers["location"])
        assert "原图只留本机构" in words(page)
        content = b"".join([piece async for piece in house.station.desk.files[copy.material_id].read()])
        assert PLACE not in content


async def test_wrong_numbers_keep_what_was_typed(house: House) -> None:
    keep(house, a_picture())
    async with signed_in(house) as client:
        form = form_to(await client.get(AT), "/redact")
        assert "至少" in words(await client.post(AT, data=form))
        for wrong in ({"r.1.x": "1"}, {"r.1.x": "-1", "r.1.y": "0", "r.1.w": "5", "r.1.h": "5"}):
            page = await client.post(AT, data={**form, **wrong})
            assert page.status_code == 422
            assert form_to(page, "/redact")["r.1.x"] == [wrong["r.1.x"]]
            assert 'id="r-1-fault"' in page.text
        beside = {f"r.0.{side}": value for side, value in zip("xywh", ("900", "0", "5", "5"), strict=True)}
        assert "在图像之外" in words(await client.post(AT, data={**form, **beside}))
    assert list(house.station.desk.files) == [MATERIAL]


async def test_only_an_own_unsent_picture_is_redacted(house: House) -> None:
    async with signed_in(house) as client:
        for changes in ({"media_type": "application/pdf"}, {"attached_to": "x"}, {"from_unit": "510100RD015"}):
            keep(house, a_picture(), **changes)
            assert (await client.get(AT)).status_code == 409
    keep(house, a_picture())
    async with signed_in(house, Role.APPROVER) as client:
        assert (await client.get(AT)).status_code == 403
