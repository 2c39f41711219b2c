"""The door through which messages leave: to public addresses alone, by https, without redirects.

The name is looked up once, every address it has must be public, and the connection goes to one of
these addresses: a name that changes its mind in between leads nowhere else.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread, Timer
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address

#: Seconds for the whole of an attempt, and for each step of it.
DEADLINE, PATIENCE = 15.0, 5.0
PORTS = (443, 8443)
LONGEST = 500
#: All that was ever given out of IPv6 for the public network (RFC 4291, IANA).
GIVEN_OUT = ip_network("2000::/3")
#: Lead into IPv4 networks by way of a translator.
TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


class NotAllowed(ValueError):
    """An address that is told nothing: not https, or not in the public network."""


class NotReached(RuntimeError):
    """Nobody answered there, or not in time."""


def is_public(address: Address) -> bool:
    """Tell whether an address lies in the public network."""
    inner = getattr(address, "ipv4_mapped", None)
    if inner is not None:
        return is_public(inner)
    if address.version == GIVEN_OUT.version and address not in GIVEN_OUT:
        return False
    if any(address.version == net.version and address in net for net in TRANSLATED):
        return False
    return address.is_global and not address.is_multicast


def checked(url: str, ports: tuple[int, ...] = PORTS) -> SplitResult:
    """Return the parts of an address that may be told things.

    Raises
    ------
    NotAllowed
    """
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
    except ValueError:
        raise NotAllowed(url) from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    if not plain or parts.scheme != "https" or not parts.hostname or parts.fragment:
        raise NotAllowed(url)
    if "@" in parts.netloc or port not in ports or _is_number(parts.hostname):
        raise NotAllowed(url)
    return parts


def _is_number(host: str) -> bool:
    # A name has letters in its last part; "127.1" and "0x7f000001" are numbers to a resolver.
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last[:1].isdigit()


@dataclass(frozen=True)
class Sender:
    """Sends messages.

    Parameters
    ----------
    resolve : callable
        Looks a name up, as `socket.getaddrinfo`.
    allows : callable
        Which addresses may be told things.
    context : ssl.SSLContext
    ports : tuple of int
    """

    resolve: Callable[..., list[tuple[object, ...]]] = socket.getaddrinfo  # type: ignore[assignment]
    allows: Callable[[Address], bool] = is_public
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    ports: tuple[int, ...] = PORTS

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a message once and return the status of the answer; the answer is not read.

        Raises
        ------
        NotAllowed, NotReached
        """
        parts = checked(url, self.ports)
        host, port = parts.hostname or "", parts.port or 443
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection = HTTPSConnection(host, port, timeout=PATIENCE, context=self.context)
        try:
            raw = socket.create_connection((self._address(host, port), port), PATIENCE)
            with _at_most(DEADLINE, raw):
                connection.sock = self.context.wrap_socket(raw, server_hostname=host)
                connection.request("POST", path, body, dict(headers))
                return connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise NotReached(type(error).__name__) from None
        finally:
            connection.close()

    def _address(self, host: str, port: int) -> str:
        found = self._looked_up(host, port)
        addresses = [str(one[4][0]) for one in found]  # type: ignore[index]
        if not addresses or not all(self.allows(ip_address(one)) for one in addresses):
            raise NotAllowed(host)
        return addresses[0]

    def _looked_up(self, host: str, port: int) -> list[tuple[object, ...]]:
        """Look a name up; a resolver that does not answer is left to itself."""
        found: list[list[tuple[object, ...]]] = []

        def look_up() -> None:
            with suppress(OSError, UnicodeError):
                found.append(self.resolve(host, port, type=socket.SOCK_STREAM))

        asked = Thread(target=look_up, daemon=True)
        asked.start()
        asked.join(PATIENCE)
        if not found:
            raise NotReached("NameTimeout" if asked.is_alive() else "NameNotFound")
        return found[0]


@contextmanager
def _at_most(seconds: float, raw: socket.socket) -> Iterator[None]:
    """Shut a connection after some time: who answers letter by letter is not waited for."""
    with raw.dup() as same:

        def shut() -> None:
            with suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

        watch = Timer(seconds, shut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            watch.join()
