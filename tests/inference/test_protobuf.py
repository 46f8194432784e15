import pytest

from enhance.faces import yunet
from enhance.inference import bundled, protobuf


def test_protocol_buffers_survive_the_round_trip() -> None:
    raw = bundled.find_bundled(yunet.FILE).read_bytes()
    assert protobuf.serialize(protobuf.parse(raw)) == raw
    fields: protobuf.Fields = [(1, 0), (2, 300), (19, 2**63), (4, b""), (4, b"x" * 200)]
    assert protobuf.parse(protobuf.serialize(fields)) == fields


def test_packed_numbers_are_unpacked() -> None:
    assert protobuf.varints(b"\x00\x7f\x80\x01\xac\x02") == [0, 127, 128, 300]


def test_a_number_is_no_message() -> None:
    with pytest.raises(TypeError, match="number"):
        protobuf.parse(3)
