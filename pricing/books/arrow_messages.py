"""The messages of an Arrow stream, one by one, each checked before a reader takes its lengths for memory.

A message is a mark, the length of a header, the header (a flatbuffer) and a body, whose length the header states. A record batch lists
the arrays and the buffers of its body; a list that points outside it makes readers ask for any amount of memory.

Source: Apache Arrow columnar format 1.5, "Encapsulated message format", "RecordBatch message"; flatbuffers, "Internals".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

CONTINUES = b"\xff\xff\xff\xff"
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
"""Sorts of messages."""
MOST_HEADER = 1 << 26
"""Bytes of a header beyond which a file is no Arrow stream."""
MOST = 1 << 31
"""Rows of a batch, and bytes of one of its buffers when unpacked, beyond which a file is broken."""
NO_STREAM = "this is no Arrow stream"
BROKEN = "a record batch points outside its own bytes"


class Message(NamedTuple):
    """One message."""

    sort: int
    content: bytes
    """All its bytes, mark and header included."""


@dataclass(frozen=True)
class Table:
    """A flatbuffer's table: fields by number, each at a place of its own or absent."""

    raw: bytes
    at: int

    def place(self, field: int) -> int:
        """Where the field stands; 0 where it is absent."""
        (back,) = struct.unpack_from("<i", self.raw, self.at)
        (size,) = struct.unpack_from("<H", self.raw, self.at - back)
        if 4 + 2 * field + 2 > size:
            return 0
        (offset,) = struct.unpack_from("<H", self.raw, self.at - back + 4 + 2 * field)
        return self.at + offset if offset else 0

    def number(self, field: int, form: str) -> int:
        """A number; 0 where it is absent."""
        place = self.place(field)
        return int(struct.unpack_from(form, self.raw, place)[0]) if place else 0

    def table(self, field: int) -> Table:
        """A table inside."""
        place = self._follow(field)
        if not place:
            raise struct.error("a table is absent")
        return Table(self.raw, place)

    def pairs(self, field: int) -> list[tuple[int, int]]:
        """A vector of pairs of whole numbers; empty where it is absent."""
        place = self._follow(field)
        if not place:
            return []
        (count,) = struct.unpack_from("<I", self.raw, place)
        if count * 16 > len(self.raw):
            raise struct.error("a vector is longer than its message")
        flat = struct.unpack_from(f"<{2 * count}q", self.raw, place + 4)
        return list(zip(flat[::2], flat[1::2], strict=True))

    def _follow(self, field: int) -> int:
        place = self.place(field)
        return place + int(struct.unpack_from("<I", self.raw, place)[0]) if place else 0


def messages(stream: BinaryIO) -> Iterator[Message]:
    """Every message up to the end of the stream.

    Raises:
        OSError: it is no Arrow stream, it ends inside a message, or a record batch points outside its bytes.
    """
    while start := stream.read(4):
        marked = start == CONTINUES
        size = int.from_bytes(_exactly(stream, 4) if marked else start, "little")
        if size == 0:
            return
        if size > MOST_HEADER:
            raise OSError(NO_STREAM)
        header = _exactly(stream, size)
        try:
            root = Table(header, int(struct.unpack_from("<I", header)[0]))
            sort, length = root.number(1, "<B"), root.number(3, "<q")
            body = _exactly(stream, length)
            if sort in (BATCH, DICTIONARY):
                _check_batch(root.table(2) if sort == BATCH else root.table(2).table(1), body)
        except struct.error as error:
            raise OSError(NO_STREAM) from error
        yield Message(sort, CONTINUES + size.to_bytes(4, "little") + header + body)


def _check_batch(batch: Table, body: bytes) -> None:
    """Raise OSError unless arrays and buffers are of sizes that the body can hold."""
    packed = bool(batch.place(3))
    if not 0 <= batch.number(0, "<q") <= MOST or any(not 0 <= nulls <= length <= MOST for length, nulls in batch.pairs(1)):
        raise OSError(BROKEN)
    for offset, length in batch.pairs(2):
        if offset < 0 or length < 0 or offset + length > len(body):
            raise OSError(BROKEN)
        if packed and length >= 8 and not -1 <= struct.unpack_from("<q", body, offset)[0] <= MOST:
            raise OSError(BROKEN)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    found = stream.read(size) if size >= 0 else b""
    if len(found) != size:
        raise OSError("it ends inside an Arrow message")
    return found
