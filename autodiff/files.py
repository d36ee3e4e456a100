"""Writing files so that nobody ever finds half of one."""

import os
import shutil
import tempfile
from collections.abc import Iterable
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


def write_together(folder: str | os.PathLike[str], contents: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Return the files written into ``folder``, made if it is not there: named, each with its content.

    They are moved there when the last of them is written: a failure before that leaves what was there.

    Raises:
        OSError: when the folder cannot be made or written to; it names ``folder``.
    """
    target = Path(folder)
    try:
        room = target if target.is_dir() else target.parent  # on the disk where they will be
        with tempfile.TemporaryDirectory(prefix=".autodiff-", dir=room) as waiting:
            names = []
            for name, content in contents:
                Path(waiting, name).write_bytes(content)
                names.append(name)
            target.mkdir(exist_ok=True)
            for name in names:
                os.replace(Path(waiting, name), target / name)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
    return [target / name for name in names]


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
