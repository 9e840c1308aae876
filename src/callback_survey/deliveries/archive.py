"""ZIP files: unpacked into a folder of ours, flat, with every promise of the archive's directory distrusted."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from callback_survey.deliveries import limits
from callback_survey.deliveries.kinds import is_left_behind
from callback_survey.deliveries.table import Unreadable
from callback_survey.privacy import holds_personal_number

MAXIMUM_FILES = 200
_BLOCK_BYTES = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_NAME_BYTES = 200
# What zipfile answers damage with, depending on which byte it hits
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, IndexError, struct.error)


def unpack(path: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """The files of an archive, written to `folder` under their base names, and the names of what programs had left in it.

    Raises Unreadable, and then nothing is used.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            # a folder that has content is a file in disguise and is not passed over
            present = [member for member in archive.infolist() if not member.is_dir() or member.file_size]
            members = [member for member in present if not is_left_behind(_decoded(member))]
            left_behind = [_safe_name(member) for member in present if is_left_behind(_decoded(member))]
            if len(members) > MAXIMUM_FILES:
                raise Unreadable(f"the archive holds {len(members)} files, expected at most {MAXIMUM_FILES}")
            names = [_safe_name(member) for member in members]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise Unreadable(f"the archive holds several files named {'、'.join(twice)}")
            size = path.stat().st_size
            unpacked, lines = 0, 0
            for member, name in zip(members, names, strict=True):
                for block in _extract(archive, member, folder / name):
                    unpacked, lines = unpacked + len(block), lines + limits.line_ends(block)
                    if unpacked > (most := limits.most_unpacked(size)):
                        raise Unreadable(f"the archive unpacks to more than {most >> 20} MB")
                    if lines > (most := limits.most_records(size)):
                        raise Unreadable(f"the archive unpacks to more than {most} lines, one for each of its bytes")
    except Unreadable:
        raise
    except _DAMAGED as error:
        raise Unreadable("the archive is cut off, damaged, or packed by an unsupported method") from error
    return [folder / name for name in sorted(names)], sorted(set(left_behind))


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> Iterator[bytes]:
    """Each block before it is written. They are counted as they come: the directory's sizes are only a claim."""
    with archive.open(member) as source, target.open("xb") as sink:
        while block := source.read(_BLOCK_BYTES):
            yield block
            sink.write(block)


def _safe_name(member: zipfile.ZipInfo) -> str:
    name = _decoded(member)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not name.isprintable() or any(len(part.encode()) > _LONGEST_NAME_BYTES for part in parts):
        raise Unreadable("the archive holds a name that is too long or has characters that do not print")
    if holds_personal_number(name):
        raise Unreadable("the name of a file in the archive contains a phone or identity number")
    if not parts or ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        raise Unreadable(f"the archive holds a path outside itself: {name!r}")
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise Unreadable(f"the archive holds a link or a device: {name!r}")
    if member.compress_type not in _METHODS:
        raise Unreadable("the archive is packed by an unsupported method; expected deflate")
    if member.flag_bits & 0x1:
        raise Unreadable("the archive is protected by a password")
    if parts[-1].lower().endswith(".zip"):
        raise Unreadable(f"the archive holds another archive: {name!r}")
    return parts[-1]


def _decoded(member: zipfile.ZipInfo) -> str:
    """Windows in China writes names as GBK and does not say so; Python then reads them as code page 437."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
