"""Messages go to public addresses alone, by https; nobody holds a worker up for long."""

import socket
import threading
import time
from ipaddress import ip_address

import pytest

from app.endpoints import sending
from app.endpoints.sending import NotAllowed, NotReached, Sender, checked, is_public
from tests.app.endpoints.conftest import HOST, Program


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/told",
        "ftp://example.org",
        "https://",
        "https:///told",
        "https://user:password@example.org/",
        "https://example.org:22/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://example.org/#part",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://exämple.org/",
        "https://example.org/" + "x" * 500,
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_no_public_name_by_https_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        checked(url)


@pytest.mark.parametrize("url", ["https://example.org", "https://example.org:8443/a?b=c"])
def test_a_public_name_is_taken(url: str) -> None:
    assert checked(url).hostname == "example.org"


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1"),
        # Of the first kinds of IPv6: an IPv4 address within, a site's own, never given out.
        *("::127.0.0.1", "::10.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "400::1", "5f00::1"),
    ],
)
def test_what_lies_in_no_public_network_is_told_nothing(text: str) -> None:
    assert not is_public(ip_address(text))
    found = [(2, 1, 6, "", (text, 443))]
    with pytest.raises(NotAllowed):
        Sender(resolve=lambda *_, **__: found).post("https://example.org/", b"{}", {})


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_allowed(text: str) -> None:
    assert is_public(ip_address(text))


def test_one_address_inside_among_public_ones_is_enough_to_refuse() -> None:
    found = [(2, 1, 6, "", (one, 443)) for one in ("93.184.215.14", "10.0.0.1")]
    with pytest.raises(NotAllowed):
        Sender(resolve=lambda *_, **__: found).post("https://example.org/", b"{}", {})


def test_a_message_arrives_whole_and_its_status_comes_back(program: Program) -> None:
    assert program.sender().post(program.url, b'{"a": 1}', {"webhook-id": "msg_1"}) == 204
    ((path, headers, body),) = program.got
    assert (path, body, headers["webhook-id"]) == ("/told?by=market", b'{"a": 1}', "msg_1")
    assert headers["Host"] == f"{HOST}:{program.port}"


def test_a_redirect_is_not_followed(program: Program) -> None:
    program.status, program.headers = 302, {"Location": "https://127.0.0.1/"}
    assert program.sender().post(program.url, b"{}", {}) == 302
    assert len(program.got) == 1


def test_another_names_certificate_is_not_taken(program: Program) -> None:
    url = program.url.replace(HOST, "other.example.org")
    with pytest.raises(NotReached, match="SSL"):
        program.sender().post(url, b"{}", {})
    assert program.got == []


def test_a_name_that_nobody_has_and_a_closed_port_are_told_apart(program: Program) -> None:
    def unknown(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise socket.gaierror

    with pytest.raises(NotReached, match="NameNotFound"):
        program.sender(resolve=unknown).post(program.url, b"{}", {})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(NotReached, match="ConnectionRefused"):
            program.sender(ports=(port,)).post(f"https://{HOST}:{port}/", b"{}", {})


def test_a_name_whose_server_does_not_answer_is_not_waited_for(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.2)
    answered = threading.Event()

    def silent(*_: object, **__: object) -> list[tuple[object, ...]]:
        answered.wait(60)
        return []

    with pytest.raises(NotReached, match="NameTimeout"):
        program.sender(resolve=silent).post(program.url, b"{}", {})
    answered.set()


def test_who_answers_letter_by_letter_is_not_waited_for(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patience of each step begins anew with every byte; the deadline does not."""
    monkeypatch.setattr(sending, "DEADLINE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        port = slow.getsockname()[1]

        def drip() -> None:
            connection, _ = slow.accept()
            with connection:
                for _ in range(100):
                    try:
                        connection.sendall(b"\x16")
                    except OSError:
                        return
                    time.sleep(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(NotReached):
            program.sender(ports=(port,)).post(f"https://{HOST}:{port}/", b"{}", {})
        assert time.monotonic() - began < sending.PATIENCE
