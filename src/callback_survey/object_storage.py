"""A folder or a file in object storage, by the part of a path's interface that the lake needs.

A file appears whole or not at all: it is one request. Where the store holds to the conditions of a write, two writers cannot
write over each other unseen (`create`, `replace`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, Any

from callback_survey.errors import SurveyError

# What S3 says where a condition does not hold, or another write with a condition is under way
_CONDITION_FAILED = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")
_NO_BUCKET = "NoSuchBucket"
# What a storage says in a page or more is for its own log
_LONGEST = 300


class WrittenMeanwhile(Exception):
    """A file is there that was to be created, or is another one than the one that was to be replaced. Nothing was written."""


class Stored:
    """`key` below the address `url`, in posix form. `home` is the lake's folder on the file systems of this machine.

    `contents` are all files below the folder `read` by their keys, as they were at one moment: of these they answer. It is no
    dataclass, whose fields are told wherever one that has it is: the address may hold a password.
    """

    def __init__(
        self, url: str, home: Path, key: str = "", *, read: str = "", contents: Mapping[str, bytes] | None = None
    ) -> None:
        self._url = url
        self.home = home
        self.key = key
        self._read = read
        self._contents = contents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stored) and (self._url, self.key) == (other._url, other.key)

    def __hash__(self) -> int:
        return hash((self._url, self.key))

    def __repr__(self) -> str:
        return f"Stored({str(self)!r})"

    def __str__(self) -> str:
        return f"{shown(self._url)}/{self.key}" if self.key else shown(self._url)

    def __truediv__(self, name: str | PurePosixPath) -> Stored:
        return self._at(PurePosixPath(self.key) / name)

    @property
    def name(self) -> str:
        return PurePosixPath(self.key).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.key).stem

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.key).parts

    @property
    def parent(self) -> Stored:
        return self._at(PurePosixPath(self.key).parent)

    def with_name(self, name: str) -> Stored:
        return self._at(PurePosixPath(self.key).with_name(name))

    def as_read(self, folder: str, contents: Mapping[str, bytes]) -> Stored:
        """The same, with all files below a folder as they were read."""
        return Stored(self._url, self.home, self.key, read=folder, contents=contents)

    def relative_to(self, folder: Stored) -> PurePosixPath:
        return PurePosixPath(self.key).relative_to(folder.key)

    def is_file(self) -> bool:
        known = self._known()
        return self.size() is not None if known is None else self.key in known

    def is_dir(self) -> bool:
        return next(iter(self.below()), None) is not None

    def glob(self, pattern: str) -> Iterator[Stored]:
        """What lies below by this pattern; only its last part, or none, is a file's."""
        wanted = pattern.split("/")
        found = set()
        for key in self.below():
            parts = PurePosixPath(key).relative_to(self.key).parts
            if len(parts) >= len(wanted) and all(map(fnmatchcase, parts, wanted)):
                found.add("/".join(parts[: len(wanted)]))
        return (self / name for name in sorted(found))

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.read_bytes().decode(encoding)

    def read_bytes(self) -> bytes:
        """Raises FileNotFoundError."""
        known = self._known()
        if known is not None:
            if self.key not in known:
                raise FileNotFoundError(str(self))
            return known[self.key]
        with self._reached() as (system, path):
            content: bytes = system.cat_file(path)
            return content

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The file, to be read in parts. Raises FileNotFoundError."""
        with self._reached() as (system, path), system.open(path, "rb") as file:
            yield file

    def fetch(self, to: Path) -> None:
        """Write the file to this path. Raises FileNotFoundError."""
        with self._reached() as (system, path):
            system.get_file(path, str(to))

    def size(self) -> int | None:
        """In bytes; None where there is no such file."""
        found = self._info()
        return None if found is None else int(found["size"])

    def version(self) -> str | None:
        """What names the version of the file that is there now, its ETag; None where there is none."""
        found = self._info()
        return None if found is None else str(found.get("ETag", ""))

    def _info(self) -> dict[str, Any] | None:
        with suppress(FileNotFoundError), self._reached() as (system, path):
            found: dict[str, Any] = system.info(path)
            # what only begins other names is told as a folder
            return found if found["type"] == "file" else None
        return None

    def below(self) -> Mapping[str, str]:
        """Every file below by its key, with its version."""
        known = self._known()
        if known is not None:
            return {key: "" for key in known if PurePosixPath(key).is_relative_to(self.key)}
        # a store has no folders: where nothing lies below, there is none
        with suppress(FileNotFoundError), self._reached() as (system, path):
            root = path.removesuffix(f"/{self.key}") if self.key else path
            found = system.find(path, detail=True)
            return {name.removeprefix(f"{root}/"): str(one.get("ETag", "")) for name, one in found.items()}
        return {}

    def read_all(self, keys: list[str]) -> dict[str, bytes]:
        """Files below `url` by their keys, read at once. One that is gone is left out."""
        if not keys:
            return {}
        with self._at(PurePosixPath())._reached() as (system, path):
            found = system.cat([f"{path}/{key}" for key in keys], on_error="return")
            for content in found.values():
                if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                    raise content
            return {
                name.removeprefix(f"{path}/"): content for name, content in found.items() if isinstance(content, bytes)
            }

    def create(self, content: bytes | Path) -> None:
        """Write a file that is not there yet, from bytes or from a local file. Raises WrittenMeanwhile where it is."""
        with self._reached() as (system, path):
            if isinstance(content, Path):
                system.put_file(str(content), path, mode="create")
            else:
                system.pipe_file(path, content, mode="create")

    def replace(self, content: bytes | Path, version: str) -> None:
        """Write in the place of this version of the file. Raises WrittenMeanwhile where another one is there, or none."""
        with self._reached(is_replacing=True) as (system, path):
            if isinstance(content, Path):
                system.put_file(str(content), path, IfMatch=version)
            else:
                system.pipe_file(path, content, IfMatch=version)

    def unlink(self, missing_ok: bool = False) -> None:  # as of a path
        with suppress(*((FileNotFoundError,) if missing_ok else ())), self._reached() as (system, path):
            system.rm_file(path)

    def _at(self, key: PurePosixPath) -> Stored:
        return Stored(self._url, self.home, str(key) if key.parts else "", read=self._read, contents=self._contents)

    def _known(self) -> Mapping[str, bytes] | None:
        return self._contents if PurePosixPath(self.key).is_relative_to(self._read) else None

    @property
    def is_read(self) -> bool:
        """Whether a folder of it was read at once."""
        return self._contents is not None

    @contextmanager
    def _reached(self, *, is_replacing: bool = False) -> Iterator[tuple[Any, str]]:
        """The file system of the address, and this place in it. What its library raises is told in one line, without secrets."""
        try:
            import fsspec  # type: ignore[import-untyped]  # it brings no types

            # nothing is remembered of what is there: other processes write too
            system, root = fsspec.core.url_to_fs(self._url, use_listings_cache=False)
            root = str(root).rstrip("/")
            yield system, f"{root}/{self.key}" if self.key else root
        except WrittenMeanwhile:
            raise
        except ImportError as error:
            raise SurveyError(
                f"the lake's storage cannot be reached: {said_by(error, self._url)}",
                where=str(self),
                next_step="install the package with its extra mirror, or the library of that storage",
            ) from error
        except Exception as error:
            code = _code(error)
            if isinstance(error, FileExistsError) or code in _CONDITION_FAILED:
                raise WrittenMeanwhile(str(self)) from error
            if isinstance(error, FileNotFoundError) and code != _NO_BUCKET:
                if is_replacing:
                    raise WrittenMeanwhile(str(self)) from error
                raise
            raise SurveyError(
                f"the lake's storage cannot be used: {said_by(error, self._url)}",
                where=str(self),
                expected="a bucket that is there, and whose files the user of the runs may list, read, write and remove",
                next_step="correct CALLBACK_SURVEY_LAKE, the variables of that storage (AWS_…) or the permissions, then run again; "
                "callback-survey doctor looks at it",
            ) from error


# A folder or a file of the lake
Place = Path | Stored


def said_by(error: Exception, url: str) -> str:
    """What a library of storage says of an error, on one line, without the login in the address."""
    text = " ".join(line.strip() for line in str(error).splitlines() if line.strip()) or type(error).__name__
    login = url.rpartition("://")[2].rpartition("@")[0]
    for secret in filter(None, (login, login.partition(":")[2])):
        text = text.replace(secret, "…")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def shown(url: str) -> str:
    """An address without what may be a password."""
    scheme, separator, rest = url.rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]


def _code(error: Exception) -> str:
    """What S3 calls the error; empty where it is none of its."""
    response = getattr(error.__cause__ or error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
