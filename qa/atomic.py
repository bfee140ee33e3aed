"""Files written all or nothing: whoever reads one finds the old contents or the new, never half of either."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of the file, which keeps its owner and permissions; a symbolic link stays one.

    What is there and is no regular file (``/dev/stdout``, a pipe) is written to as it is. Raises OSError.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as out:
            out.write(data)
        return
    status = target.stat() if target.exists() else None
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".mtqa-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if status is not None and hasattr(os, "chown"):
            with contextlib.suppress(PermissionError):  # somebody else's file in a folder of ours
                os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(status.st_mode & 0o7777 if status is not None else 0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's file creation mask; to ask for it is to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
