"""Archives as people have them, and as an attacker would."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

from tests.traces.making.maker import File


def zipped(files: Sequence[File], root: str = "", junk: bool = False) -> bytes:
    """Return a zip archive; with one more root folder, or with what a Mac adds."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(root + name, content)
            if junk:
                archive.writestr(f"__MACOSX/{root}._{name}", b"\0\5\x16\7")
        if junk:
            archive.writestr(f"{root}.DS_Store", b"\0\0\0\1Bud1")
    return held.getvalue()


def encrypted(files: Sequence[File]) -> bytes:
    """Return a zip archive whose members say that they have a password."""
    plain = bytearray(zipped(files))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = plain.find(mark)
        while at >= 0:
            plain[at + flags] |= 1
            at = plain.find(mark, at + 4)
    return bytes(plain)


def bomb(name: str, size: int = 64 << 20) -> bytes:
    """Return a zip archive with a member that says it is large, and is."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b" " * size)
    return held.getvalue()


def lying_bomb(name: str, size: int = 64 << 20) -> bytes:
    """Return a zip archive with a member that says it is small, and is not."""
    content = b"[" + b" " * size
    plain = bytearray(bomb(name, size))
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(content) + packed.flush()
    plain = bytearray(_archive(name, body, zlib.crc32(content), len(content)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", plain, plain.find(mark) + place, 1 << 20)
    return bytes(plain)


def in_parts(files: Sequence[File]) -> bytes:
    """Return the last part of an archive in two parts."""
    plain = bytearray(zipped(files))
    end = plain.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", plain, end + 4, 1, 0)
    return bytes(plain)


def _archive(name: str, body: bytes, crc: int, size: int) -> bytes:
    facts = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 33, crc, len(body), size, len(name), 0)
    local = b"PK\x03\x04" + facts + name.encode() + body
    entry = (
        b"PK\x01\x02"
        + struct.pack("<H", 20)
        + facts
        + struct.pack("<HHHLL", 0, 0, 0, 0, 0)
        + name.encode()
    )
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), len(local), 0)
    return local + entry + end


def two_records(count: int) -> bytes:
    """Return an archive whose list Python finds, and a record elsewhere that says it is short."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.csv", b"x")
    plain = held.getvalue()
    end = plain.rfind(b"PK\x05\x06")
    count, length, begin = struct.unpack_from("<10xHLL", plain, end)
    short, whole = (
        struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, size, begin + 56)
        for n, size in ((1, 50), (count, length))
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, begin, 1)
    return plain[:begin] + short + plain[begin:end] + whole + locator + plain[end:]
