"""Weights of your own from the Hugging Face hub, `hf:user/repository@revision`. Those that are shipped never are."""

from pathlib import Path

from enhance.errors import ModelError

SCHEME = "hf:"


def fetched(name: str) -> Path:
    """The one .onnx file of a repository, in the hub's cache on this machine; HF_HUB_OFFLINE=1 looks only there.

    Args:
        name: hf:user/repository, and behind an @ a tag, branch or commit, where it is not the newest that is wanted.

    Raises:
        ModelError: huggingface_hub is not installed, there is no such repository, or it has no such file, or several.
    """
    repository, _, revision = name.removeprefix(SCHEME).partition("@")
    if repository.count("/") != 1:
        raise ModelError(f"{name}: is no repository; say hf:user/repository or hf:user/repository@revision")
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError as error:
        raise ModelError(f"{name}: pip install huggingface_hub") from error
    try:
        folder = snapshot_download(repository, revision=revision or None, allow_patterns=["*.onnx"])
    except Exception as error:  # of the network, of the hub, of names
        raise ModelError(f"{name}: cannot be fetched ({' '.join(str(error).split())[:200]})") from error
    files = sorted(Path(folder).rglob("*.onnx"))
    if len(files) != 1:
        there = ", ".join(path.name for path in files) or "none"
        raise ModelError(f"{name}: must have one .onnx file, and has {there}; name the file that you mean by its path")
    return files[0]
