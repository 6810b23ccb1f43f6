"""Write tests/vectors/draws.json: draws that every implementation of the contract must give (protocol 13).

python -m scripts.make_vectors_draw

What is computed here is written from the clause, with lists and slices alone, and imports nothing of `delegation.draw`:
the tests hold the two against each other.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "draws.json"
FEDERATION: Final = "xieban-vectors"
HOME, HOST = "330100AC013", "510100AC01H"
_PERSONS: Final = ("王医师", "李主任", "Zhang", "赵\u3000某", "")

Draws = list[dict[str, object]]


def lp(*parts: bytes) -> bytes:
    """Each part after its length as four bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def digest(*parts: bytes) -> bytes:
    """SHA-256 over LP."""
    return hashlib.sha256(lp(*parts)).digest()


def number(value: int) -> bytes:
    """Eight bytes."""
    return value.to_bytes(8, "big")


def named(text: str) -> bytes:
    """32 bytes for a name, so that the file is the same whenever it is made."""
    return hashlib.sha256(text.encode()).digest()


def drawn(seed: bytes, stratum: int, eligible: int, wanted: int) -> tuple[list[int], int]:
    """The places drawn in a stratum, and how many words were passed over."""
    block, stream, passed = 0, b"", 0
    places = list(range(eligible))
    for i in range(wanted):
        left = eligible - i
        while True:
            if not stream:
                stream = hmac.new(seed, lp(b"xieban/draw-stream/v1", number(stratum), number(block)), "sha256").digest()
                block += 1
            word, stream = int.from_bytes(stream[:4], "big"), stream[4:]
            if word < 2**32 - 2**32 % left:
                break
            passed += 1
        j = i + word % left
        places[i], places[j] = places[j], places[i]
    return places[:wanted], passed


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962's root, by its recursive definition."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def a_draw(name: str, strata: list[tuple[int, int, int]], *, leg: int = 1, draw: int = 1) -> dict[str, object]:
    """One draw, from secrets to picks."""
    thread = "WT-330100-20261123-000001-X"
    secrets = {unit: named(f"{name}/{unit}") for unit in (HOME, HOST)}
    commitments = {
        unit: digest(
            b"xieban/draw-commitment/v1",
            FEDERATION.encode(),
            thread.encode(),
            number(leg),
            number(draw),
            unit.encode(),
            secret,
        )
        for unit, secret in secrets.items()
    }
    root, log_root, log_size = named(f"{name}/list"), named(f"{name}/log"), 2**40 + len(name)
    seed = digest(
        b"xieban/draw-seed/v1",
        FEDERATION.encode(),
        thread.encode(),
        number(leg),
        number(draw),
        HOME.encode(),
        secrets[HOME],
        HOST.encode(),
        secrets[HOST],
        root,
        number(log_size),
        log_root,
    )
    picks, passed = [], 0
    for index, (seats, reserves, eligible) in enumerate(strata):
        places, more = drawn(seed, index, eligible, seats + reserves)
        picks.append({"seats": places[:seats], "reserves": places[seats:]})
        passed += more
    return {
        "name": name,
        "federation_id": FEDERATION,
        "thread_id": thread,
        "leg": leg,
        "draw": draw,
        "home_unit": HOME,
        "host_unit": HOST,
        "home_secret": secrets[HOME].hex(),
        "host_secret": secrets[HOST].hex(),
        "home_commitment": commitments[HOME].hex(),
        "host_commitment": commitments[HOST].hex(),
        "eligible_root": root.hex(),
        "log_size": log_size,
        "log_root": log_root.hex(),
        "strata": [{"seats": s, "reserves": r, "eligible": e} for s, r, e in strata],
        "seed": seed.hex(),
        "words_passed_over": passed,
        "picks": picks,
    }


def draws() -> Draws:
    """Draws of every shape."""
    return [
        a_draw("three of three", [(3, 0, 3)]),
        a_draw("three of nine with reserves", [(3, 2, 9)]),
        a_draw("five of five thousand", [(5, 5, 5000)]),
        a_draw("three strata", [(1, 1, 4), (1, 2, 40), (1, 0, 1)]),
        a_draw("five strata", [(1, 1, 2), (1, 1, 3), (1, 1, 17), (1, 1, 255), (1, 1, 257)]),
        a_draw("second draw of the third leg", [(3, 6, 12)], leg=3, draw=2),
        a_draw("everybody", [(5, 59, 64)]),
        a_draw("passed over 8008", [(5, 60, 65_511)]),  # looked for: one word in 66,000 is passed over there
    ]


def lists() -> dict[str, object]:
    """The two lists of experts: leaves and roots."""
    pool, eligible = [], []
    for i, name in enumerate(_PERSONS):
        salt, number_of, title, employer = named(f"pool {i}"), f"E{i:03d}", "主任医师", f"第{i}医院"
        specialties = ["M201", "M204"] if i % 2 else ["M101"]
        pool_leaf = lp(
            b"xieban/pool-expert/v1",
            salt,
            number_of.encode(),
            name.encode(),
            title.encode(),
            employer.encode(),
            ",".join(specialties).encode(),
            b"2026-01-01",
            b"2029-12-31",
            b"0" if i == 4 else b"1",
        )
        pool.append(
            {
                "salt": salt.hex(),
                "expert_id": number_of,
                "name": name,
                "title": title,
                "employer": employer,
                "specialties": specialties,
                "appointed_from": "2026-01-01",
                "appointed_until": "2029-12-31",
                "active": i != 4,
                "leaf": pool_leaf.hex(),
            }
        )
        if i == 4:
            continue
        stratum, position = (0, i // 2) if i % 2 == 0 else (1, i // 2)
        list_salt = named(f"list {i}")
        leaf = lp(
            b"xieban/draw-eligible/v1",
            list_salt,
            number(stratum),
            number(position),
            number_of.encode(),
            name.encode(),
            title.encode(),
            employer.encode(),
            specialties[0].encode(),
        )
        eligible.append(
            {
                "salt": list_salt.hex(),
                "stratum": stratum,
                "position": position,
                "expert_id": number_of,
                "name": name,
                "title": title,
                "employer": employer,
                "specialty": specialties[0],
                "leaf": leaf.hex(),
            }
        )
    eligible.sort(key=lambda each: (each["stratum"], each["position"]))
    return {
        "pool": pool,
        "pool_root": tree([bytes.fromhex(str(each["leaf"])) for each in pool]).hex(),
        "eligible": eligible,
        "eligible_root": tree([bytes.fromhex(str(each["leaf"])) for each in eligible]).hex(),
    }


def text() -> str:
    """The file."""
    comment = "Made by scripts/make_vectors_draw.py from protocol 13. Bytes are hex."
    vectors = {"comment": comment, "draws": draws(), "lists": lists()}
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
