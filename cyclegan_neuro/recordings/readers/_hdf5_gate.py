"""What an HDF5 file of a user may open: objects inside it, and nothing else.

Reading HDF5 can reach into other files, and so print what lies there, by four ways: links to other files (also on the
way of a soft link, and classes of links that users define), data sets with external storage, virtual data sets, and
references to such data sets. Whatever opens an object of a file that we did not just write does it here:
:func:`follow` by a path, :func:`refer` by a reference; files of one fixed layout, in which none of these has a place,
are looked through as a whole by :func:`require_closed`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

import h5py

from cyclegan_neuro.errors import RecordingError

__all__ = ["DEEPEST", "OutsideError", "follow", "refer", "require_closed", "require_inside", "walk"]

_MAX_LINKS = 32  # soft links on the way
DEEPEST = 100  # groups in groups that are looked into: paths of deeper ones fill the memory
_MOST_NESTED, _MOST_PARTS = 4, 20_000  # virtual data sets of virtual data sets, and parts of all of them
_HERE = "."  # file name of a virtual source in the same file
_ORDINARY = (h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT)

_LINK, _EXTERNAL = "a link to another file", "a data set whose values lie in another file"
_VIRTUAL = "a virtual data set, parts of which lie in another file or nowhere"


class OutsideError(RecordingError):
    """An object lies outside of the file."""


def follow(file: h5py.File, name: str) -> h5py.Group | h5py.Dataset | None:
    """Open what lies at a path, link by link, so that a link to another file ends it before that is opened.

    Parameters
    ----------
    file : h5py.File
    name : str

    Returns
    -------
    Group, Dataset or None
        None where there is nothing.

    Raises
    ------
    OutsideError
        If the way there leaves the file, or the values lie outside of it.
    """
    return _follow(file, name, _Where(file, name))


def refer(file: h5py.File, reference: h5py.Reference | h5py.RegionReference, name: str) -> h5py.Group | h5py.Dataset:
    """Open what an object or region reference in the field ``name`` points to; raises as :func:`follow`."""
    item = _opened(file, reference)
    if isinstance(item, h5py.Dataset):
        require_inside(file, item, name)
    return item


def require_inside(file: h5py.File, dataset: h5py.Dataset, name: str) -> None:
    """Refuse an open data set of the field ``name`` whose values do not lie in the file; raises as :func:`follow`."""
    _require_inside(file, dataset, _Where(file, name))


def require_closed(file: h5py.File) -> None:
    """Look at every link and data set of a file, and refuse it if any leads outside or is virtual.

    Raises
    ------
    OutsideError
        If one does.
    OSError
        If one cannot be opened.
    """
    for path, group, key in _every(file):
        where = _Where(file, path)
        kind = group.id.links.get_info(key).type
        if kind not in _ORDINARY:
            raise where.error(_LINK)
        item = _opened(group, key) if kind == h5py.h5l.TYPE_HARD else None
        if not isinstance(item, h5py.Dataset):
            continue
        made_with = item.id.get_create_plist()
        if made_with.get_external_count():
            raise where.error(_EXTERNAL)
        if made_with.get_layout() == h5py.h5d.VIRTUAL:
            raise where.error(_VIRTUAL)


def walk(
    file: h5py.File, visit: Callable[[str, h5py.Group | h5py.Dataset], None], *, passed_by: Container[str] = ()
) -> list[str]:
    """Call ``visit`` with path and object of all that hard links lead to, of which none leads out of the file.

    In names that are not UTF-8 the letters that are none are replaced.

    Parameters
    ----------
    file : h5py.File
    visit : callable
    passed_by : container of str
        Topmost groups that are not looked into.

    Returns
    -------
    list of str
        Paths of what cannot be opened, which is an error only where it is asked for.
    """
    closed: list[str] = []
    for path, group, key in _every(file, passed_by=passed_by, closed=closed):
        try:
            if group.id.links.get_info(key).type == h5py.h5l.TYPE_HARD:
                visit(path, group[key])
        except MemoryError:
            raise
        except Exception:  # h5py raises whatever it finds
            closed.append(path)
    return closed


def _every(
    file: h5py.File, *, passed_by: Container[str] = (), closed: list[str] | None = None
) -> Iterator[tuple[str, h5py.Group, bytes]]:
    """Yield path, group and name of every link, those of groups that hard links lead to; each group once.

    What cannot be opened is an error, or added to ``closed``.
    """
    seen: set[int] = set()  # groups, by their place in the file: hard links can make a circle
    left = [(*link, 1) for link in _links("", file["/"]) if link[0] not in passed_by]
    while left:
        path, group, key, depth = left.pop()
        yield path, group, key
        try:
            if group.id.links.get_info(key).type != h5py.h5l.TYPE_HARD:
                continue
            item = group[key]
            if isinstance(item, h5py.Group) and (place := h5py.h5o.get_info(item.id).addr) not in seen:
                seen.add(place)
                if depth == DEEPEST:
                    raise OSError(f"groups nested deeper than {DEEPEST}")
                left += [(*link, depth + 1) for link in _links(f"{path}/", item)]
        except MemoryError:
            raise
        except Exception as error:
            if closed is None:
                raise OSError(f"'{path}': {error}") from error
            if path not in closed[-1:]:
                closed.append(path)


def _links(prefix: str, group: h5py.Group) -> list[tuple[str, h5py.Group, bytes]]:
    """Return path, group and name of what lies in a group, the last one first."""
    return [(prefix + key.decode("utf-8", "replace"), group, key) for key in group.id][::-1]


class _Where:
    """The field that was asked for, for messages."""

    def __init__(self, file: h5py.File, name: str):
        self.text = f"{file.filename}, field '{name}'"
        self.parts = 0  # of virtual data sets

    def error(self, got: str) -> OutsideError:
        return OutsideError(
            self.text,
            got=got,
            expected="data inside this file; external links are refused",
            fix="copy the data into one file (h5repack or h5copy), then read that",
        )


def _follow(file: h5py.File, name: str, where: _Where, level: int = 0) -> h5py.Group | h5py.Dataset | None:
    parts, item, links_left = _split(name), file["/"], _MAX_LINKS
    while parts:
        part = parts.pop(0)
        if not isinstance(item, h5py.Group):
            return None
        links, key = item.id.links, part.encode()
        if not links.exists(key):
            return None
        kind = links.get_info(key).type
        if kind not in _ORDINARY:
            raise where.error(_LINK)
        if kind == h5py.h5l.TYPE_HARD:
            item = _opened(item, part)
            continue
        if not links_left:  # a circle
            return None
        target = links.get_val(key).decode("utf-8", "replace")
        item = file["/"] if target.startswith("/") else item
        parts, links_left = _split(target) + parts, links_left - 1
    if isinstance(item, h5py.Dataset):
        _require_inside(file, item, where, level)
    return item


def _opened(group: h5py.Group, link: str | h5py.Reference | h5py.RegionReference) -> h5py.Group | h5py.Dataset:
    """Open what a hard link or a reference leads to, which is there: what cannot be opened is damaged."""
    try:
        return group[link]
    except KeyError as error:
        raise OSError(f"'{link}': {error.args[0]}") from error


def _require_inside(file: h5py.File, dataset: h5py.Dataset, where: _Where, level: int = 0) -> None:
    """Refuse what reaches out of the file; of virtual data sets each source is followed, as HDF5 will do."""
    if dataset.external:
        raise where.error(_EXTERNAL)
    if not dataset.is_virtual:
        return
    for source in dataset.virtual_sources():
        where.parts += 1
        # Of itself, or of others that are made of others, it comes to no end.
        if source.file_name != _HERE or level == _MOST_NESTED or where.parts > _MOST_PARTS:
            raise where.error(_VIRTUAL)
        if not isinstance(_follow(file, source.dset_name, where, level + 1), h5py.Dataset):
            raise where.error(_VIRTUAL)


def _split(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]
