"""Large files: taken whole, without holding up anybody else."""

import io
import threading
from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core.permissions import Role
from app.datasets import service
from app.datasets.service import checking
from app.market import market_of
from app.users.models import User
from tests.support import factories


class Slow(io.RawIOBase):
    """A file that waits in the middle until it is told to go on."""

    def __init__(self, content: bytes) -> None:
        self.inside = io.BytesIO(content)
        self.waiting, self.go_on = threading.Event(), threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.inside.tell() > 0:
            self.waiting.set()
            assert self.go_on.wait(30)
        part = self.inside.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def rows(count: int) -> Iterator[bytes]:
    yield b"who,day,place,spend\n"
    for number in range(count):
        yield b"p%d,Mon,north,1.25\n" % number


def test_an_upload_over_a_megabyte_is_read_whole(lite_app: Flask) -> None:
    producer = factories.account(lite_app, Role.PRODUCER)
    lite_app.config["WTF_CSRF_ENABLED"] = False
    client = lite_app.test_client()
    with market_of(lite_app).db.unit_of_work() as s:
        email = s.get(User, producer.user_id).email
    client.post("/login", data={"email": email, "password": factories.PASSWORD})
    content = b"".join(rows(100_000))
    boundary, body = encode_multipart(
        {"title": "large", "file": FileStorage(io.BytesIO(content), "large.csv"), "sample": ""}
    )
    answer = client.post(
        "/datasets/new", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )
    assert (answer.status_code, len(content) > 1024 * 1024) == (302, True)


def test_others_can_write_while_a_file_is_read(lite_app: Flask) -> None:
    producer = factories.account(lite_app, Role.PRODUCER)
    slow = Slow(b"".join(rows(2_000)))

    def upload() -> None:
        with lite_app.app_context(), market_of(lite_app).db.unit_of_work():
            service.upload(producer, checking(market_of(lite_app)), io.BufferedReader(slow), "slow")

    thread = threading.Thread(target=upload)
    thread.start()
    assert slow.waiting.wait(30)
    factories.account(lite_app, Role.BUYER)
    slow.go_on.set()
    thread.join(30)
    assert not thread.is_alive()
