"""A case full of words that occur nowhere else, played through real processes, and what to look for afterwards."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import text

from certs.envelope import open_body
from cli.demo.desk import Desk, Json
from cli.demo.story import Staff, load_case
from cli.local_federation import CHENGDU, HANGZHOU, SICHUAN, BureauPlan, LocalFederation
from delegation.codec_body import materials_of
from delegation.codec_entry import parse_sealed
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.digits import UnitType
from delegation.payloads import hpke_info, sealing_key_id
from node.keyring import MASTER_FILE
from node.settings import NodeSettings
from registry.settings import RegistrySettings
from registry.sql_engine import make_engine
from tests.trials.support.search import Search, forms_of_number, forms_of_secret, forms_of_text

_SAMPLE = Path(__file__).parents[3] / "examples" / "hangzhou-chengdu.json"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_STAFF = (
    (HANGZHOU, "hz-jb-01", "clerk"),
    (HANGZHOU, "hz-sp-01", "approver"),
    (CHENGDU, "cd-jb-01", "clerk"),
    (CHENGDU, "cd-sh-01", "approver"),
)


@dataclass(slots=True)
class Canaries:
    """Words by what they are; drawn anew for each run."""

    random: random.Random
    texts: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, bytes] = field(default_factory=dict)
    id_number: str = ""

    @classmethod
    def drawn(cls, seed: int) -> "Canaries":
        """From a seed."""
        found = cls(random.Random(seed))  # noqa: S311 - a seed repeats the run
        for name in (
            "worker name",
            "employer name",
            "case summary",
            "diagnosis",
            "course",
            "place",
            "witness",
            "contact",
            "item",
            "question",
            "answer",
            "report",
            "opinion",
            "completion",
            "file name",
            "file text",
            "evidence name",
            "investigator",
            "acceptance number",
        ):
            found.texts[name] = found.word()
        found.staff = {staff_id: found.word(4) for _, staff_id, _ in _STAFF}
        found.passwords = {staff_id: found.random.randbytes(9).hex() for _, staff_id, _ in _STAFF}
        found.id_number = found._citizen_id()
        return found

    def word(self, size: int = 6) -> str:
        """Characters that stand together nowhere else."""
        return "".join(chr(self.random.randint(0x4E00, 0x9F00)) for _ in range(size))

    def _citizen_id(self) -> str:
        """Born 1989-07-15, whose check character is an X: such a tail is seldom anywhere by chance."""
        while True:
            body = f"33010619890715{self.random.randint(0, 999):03d}"
            if sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11 == 2:
                return body + "X"

    def search(self) -> Search:
        """For everything."""
        words: dict[str, Mapping[str, bytes]] = {name: forms_of_text(value) for name, value in self.texts.items()}
        words["ID number"] = forms_of_number(self.id_number)
        words |= {f"password of {staff}": forms_of_text(value) for staff, value in self.passwords.items()}
        words |= {name: forms_of_secret(value) for name, value in self.secrets.items()}
        words |= {f"name of {staff}": forms_of_text(value) for staff, value in self.staff.items()}
        return Search(words, last_four=self.id_number[-4:])

    def case(self) -> Json:
        """The sample case with every personal part replaced."""
        words = self.texts
        case = load_case(_SAMPLE, today=day_of(datetime.now(UTC)))
        letter = cast("Json", case["letter"])
        letter["case_summary"] = f"案情：{words['case summary']}。"
        letter["acceptance_number"] = words["acceptance number"]
        letter["contact_phone"] = "0571-00000000"
        for item in cast("list[Json]", letter["items"]):
            item["text"] = f"核实{words['item']}。"
        worker, employer = cast("Json", letter["worker"]), cast("Json", letter["employer"])
        worker |= {"name": words["worker name"], "id_number": self.id_number, "sex": "1", "born_on": "1989-07-15"}
        employer |= {"name": words["employer name"], "contact_name": words["contact"]}
        cast("Json", letter["applicant"])["name"] = words["employer name"]
        cast("Json", letter["accident"]).update(
            {
                "place_text": words["place"],
                "course": words["course"],
                "diagnosis": words["diagnosis"],
                "witnesses": [{"name": words["witness"], "phone": "028-00000003", "role": "班长"}],
            }
        )
        case["attachments"] = [
            {"name": f"{words['file name']}.txt", "document_kind": "acceptance", "make": "text", "lines": 40},
            {"name": "录音.wav", "document_kind": "audio", "make": "wav", "megabytes": 2},
        ]
        host = cast("Json", case["host"])
        host |= {name: words[name] for name in ("question", "answer", "report")}
        host["factual_opinion"] = words["opinion"]
        host["evidence"] = [
            {"name": f"{words['evidence name']}.txt", "document_kind": "interview", "make": "text", "lines": 90}
        ]
        for each in cast("list[Json]", host["investigators"]):
            each["name"] = words["investigator"]
        for each in cast("list[Json]", host["answers"]):
            each["text"] = words["opinion"]
        case["completion"] = words["completion"]
        return case


class CanaryDesk(Desk):
    """A desk whose text files hold the canary too."""

    file_text = ""

    def issue(self, business: Mapping[str, object], files: Sequence[tuple[Path, str]], approver: Desk) -> str:
        """As a desk."""
        for file, _ in files:
            if file.suffix == ".txt":
                file.write_text(file.read_text(encoding="utf-8") + self.file_text, encoding="utf-8")
        return super().issue(business, files, approver)


class CanaryFederation(LocalFederation):
    """Two bureaus, the host's office and a registry at the debug level; staff of the bureaus with canary names."""

    def __init__(self, folder: Path, canaries: Canaries) -> None:
        """Nothing is made before `prepare`."""
        super().__init__(folder, (HANGZHOU, CHENGDU, SICHUAN), log_level="debug")
        self.canaries = canaries
        self.passwords.update(canaries.passwords)

    def __enter__(self) -> Self:
        """As it is."""
        return self

    def prepare(self) -> None:
        """As a demonstration does."""
        self.make_registry()
        self.start_registry()
        self.publish_roster([request for bureau in self.bureaus for request in self.enrol(bureau)])
        for bureau, staff_id, role in _STAFF:
            unit = bureau.unit(UnitType.RECOGNITION)
            self.add_account(bureau, unit, staff_id=staff_id, name=self.canaries.staff[staff_id], role=role)
        self.start_nodes()

    def staff(self) -> Staff:
        """Everyone signed in."""
        CanaryDesk.file_text = self.canaries.texts["file text"]
        return Staff(*(self._desk(bureau, staff_id) for bureau, staff_id, _ in _STAFF))

    def _desk(self, bureau: BureauPlan, staff_id: str) -> CanaryDesk:
        return CanaryDesk(
            self.http_urls[bureau.code],
            staff_id=staff_id,
            password=self.passwords[staff_id],
            unit=bureau.unit(UnitType.RECOGNITION),
        )

    def pid(self, name: str) -> int:
        """Of a service."""
        process = self.services[name].process
        assert process is not None
        return process.pid

    def learn_secrets(self) -> int:
        """Every key that a bureau has, and registry and office must not: private keys, content keys, keys of materials.

        Content keys are got as a recipient gets them, from what the registry itself keeps. Gives how many those were.
        """
        secrets = self.canaries.secrets
        sealing: dict[bytes, X25519PrivateKey] = {}
        for bureau in (HANGZHOU, CHENGDU):
            keys = NodeSettings.load(self.node_dir(bureau.code)).keys_dir
            for path in keys.rglob("*.pem"):
                key = load_pem_private_key(path.read_bytes(), None)
                if isinstance(key, X25519PrivateKey):
                    sealing[sealing_key_id(key.public_key().public_bytes_raw())] = key
                    secrets[f"{bureau.code} {path.name}"] = key.private_bytes_raw()
                else:
                    number = key.private_numbers().private_value  # type: ignore[union-attr]  # all others are P-256
                    secrets[f"{bureau.code} {path.name}"] = number.to_bytes(32, "big")
            for number_of_line, line in enumerate((keys / MASTER_FILE).read_text(encoding="ascii").split()[-2:]):
                secrets[f"{bureau.code} master key {number_of_line}"] = bytes.fromhex(line)
        return self._learn_content_keys(sealing)

    def _learn_content_keys(self, sealing: Mapping[bytes, X25519PrivateKey]) -> int:
        engine = make_engine(RegistrySettings.load(self.registry_dir).database)
        query = "SELECT a.header, b.data FROM envelope_answer a JOIN sealed_body b ON a.leaf_index = b.leaf_index"
        try:
            with engine.connect() as connection:
                rows = connection.execute(text(query)).all()
        finally:
            engine.dispose()
        suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        for header_bytes, sealed_body in rows:
            header = parse_header(header_bytes)
            recipient, sealed = header.recipients[0], parse_sealed(sealed_body)
            key, name = sealing[recipient.key_id], header.envelope_id
            info = hpke_info(header.context_digest, recipient.unit, recipient.key_id)
            self.canaries.secrets[f"content key {name}"] = suite.decrypt(sealed.keys[0], key, info)
            if header.kind is not Kind.RESEAL:
                body = open_body(header, sealed_body, unit=recipient.unit, private_key=key).body
                for material in materials_of(body):
                    self.canaries.secrets[f"key of material {material.material_id}"] = material.key
        return len(rows)
