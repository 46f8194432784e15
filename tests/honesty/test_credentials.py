import datetime
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import EnhanceError, PhotoError
from enhance.honesty import credentials
from enhance.honesty.credentials import inspect
from enhance.photos.photo import read
from enhance.photos.provenance import INVENTED, read_stamp
from enhance.photos.writing import write
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from tests.photos.packets import CAMERA, STAMP

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_every_format_says_so(ending: str, tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        image.crop((56, 0, 140, 84)).save(tmp_path / "face.jpg", xmp=CAMERA, quality=95)
    result = enhance_photo(read(tmp_path / "face.jpg"), UpscaleOptions(seed=3))
    write(result.canvas, tmp_path / f"large{ending}")
    said = inspect(tmp_path / f"large{ending}")
    stamp = said["stamp"]
    assert stamp["digital_source_type"] == INVENTED
    assert stamp["seed"] == "3"
    assert float(stamp["lr_psnr"]) == pytest.approx(result.lr_psnr, abs=0.01)
    ((left, top, right, bottom),) = stamp["redrawn_faces"]
    assert 0 <= left < right <= 336
    assert 0 <= top < bottom <= 336
    with Image.open(tmp_path / f"large{ending}") as image:
        packet = image.info["xmp"]
    assert b"Eileen" in (packet if isinstance(packet, bytes) else packet.encode())
    assert "1 face redrawn" in credentials.describe(said)


def test_textures_of_what_is_not_a_face_are_called_invented(tmp_path: Path) -> None:
    noisy = read(np.random.default_rng(0).integers(60, 190, (40, 40, 3), np.uint8))
    result = enhance_photo(noisy, UpscaleOptions(background="photo_x4", seed=2))
    assert any("what is not a face is invented" in note for note in result.notes)
    write(result.canvas, tmp_path / "large.png")
    said = inspect(tmp_path / "large.png")
    assert said["stamp"]["invented_everywhere"] == "yes"
    words = credentials.describe(said)
    assert "what is not a face is invented detail too; seed 2" in words
    assert "nothing redrawn" not in words
    plain = enhance_photo(noisy, UpscaleOptions(background="photo_x4_pixel"))
    assert not any("invented" in note for note in plain.notes)
    assert read_stamp(plain.canvas.info["xmp"])["invented_everywhere"] == "no"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate, with the made-up authority that vouches for it, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(text: str) -> x509.Name:
        return x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
        )

    def certificate(subject: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        authority = subject == "Authority"
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False
        )  # fmt: skip
        built = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("Authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=True, key_cert_sign=authority, crl_sign=authority, **usage), True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False)
        )
        if not authority:
            built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        return built.sign(by, hashes.SHA256())

    folder = tmp_path_factory.mktemp("signer")
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    chain = certificate("Photographer", leaf, root), certificate("Authority", root, root)
    (folder / "cert.pem").write_bytes(b"".join(one.public_bytes(pem) for one in chain))
    (folder / "key.pem").write_bytes(
        leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
def test_credentials_name_the_original_and_what_was_done(
    ending: str, signer: tuple[Path, Path], tmp_path: Path
) -> None:
    pytest.importorskip("c2pa")
    large = tmp_path / f"large{ending}"
    write(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)), large)
    said = credentials.sign(large, SAMPLE, *signer, STAMP)
    assert said == credentials.credentials(large)
    assert said["state"] == "Valid"
    assert said["ingredients"] == ["astronaut.jpg"]
    assert [one["action"] for one in said["actions"]] == ["c2pa.opened", "c2pa.resized", "c2pa.edited"]
    assert said["actions"][2]["source_type"] == INVENTED
    assert sorted(path.name for path in tmp_path.iterdir()) == [large.name]


def test_a_changed_file_is_found_out(signer: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    large = tmp_path / "large.png"
    write(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)), large)
    credentials.sign(large, SAMPLE, *signer, STAMP)
    content = bytearray(large.read_bytes())
    content[-600] ^= 1
    large.write_bytes(content)
    said = credentials.credentials(large)
    assert said is not None
    assert said["state"] == "Invalid"


def test_what_cannot_be_signed(signer: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    certificate, key = signer
    large = tmp_path / "large.png"
    write(Image.new("RGB", (32, 32)), large)
    before = large.read_bytes()
    with pytest.raises(EnhanceError, match=r"cert\.pem: is not an unencrypted private key"):
        credentials.sign(large, SAMPLE, certificate, certificate, STAMP)
    with pytest.raises(EnhanceError, match=r"key\.pem: cannot sign"):
        credentials.sign(large, SAMPLE, key, key, STAMP)
    with pytest.raises(PhotoError, match="cannot be used to sign"):
        credentials.sign(large, SAMPLE, tmp_path / "none.pem", key, STAMP)
    with pytest.raises(PhotoError, match="holds no content credentials"):
        credentials.sign(tmp_path / "large.bmp", SAMPLE, certificate, key, STAMP)
    assert large.read_bytes() == before
    assert credentials.credentials(large) is None


def test_inspect_is_a_command(tmp_path: Path) -> None:
    write(Image.new("RGB", (32, 32)), tmp_path / "plain.png")
    command = [sys.executable, "-m", "enhance.cli", "inspect", "--json"]
    done = subprocess.run([*command, tmp_path / "plain.png"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["stamp"] == {}
    done = subprocess.run([*command, __file__], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be read as a picture" in done.stderr
    with pytest.raises(PhotoError, match="is a folder"):
        credentials.inspect(tmp_path)
    with pytest.raises(PhotoError, match=r"is a video; .* comment"):
        credentials.inspect(tmp_path / "clip.mp4")


def test_sign_and_inspect_from_the_command_line(signer: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    certificate, key = signer
    with Image.open(SAMPLE) as image:
        image.crop((56, 0, 140, 84)).save(tmp_path / "face.jpg", quality=95)
    command = [sys.executable, "-m", "enhance.cli"]
    signed = subprocess.run(
        [*command, "face.jpg", "--sign", certificate, "--key", key], cwd=tmp_path, capture_output=True, text=True
    )
    assert signed.returncode == 0, signed.stderr
    said = subprocess.run([*command, "inspect", "face_x4.jpg"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert "content credentials by Photographer: whole, but nobody vouches" in said
    assert "made from face.jpg" in said
    assert "1 face redrawn" in said
    alone = subprocess.run([*command, "face.jpg", "--sign", certificate], cwd=tmp_path, capture_output=True, text=True)
    assert alone.returncode == 2
    assert "--key" in alone.stderr


def test_the_certificate_of_the_docs_signs(tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    page = (Path(__file__).parents[2] / "docs" / "honesty.md").read_text()
    (made,) = re.findall(r"<!-- certificate -->\n```sh\n(.*?)```", page, re.S)
    subprocess.run(["sh", "-e", "-c", made], cwd=tmp_path, check=True, capture_output=True)
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "large.jpg")
    said = credentials.sign(
        tmp_path / "large.jpg", SAMPLE, tmp_path / "certificate.pem", tmp_path / "key.pem", STAMP, title="mine.jpg"
    )
    assert (said["state"], said["signer"]) == ("Valid", "My name")
