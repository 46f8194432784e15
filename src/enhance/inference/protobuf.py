"""Protocol buffers, as far as reading and changing an ONNX file needs them.

A message is a row of (field number, content). The onnx package, which could do it, is as large as all the rest of the
program.
"""

Fields = list[tuple[int, int | bytes]]


def parse(message: int | bytes) -> Fields:
    """The fields of a protocol buffer: numbers as int, everything else as bytes."""
    message = as_bytes(message)
    fields: Fields = []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            fields.append((key >> 3, value))
        elif kind == 2:
            length, at = _varint(message, at)
            fields.append((key >> 3, message[at : at + length]))
            at += length
        else:
            # onnx.proto has no 8-byte numbers alone and few 4-byte ones; none of those matters to this network.
            at += {1: 8, 5: 4}[kind]
    return fields


def serialize(fields: Fields) -> bytes:
    """The protocol buffer with these fields."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(_packed_varint(number << 3) + _packed_varint(value))
        else:
            parts.append(_packed_varint(number << 3 | 2) + _packed_varint(len(value)) + value)
    return b"".join(parts)


def one(message: Fields, field: int) -> int | bytes:
    """The first field of this number."""
    return next(value for number, value in message if number == field)


def as_bytes(value: int | bytes) -> bytes:
    """Return a field that is bytes.

    Raises:
        TypeError: it is a number.
    """
    if isinstance(value, int):
        raise TypeError("a number where a message was expected")
    return value


def as_text(value: int | bytes) -> str:
    """Return a field that is text."""
    return as_bytes(value).decode()


def varints(message: bytes) -> list[int]:
    """Numbers of any length, packed one after another."""
    values, at = [], 0
    while at < len(message):
        value, at = _varint(message, at)
        values.append(value)
    return values


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _packed_varint(value: int) -> bytes:
    packed = bytearray()
    while value > 127:
        packed.append(value & 127 | 128)
        value >>= 7
    packed.append(value)
    return bytes(packed)
