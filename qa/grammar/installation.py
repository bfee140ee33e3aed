"""Where LanguageTool is, and how it comes there: language-tool-python's download, or Maven Central by a locked list.

LanguageTool lies where language-tool-python keeps it (``LTP_PATH``, or its folder in the user's cache), so that both
find the same one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from qa.display import printable
from qa.grammar import GrammarUnavailable

if TYPE_CHECKING:
    import requests

VERSION = "6.8"
JAVA = 17
"""The oldest Java that LanguageTool 6.8 runs on."""
INSTALL_HINT = "`mtqa grammar install` brings LanguageTool"
_LOCK = Path(__file__).parent / f"languagetool-{VERSION}.lock"
_JAR = "languagetool-server.jar"
_CHUNK = 1 << 16
_PATIENCE = (10, 60)
"""Seconds to wait for a connection, and for the next piece of a download."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes in all."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A jar of the locked list: its path in a Maven repository, size in bytes, SHA-256."""

    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


def artifacts() -> list[Artifact]:
    """The locked list: everything that a LanguageTool server for English needs."""
    lines = (line.split() for line in _LOCK.read_text("ascii").splitlines() if not line.startswith("#"))
    return [Artifact(path, int(size), sha256) for sha256, size, path in lines]


def folder() -> Path:
    """Where LanguageTool is or would be installed; language-tool-python looks there too."""
    named = os.environ.get("LTP_PATH")
    base = Path(named) if named else Path.home() / ".cache" / "language_tool_python"
    return base / f"LanguageTool-{VERSION}"


def has_package() -> bool:
    """Whether language-tool-python can be imported (the extra ``mtqa[grammar]``)."""
    return find_spec("language_tool_python") is not None


def is_installed() -> bool:
    """Whether LanguageTool's files are there; says nothing of Java."""
    return (folder() / _JAR).is_file()


def require_package() -> None:
    """Raises GrammarUnavailable where language-tool-python is missing."""
    if not has_package():
        raise GrammarUnavailable("grammar needs language-tool-python: pip install 'mtqa[grammar]'")


def java() -> str:
    """The java program, new enough. Raises GrammarUnavailable where there is none, or only an older one."""
    program = shutil.which("java")
    if not program:
        raise GrammarUnavailable(
            f"LanguageTool needs Java {JAVA} or later, and there is no `java` on the PATH"
            " (without Java: pip install 'mtqa[harper]' and grammar = \"harper\")"
        )
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, errors="replace")
        told = said.stderr + said.stdout
    except (OSError, subprocess.TimeoutExpired) as e:
        raise GrammarUnavailable(f"{printable(program)} does not run: {printable(str(e))}") from None
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if not version:
        first = printable((told.strip().splitlines() or ["nothing"])[0])[:100]
        raise GrammarUnavailable(f"{printable(program)} does not say its version (it says: {first})")
    if int(version[1]) < JAVA:
        raise GrammarUnavailable(f"LanguageTool needs Java {JAVA} or later; {printable(program)} is Java {version[1]}")
    return program


def server_command(port: int) -> list[str]:
    """The command line of a LanguageTool server, as language-tool-python makes it, with a small memory footprint.

    Raises GrammarUnavailable where Java or LanguageTool is missing or does not fit.
    """
    require_package()
    if not is_installed():
        raise GrammarUnavailable(f"LanguageTool is not in {printable(str(folder()))}; {INSTALL_HINT}")
    program = java()
    from language_tool_python.download_lt import LocalLanguageTool

    command: list[str] = LocalLanguageTool.from_version_name(VERSION).get_server_cmd(port)
    # One user, short texts: half the memory and less than half the start-up of Java's own choice.
    return [program, "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *command[1:]]


def install_from_project(say: Callable[[str], None]) -> None:
    """What language-tool-python itself downloads, by its own code and checksums. Raises GrammarUnavailable."""
    require_package()
    java()
    if is_installed():
        say(f"LanguageTool {VERSION} is in {folder()} already")
        return
    from language_tool_python.download_lt import LocalLanguageTool

    try:
        LocalLanguageTool.from_version_name(VERSION).download()
    except Exception as e:  # whatever it raises, requests' errors and its own, means: not installed
        raise GrammarUnavailable(
            f"language-tool-python's download did not come through ({type(e).__name__})"
        ) from None
    if not is_installed():
        raise GrammarUnavailable("language-tool-python's download left no LanguageTool server behind")
    say(f"LanguageTool {VERSION} installed in {folder()}")


def install_from_maven(repository: str, progress: Progress, say: Callable[[str], None]) -> None:
    """The same from a Maven repository, without Maven: every jar of the locked list, each checked.

    ``repository``: its address; plain http only for this machine. A download that was cut off goes on where it
    stopped. Nothing is called installed before all of it is there. Raises GrammarUnavailable.
    """
    _check_address(repository)
    if is_installed():
        say(f"LanguageTool {VERSION} is in {folder()} already")
        return
    import requests

    target = folder()
    partial = target.with_name(target.name + ".partial")
    libraries = partial / "libs"
    wanted = artifacts()
    total, done = sum(a.size for a in wanted), 0
    try:
        libraries.mkdir(parents=True, exist_ok=True)
        with requests.Session() as session:
            for artifact in wanted:
                place = libraries / artifact.name
                if not _is_whole(place, artifact):
                    _fetch(session, f"{repository.rstrip('/')}/{artifact.path}", place, artifact, done, total, progress)
                done += artifact.size
                progress(done, total)
        _write_launcher(partial / _JAR, [a.name for a in wanted])
        if target.exists():
            shutil.rmtree(target)  # an installation without its server jar: broken, or it would not be made anew
        partial.rename(target)
    except OSError as e:
        raise GrammarUnavailable(f"{printable(str(e.filename or target))}: {e.strerror or e}") from None
    say(f"LanguageTool {VERSION} installed in {target}")


def uninstall() -> bool:
    """Remove LanguageTool and half-finished downloads; whether there was anything."""
    found = False
    for place in (folder(), folder().with_name(folder().name + ".partial")):
        if place.is_dir():
            shutil.rmtree(place)
            found = True
    return found


def _check_address(repository: str) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(repository)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise GrammarUnavailable(f"--repository: expected an https:// address, not “{printable(repository)}”")


def _is_whole(place: Path, artifact: Artifact) -> bool:
    return place.is_file() and place.stat().st_size == artifact.size and _sha256(place) == artifact.sha256


def _sha256(place: Path) -> str:
    with place.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _fetch(
    session: requests.Session, url: str, place: Path, artifact: Artifact, done: int, total: int, progress: Progress
) -> None:
    """One jar, with one retry; the part that is there already is not asked for again."""
    import requests

    part = place.with_name(place.name + ".part")
    for attempt in (1, 2):
        try:
            _download(session, url, part, artifact, lambda n: progress(done + n, total))
            break
        except requests.RequestException as e:
            if attempt == 2:
                status = getattr(e.response, "status_code", None)
                why = f"HTTP {status}" if status else type(e).__name__
                raise GrammarUnavailable(
                    f"{printable(url)}: {why}; what is there is kept, and the same command goes on from there"
                ) from None
    if part.stat().st_size != artifact.size or _sha256(part) != artifact.sha256:
        part.unlink()
        raise GrammarUnavailable(f"{printable(url)}: not the file that was locked (its SHA-256 differs)")
    part.replace(place)


def _download(
    session: requests.Session, url: str, part: Path, artifact: Artifact, progress: Callable[[int], None]
) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have > artifact.size:
        part.unlink()
        have = 0
    if have == artifact.size:
        return
    headers = {"Range": f"bytes={have}-"} if have else {}
    with session.get(url, headers=headers, stream=True, timeout=_PATIENCE) as answer:
        answer.raise_for_status()
        resumed = answer.status_code == 206
        have = have if resumed else 0
        with part.open("ab" if resumed else "wb") as out:
            for piece in answer.iter_content(_CHUNK):
                have += len(piece)
                if have > artifact.size:
                    break  # more than was locked: the checksum will say no
                out.write(piece)
                progress(have)


def _write_launcher(place: Path, libraries: list[str]) -> None:
    """A jar of nothing but a class path, in which language-tool-python finds the server."""
    entries = " ".join(f"libs/{name}" for name in libraries)
    line = f"Class-Path: {entries}"
    # A manifest's lines have at most 72 bytes; one that goes on begins with a space.
    folded = [line[:70], *(f" {line[i : i + 69]}" for i in range(70, len(line), 69))]
    manifest = "\r\n".join(["Manifest-Version: 1.0", *folded, "Main-Class: org.languagetool.server.HTTPServer", "", ""])
    part = place.with_name(place.name + ".part")
    with zipfile.ZipFile(part, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)
    part.replace(place)


def maven_repository() -> str | None:
    """The repository that this machine's Maven uses for what is central: a mirror from its settings, or its default.

    None where there is no Maven that could say.
    """
    settings = [Path.home() / ".m2" / "settings.xml"]
    program = shutil.which("mvn")
    home = Path(program).resolve().parent.parent if program else None
    if home:
        settings.append(home / "conf" / "settings.xml")
    for place in settings:
        if mirror := _mirror(place):
            return mirror
    return _central(home) if home else None


def _mirror(settings: Path) -> str | None:
    """The address of the mirror of ``central`` in a settings.xml, if it names one."""
    for block in _elements(_without_comments(settings), "mirror"):
        of = [name.strip() for name in _element(block, "mirrorOf").split(",")]
        if "!central" not in of and {"*", "central", "external:*"} & set(of):
            return _element(block, "url") or None
    return None


def _central(home: Path) -> str | None:
    """The address of ``central`` in the model that Maven itself starts from."""
    for jar in sorted((home / "lib").glob("maven-model-builder*.jar")):
        try:
            with zipfile.ZipFile(jar) as archive:
                model = archive.read("org/apache/maven/model/pom-4.0.0.xml").decode("utf-8", "replace")
        except (OSError, KeyError, zipfile.BadZipFile):
            continue
        for block in _elements(model, "repository"):
            if _element(block, "id") == "central":
                return _element(block, "url") or None
    return None


# Two elements out of a small file of Maven's: no XML parser, so no entities and nothing fetched.
def _without_comments(place: Path) -> str:
    try:
        return re.sub(r"<!--.*?-->", "", place.read_text("utf-8", "replace"), flags=re.DOTALL)
    except OSError:
        return ""


def _elements(text: str, name: str) -> list[str]:
    return re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)


def _element(text: str, name: str) -> str:
    found = _elements(text, name)
    return found[0].strip() if found else ""
