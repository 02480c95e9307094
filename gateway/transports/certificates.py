"""Certificates of both sides: how a connection is secured, when the first of them ends, and what is wrong with one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from gateway.submission import SECOND, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    Who we are to the other side, and whom it must be vouched for by: PEM files, so that secrets stay where they lie.

    `certificate` and `key` go together; `authorities` are the only ones trusted, those of the system where it is None.
    """

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """
        Changes when one of the files does, as when a certificate was renewed.

        Raises:
            BadCredentials: one is not there.
        """
        try:
            return tuple((at.st_mtime_ns, at.st_size) for at in (path.stat() for path in self._files()))
        except OSError:
            raise BadCredentials("credentials-missing") from None

    def context(self) -> ssl.SSLContext:
        """
        TLS 1.2 or newer, the other side's name and chain checked, our certificate shown where there is one.

        Raises:
            BadCredentials: a file is unreadable, or certificate and key do not belong together.
        """
        try:
            context = ssl.create_default_context(cafile=str(self.authorities) if self.authorities else None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key, password="")  # a password is never asked for
        except OSError:  # ssl.SSLError is one
            raise BadCredentials("credentials-unreadable") from None
        return context

    def until(self) -> Micros | None:
        """
        When our own certificate ends; None where there is none.

        Raises:
            BadCredentials: the file is unreadable.
        """
        if self.certificate is None:
            return None
        try:
            chain = x509.load_pem_x509_certificates(self.certificate.read_bytes())
        except (OSError, ValueError):
            raise BadCredentials("credentials-unreadable") from None
        return _first_end(chain)

    def _files(self) -> list[Path]:
        return [path for path in (self.authorities, self.certificate, self.key) if path is not None]


class BadCredentials(Exception):
    """Our own files will not do; `because` is the code that leaves the transports."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


def their_end(secured: ssl.SSLObject | ssl.SSLSocket | None) -> Micros | None:
    """When the certificate that the other side showed ends; None before it has shown one."""
    shown = secured.getpeercert(binary_form=True) if secured is not None else None
    return _first_end([x509.load_der_x509_certificate(shown)]) if shown else None


def first(*ends: Micros | None) -> Micros | None:
    """The earliest of those that are known."""
    return min((end for end in ends if end is not None), default=None)


def what_is_wrong(error: ssl.SSLError) -> str:
    """A code for a handshake that failed: whose certificate, and why."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _THEIRS.get(error.verify_code, "certificate-refused")
    return "own-certificate-refused" if refused_ours(error) else "tls-failed"


def refused_ours(error: ssl.SSLError) -> bool:
    """
    Whether the other side ended the handshake because of our certificate.

    With TLS 1.3 that is heard only after the first bytes were sent, and proves that nobody has read them.
    """
    return error.reason in _ALERTS


def _first_end(chain: list[x509.Certificate]) -> Micros | None:
    ends = [certificate.not_valid_after_utc for certificate in chain]
    return Micros(int((min(ends) - _BEGINNING).total_seconds()) * SECOND) if ends else None


_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

_THEIRS: Final = {
    9: "certificate-not-yet-valid",
    10: "certificate-expired",
    18: "certificate-unknown-issuer",  # self-signed
    19: "certificate-unknown-issuer",
    20: "certificate-unknown-issuer",
    21: "certificate-unknown-issuer",
    23: "certificate-revoked",
    62: "certificate-wrong-name",
    64: "certificate-wrong-name",  # an address instead of a name
}
"""OpenSSL's X509_V_ERR_* numbers"""

_ALERTS: Final = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }
)
"""RFC 8446, section 6.2, by OpenSSL's names"""
