"""Writing files so that nobody ever finds half of one."""

import os
import shutil
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all: a failure leaves what was there.

    Raises:
        OSError: when the folder is missing or cannot be written to; it names ``path``.
    """
    target = Path(path)
    if target.exists() and not target.is_file():  # a device such as /dev/stdout is written in place
        target.write_bytes(content)
        return
    try:
        _replace(target.resolve(), content)
    except OSError as error:  # about ``path``, not about the file that would have taken its place
        raise OSError(error.errno, error.strerror, str(target)) from None


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".autodiff-{os.urandom(8).hex()}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
