"""What happens to files: cuts, lost and doubled fields and lines, other encodings, flipped bytes."""

import gzip
from random import Random

BITS = (
    b",",
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b"9",
    b"-",
    b".",
    b"e",
    b" ",
    b"\t",
    b";",
    b"\xff",
    b"\xc3\xa9",
    b'""',
    b"0" * 9,
)


def flip(chance: Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def digit(chance: Random, content: bytes) -> bytes:
    at = [place for place, one in enumerate(content) if 48 <= one < 58]
    place = chance.choice(at or [0])
    return content[:place] + b"%d" % chance.randrange(10) + content[place + 1 :]


def insert(chance: Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(BITS) + content[at:]


def delete(chance: Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.choice((1, 1, 2, 9)) :]


def cut(chance: Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def lines(chance: Random, content: bytes) -> bytes:
    """A line lost, doubled, moved, emptied, or cut at its end."""
    every = content.split(b"\n")
    at, other = chance.randrange(len(every)), chance.randrange(len(every))
    line = every[at]
    every[at : at + 1] = chance.choice(
        ([], [line, line], [b"", line], [line[: chance.randrange(len(line) + 1)]], [every[other], line])
    )
    return b"\n".join(every)


def fields(chance: Random, content: bytes) -> bytes:
    """A field lost, emptied, doubled or made long, in one line or, as a column, in all."""
    every = [line.split(b",") for line in content.split(b"\n")]
    at = chance.randrange(max(map(len, every)))
    which = range(len(every)) if chance.random() < 0.3 else [chance.randrange(len(every))]
    how = chance.choice(([], [b""], None, [b"7" * 3000]))
    for line in which:
        if at < len(every[line]):
            every[line][at : at + 1] = every[line][at : at + 1] * 2 if how is None else how
    return b"\n".join(b",".join(line) for line in every)


def recode(chance: Random, content: bytes) -> bytes:
    """Another encoding or other line ends; an archive, whole or not."""
    text, packed = content.decode("latin-1"), gzip.compress(content, mtime=0)
    return chance.choice(
        (
            text.encode("utf-16"),
            text.replace("A", "Å").encode("latin-1"),
            b"\xef\xbb\xbf" + content,
            content.replace(b"\n", b"\r\n"),
            content.replace(b"\n", b"\r"),
            content.rstrip(b"\n"),
            packed,
            packed[: chance.randrange(len(packed))],
            flip(chance, packed),
        )
    )


def noise(chance: Random, content: bytes) -> bytes:
    """Bytes that have nothing to do with the file, in its place or at its end."""
    size = chance.choice((9, 300))
    bytes_ = chance.choice((chance.randbytes(size), b"".join(chance.choices(BITS, k=size))))
    return chance.choice((bytes_, content + bytes_))


WAYS = (flip, digit, insert, delete, cut, lines, fields, recode, noise)


def damaged(chance: Random, content: bytes) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if content:
            content = chance.choice(WAYS)(chance, content)
    return content
