"""A certificate serves its one purpose, under its own authority, in its dates, and no other."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.authority import ChannelAuthority, SealAuthority
from certs.identity import (
    MAX_AUTHORITIES,
    PURPOSE_OIDS,
    CertificateInfo,
    Purpose,
    describe,
    load_certificate,
    spiffe_id,
    verify_certificate,
)
from certs.issuing import VALIDITY, renewal_due
from certs.keys import load_p256, new_csr, new_p256
from certs.requests import checked_request
from delegation.errors import Reason
from tests.certs.refusals import refused
from tests.certs.world import AT, DAY, FEDERATION, HOME

BUREAU = "330100"
LEAVES = (Purpose.CHANNEL, Purpose.NODE, Purpose.UNIT_SIGNING, Purpose.REGISTRY)


class Authorities:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel = ChannelAuthority.create(folder / "channel", FEDERATION, AT - 30 * DAY)
        self.seal = SealAuthority.create(folder / "seal", FEDERATION, AT - 30 * DAY)
        self.key = new_p256()

    @property
    def all(self) -> list[bytes]:
        return [self.channel.certificate, self.seal.certificate]

    def leaf(self, purpose: Purpose) -> bytes:
        csr = new_csr(self.key)
        makers: dict[Purpose, Callable[[], bytes]] = {
            Purpose.CHANNEL: lambda: self.channel.issue_channel(csr, BUREAU, AT),
            Purpose.NODE: lambda: self.channel.issue_node(csr, BUREAU, AT),
            Purpose.UNIT_SIGNING: lambda: self.seal.issue_unit(csr, HOME, AT),
            Purpose.REGISTRY: lambda: self.channel.issue_registry_server(csr, host_names=["localhost", "::1"], at=AT),
        }
        return makers[purpose]()


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return Authorities(tmp_path_factory.mktemp("authorities"))


class TestPurposes:
    @pytest.mark.parametrize("purpose", LEAVES)
    def test_says_which_it_is(self, authorities: Authorities, purpose: Purpose) -> None:
        der = authorities.leaf(purpose)
        info = verify_certificate(der, purpose=purpose, authorities=authorities.all, at=AT)
        name = {Purpose.UNIT_SIGNING: HOME, Purpose.REGISTRY: ""}.get(purpose, BUREAU)
        assert (info.purpose, info.name, info.trust_domain) == (purpose, name, FEDERATION)
        assert describe(der) == info

    @pytest.mark.parametrize("made_for", LEAVES)
    @pytest.mark.parametrize("asked_for", [*LEAVES, Purpose.CHANNEL_AUTHORITY, Purpose.SEAL_AUTHORITY])
    def test_serves_nothing_else(self, authorities: Authorities, made_for: Purpose, asked_for: Purpose) -> None:
        if made_for is asked_for:
            return
        der = authorities.leaf(made_for)
        refusal = refused(lambda: verify_certificate(der, purpose=asked_for, authorities=authorities.all, at=AT))
        assert refusal.reason is Reason.CERTIFICATE_PURPOSE

    @pytest.mark.parametrize("purpose", LEAVES)
    def test_is_issued_by_its_own_authority_alone(self, authorities: Authorities, purpose: Purpose) -> None:
        wrong = authorities.channel if purpose.issuer is Purpose.SEAL_AUTHORITY else authorities.seal
        der = authorities.leaf(purpose)
        refusal = refused(lambda: verify_certificate(der, purpose=purpose, authorities=[wrong.certificate], at=AT))
        assert refusal.reason is Reason.CERTIFICATE_NOT_TRUSTED

    def test_who_runs_the_registry_makes_no_seal(self, authorities: Authorities) -> None:
        """The channel authority's key, which the registry has, signs a unit certificate that is right otherwise."""
        der = forged(authorities, authorities.channel)
        refusal = refused(verify_certificate, der, purpose=Purpose.UNIT_SIGNING, authorities=authorities.all, at=AT)
        assert (refusal.reason, refusal.details) == (Reason.CERTIFICATE_NOT_TRUSTED, {"why": "chain"})

    def test_another_authority_of_the_same_name_is_not_the_pinned_one(
        self, authorities: Authorities, tmp_path: Path
    ) -> None:
        other = Authorities(tmp_path)
        for purpose in LEAVES:
            der = other.leaf(purpose)
            assert refused(verify_certificate, der, purpose=purpose, authorities=authorities.all, at=AT).details == {
                "why": "chain"
            }

    def test_another_federation_is_foreign(self, authorities: Authorities, tmp_path: Path) -> None:
        foreign = SealAuthority.create(tmp_path / "f", "other-federation", AT)
        der = foreign.issue_unit(new_csr(new_p256()), HOME, AT)
        authorities_of_both = [authorities.seal.certificate]
        assert refused(
            lambda: verify_certificate(der, purpose=Purpose.UNIT_SIGNING, authorities=authorities_of_both, at=AT)
        ).details == {"why": "authority"}

    def test_authorities_are_pinned_byte_for_byte(self, authorities: Authorities, tmp_path: Path) -> None:
        own = authorities.seal.certificate
        verify_certificate(own, purpose=Purpose.SEAL_AUTHORITY, authorities=[own], at=AT)
        other = SealAuthority.create(tmp_path / "s", FEDERATION, AT).certificate
        assert refused(
            lambda: verify_certificate(other, purpose=Purpose.SEAL_AUTHORITY, authorities=[own], at=AT)
        ).details == {"why": "authority"}


class TestDates:
    @pytest.mark.parametrize("purpose", LEAVES)
    def test_holds_from_a_little_before_until_its_end(self, authorities: Authorities, purpose: Purpose) -> None:
        der = authorities.leaf(purpose)

        def judge(at_offset: timedelta) -> CertificateInfo:
            return verify_certificate(der, purpose=purpose, authorities=authorities.all, at=AT + at_offset)

        judge(timedelta(minutes=-5))
        judge(VALIDITY[purpose] - timedelta(seconds=1))
        for offset in (timedelta(minutes=-11), VALIDITY[purpose] + timedelta(seconds=1)):
            assert refused(judge, offset).reason is Reason.CERTIFICATE_EXPIRED

    def test_ends_with_its_authority(self, tmp_path: Path) -> None:
        start = AT - VALIDITY[Purpose.SEAL_AUTHORITY] + 10 * DAY
        authority = SealAuthority.create(tmp_path / "old", FEDERATION, start)
        info = describe(authority.issue_unit(new_csr(new_p256()), HOME, AT))
        assert info.not_after == authority.info.not_after
        late = AT + 11 * DAY
        assert refused(lambda: authority.issue_unit(new_csr(new_p256()), HOME, late)).reason is (
            Reason.CERTIFICATE_EXPIRED
        )

    def test_is_renewed_at_two_thirds(self) -> None:
        assert renewal_due(AT, AT + 90 * DAY) == AT + 60 * DAY


def forged(authorities: Authorities, by: ChannelAuthority | None = None, **changes: object) -> bytes:
    """A unit certificate as a careless authority might issue it: signed rightly, but made otherwise."""
    issuer_der = authorities.seal.certificate if by is None else by.certificate
    issuer_key = load_p256(authorities.folder / ("seal" if by is None else "channel") / "authority.key")
    issuer = x509.load_der_x509_certificate(issuer_der)
    key = changes.get("public_key", authorities.key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(issuer.subject)
        .issuer_name(issuer.subject)
        .public_key(key)  # type: ignore[arg-type] # any kind, on purpose
        .serial_number(7)
        .not_valid_before(AT - DAY)
        .not_valid_after(AT + DAY)
    )
    extensions: dict[str, tuple[x509.ExtensionType, bool]] = {
        "basic": (x509.BasicConstraints(ca=False, path_length=None), True),
        "usage": (_usage(), True),
        "purpose": (x509.ExtendedKeyUsage([PURPOSE_OIDS[Purpose.UNIT_SIGNING]]), False),
        "names": (_names(spiffe_id(FEDERATION, Purpose.UNIT_SIGNING, HOME)), False),
        "authority": (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    }
    for name, value in changes.items():
        if value is None:
            del extensions[name]
        elif isinstance(value, x509.ExtensionType):
            extensions[name] = (value, extensions[name][1] if name in extensions else True)
    for extension, critical in extensions.values():
        builder = builder.add_extension(extension, critical)
    algorithm = changes.get("hash", hashes.SHA256())
    assert isinstance(algorithm, hashes.SHA256 | hashes.SHA384)
    return builder.sign(issuer_key, algorithm).public_bytes(serialization.Encoding.DER)


def _names(*uris: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])


def _names_and_host(uri: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName("registry.test")])


def _usage(**changes: bool) -> x509.KeyUsage:
    fields = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**(fields | {"digital_signature": True} | changes))


UNIT_URI = spiffe_id(FEDERATION, Purpose.UNIT_SIGNING, HOME)


class TestForms:
    """Signed by the right authority, and yet not ours."""

    def judge(self, authorities: Authorities, der: bytes) -> CertificateInfo:
        return verify_certificate(der, purpose=Purpose.UNIT_SIGNING, authorities=authorities.all, at=AT)

    def test_control(self, authorities: Authorities) -> None:
        assert self.judge(authorities, forged(authorities)).name == HOME

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"basic": x509.BasicConstraints(ca=True, path_length=0)}, Reason.CERTIFICATE_PURPOSE),
            ({"basic": None}, Reason.CERTIFICATE_PURPOSE),
            ({"usage": _usage(key_cert_sign=True)}, Reason.CERTIFICATE_PURPOSE),
            ({"usage": _usage(digital_signature=False)}, Reason.CERTIFICATE_PURPOSE),
            ({"usage": _usage(key_agreement=True)}, Reason.CERTIFICATE_PURPOSE),
            ({"usage": None}, Reason.CERTIFICATE_PURPOSE),
            ({"purpose": None}, Reason.CERTIFICATE_PURPOSE),
            (
                {"purpose": x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])},
                Reason.CERTIFICATE_PURPOSE,
            ),
            (
                {"purpose": x509.ExtendedKeyUsage([PURPOSE_OIDS[Purpose.UNIT_SIGNING], PURPOSE_OIDS[Purpose.NODE]])},
                Reason.CERTIFICATE_PURPOSE,
            ),
            (
                {"purpose": x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])},
                Reason.CERTIFICATE_PURPOSE,
            ),
            ({"names": None}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names(UNIT_URI, UNIT_URI)}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names_and_host(UNIT_URI)}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names(UNIT_URI + "/more")}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names(f"spiffe://{FEDERATION}/unit/330100RD010/signing")}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names(f"spiffe://{FEDERATION}/bureau/330100")}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names(f"https://{FEDERATION}/unit/{HOME}/signing")}, Reason.CERTIFICATE_PURPOSE),
            ({"names": x509.SubjectAlternativeName([x509.DNSName("a.test")])}, Reason.CERTIFICATE_PURPOSE),
            ({"names": _names(f"spiffe://OTHER/unit/{HOME}/signing")}, Reason.CERTIFICATE_PURPOSE),
            (
                {"strange": x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")},
                Reason.CERTIFICATE_NOT_TRUSTED,
            ),
            ({"hash": hashes.SHA384()}, Reason.CERTIFICATE_NOT_TRUSTED),
        ],
    )
    def test_refused(self, authorities: Authorities, changes: dict[str, Any], reason: Reason) -> None:
        der = forged(authorities, **changes)
        assert refused(lambda: self.judge(authorities, der)).reason is reason

    @pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()])
    def test_other_curves_are_weak(self, authorities: Authorities, curve: ec.EllipticCurve) -> None:
        der = forged(authorities, public_key=ec.generate_private_key(curve).public_key())
        refusal = refused(lambda: self.judge(authorities, der))
        assert (refusal.reason, refusal.details) == (Reason.WEAK_KEY, {"why": "WRONG_CURVE"})

    def test_other_kinds_are_weak(self, authorities: Authorities) -> None:
        for key in (
            rsa.generate_private_key(65537, 2048).public_key(),
            ed25519.Ed25519PrivateKey.generate().public_key(),
            ed448.Ed448PrivateKey.generate().public_key(),
            x25519.X25519PrivateKey.generate().public_key(),
        ):
            der = forged(authorities, public_key=key)
            assert refused(self.judge, authorities, der).details == {"why": "WRONG_KIND"}

    def test_a_leaf_issues_nothing(self, authorities: Authorities) -> None:
        """What a unit signs as if it were an authority is believed by nobody, also with its chain shown."""
        leaf = authorities.leaf(Purpose.UNIT_SIGNING)
        issuer = load_certificate(leaf)
        key = new_p256()
        child = (
            x509.CertificateBuilder()
            .subject_name(issuer.subject)
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(8)
            .not_valid_before(AT - DAY)
            .not_valid_after(AT + DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(_usage(), True)
            .add_extension(x509.ExtendedKeyUsage([PURPOSE_OIDS[Purpose.UNIT_SIGNING]]), False)
            .add_extension(_names(UNIT_URI), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authorities.key.public_key()), False)
            .sign(authorities.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.DER)
        )
        for between in ([], [leaf]):
            assert refused(
                verify_certificate,
                child,
                purpose=Purpose.UNIT_SIGNING,
                authorities=authorities.all,
                at=AT,
                intermediates=between,
            ).reason is (Reason.CERTIFICATE_NOT_TRUSTED)

    def test_damaged_or_large_ones(self, authorities: Authorities) -> None:
        good = authorities.leaf(Purpose.UNIT_SIGNING)
        for bad in (b"", b"\x30", good[:-1], good + b"\0", b"x" * 100, good * 10):
            assert refused(self.judge, authorities, bad).reason is Reason.CERTIFICATE_NOT_TRUSTED
        for position in range(0, len(good), 7):
            changed = bytearray(good)
            changed[position] ^= 1
            refused(self.judge, authorities, bytes(changed))

    def test_number_of_authorities_is_bounded(self, authorities: Authorities) -> None:
        der = authorities.leaf(Purpose.NODE)
        for some in ([], [authorities.channel.certificate] * (MAX_AUTHORITIES + 1)):
            assert refused(verify_certificate, der, purpose=Purpose.NODE, authorities=some, at=AT).details == {
                "why": "authority"
            }


class TestRequests:
    """Trial 17: nothing weak is enrolled, and each refusal says why."""

    def csr(self, key: object, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
        name = x509.Name([])
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)  # type: ignore[arg-type] # any kind

    def test_good(self) -> None:
        key = new_p256()
        assert checked_request(new_csr(key)) == key.public_key()

    @pytest.mark.parametrize(
        ("key", "algorithm", "why"),
        [
            (ec.generate_private_key(ec.SECP384R1()), hashes.SHA256(), "WRONG_CURVE"),
            (ec.generate_private_key(ec.SECP256K1()), hashes.SHA256(), "WRONG_CURVE"),
            (ec.generate_private_key(ec.SECP224R1()), hashes.SHA256(), "WRONG_CURVE"),
            (rsa.generate_private_key(65537, 1024), hashes.SHA256(), "WRONG_KIND"),  # noqa: S505 - weak on purpose
            (rsa.generate_private_key(65537, 2048), hashes.SHA256(), "WRONG_KIND"),
            (dsa.generate_private_key(1024), hashes.SHA256(), "WRONG_KIND"),  # noqa: S505 - as above
            (ed25519.Ed25519PrivateKey.generate(), None, "WRONG_KIND"),
            (ed448.Ed448PrivateKey.generate(), None, "WRONG_KIND"),
            (mldsa.MLDSA65PrivateKey.generate(), None, "WRONG_KIND"),
        ],
        ids=["P-384", "secp256k1", "P-224", "RSA-1024", "RSA-2048", "DSA-1024", "Ed25519", "Ed448", "ML-DSA"],
    )
    def test_weak_or_other(self, key: object, algorithm: hashes.HashAlgorithm | None, why: str) -> None:
        csr = self.csr(key, algorithm)
        refusal = refused(lambda: checked_request(csr))
        assert (refusal.reason, refusal.details) == (Reason.WEAK_KEY, {"why": why})

    def test_a_point_off_the_curve(self) -> None:
        key = new_p256()
        csr = new_csr(key)
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        moved = csr.replace(point, point[:-1] + bytes((point[-1] ^ 1,)))
        assert moved != csr
        assert refused(lambda: checked_request(moved)).reason in {Reason.WEAK_KEY, Reason.MALFORMED}

    def test_not_signed_by_its_own_key(self) -> None:
        first, second = new_p256(), new_p256()
        forms = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        swapped = new_csr(first).replace(
            first.public_key().public_bytes(*forms), second.public_key().public_bytes(*forms)
        )
        assert refused(lambda: checked_request(swapped)).reason is Reason.BAD_SIGNATURE
        strong = self.csr(first, hashes.SHA512())
        assert refused(lambda: checked_request(strong)).reason is Reason.BAD_SIGNATURE

    def test_what_is_no_request(self) -> None:
        for data in (b"", b"\x30\x00", b"x" * 300, b"\x30" * 5000):
            assert refused(checked_request, data).reason is Reason.MALFORMED

    def test_authorities_enrol_none(self, authorities: Authorities) -> None:
        csr = self.csr(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256())
        for issue in (
            lambda: authorities.channel.issue_channel(csr, BUREAU, AT),
            lambda: authorities.channel.issue_node(csr, BUREAU, AT),
            lambda: authorities.seal.issue_unit(csr, HOME, AT),
        ):
            assert refused(issue).reason is Reason.WEAK_KEY

    @pytest.mark.parametrize("name", ["", "33010", "330100/node", "330100\n", "3301O0", HOME])
    def test_authorities_issue_to_no_malformed_name(self, authorities: Authorities, name: str) -> None:
        with pytest.raises(ValueError, match=r"format|check"):
            authorities.channel.issue_channel(new_csr(new_p256()), name, AT)
        if name != HOME:
            with pytest.raises(ValueError, match=r"format|check"):
                authorities.seal.issue_unit(new_csr(new_p256()), name, AT)


def test_key_of(authorities: Authorities) -> None:
    key: EllipticCurvePrivateKey = authorities.key
    assert describe(authorities.leaf(Purpose.NODE)).public_key == key.public_key()
