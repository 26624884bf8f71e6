"""What an HDF5 file of a user may open: objects inside it, and nothing else.

Reading HDF5 can reach into other files, and so print what lies there, by four ways: links to other files (also on the
way of a soft link, and classes of links that users define), data sets with external storage, virtual data sets, and
references to such data sets. Whatever opens an object of a file that we did not just write does it here:
:func:`follow` by a path, :func:`refer` by a reference; files of one fixed layout, in which none of these has a place,
are looked through as a whole by :func:`require_closed`.
"""

from __future__ import annotations

from collections.abc import Callable, Container

import h5py

from cyclegan_neuro.errors import RecordingError

__all__ = ["OutsideError", "follow", "refer", "require_closed", "require_inside", "walk"]

_MAX_LINKS = 32  # soft links on the way, and virtual data sets of virtual data sets
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
    return _follow(file, name, _Where(file, name), _MAX_LINKS)


def refer(file: h5py.File, reference: h5py.Reference | h5py.RegionReference, name: str) -> h5py.Group | h5py.Dataset:
    """Open what an object or region reference in the field ``name`` points to; raises as :func:`follow`."""
    item = _opened(file, reference)
    if isinstance(item, h5py.Dataset):
        require_inside(file, item, name)
    return item


def require_inside(file: h5py.File, dataset: h5py.Dataset, name: str) -> None:
    """Refuse an open data set of the field ``name`` whose values do not lie in the file; raises as :func:`follow`."""
    _require_inside(file, dataset, _Where(file, name), _MAX_LINKS)


def require_closed(file: h5py.File) -> None:
    """Look at every link and data set of a file, and refuse it if any leads outside or is virtual.

    Raises
    ------
    OutsideError
    """

    def visit(name: bytes, link: h5py.h5l.LinkInfo) -> OutsideError | None:  # h5py does not pass on what it raises
        where = _Where(file, name.decode("utf-8", "replace"))
        if link.type not in _ORDINARY:
            return where.error(_LINK)
        item = h5py.h5o.open(file.id, name) if link.type == h5py.h5l.TYPE_HARD else None
        if not isinstance(item, h5py.h5d.DatasetID):
            return None
        made_with = item.get_create_plist()
        if made_with.get_external_count():
            return where.error(_EXTERNAL)
        return where.error(_VIRTUAL) if made_with.get_layout() == h5py.h5d.VIRTUAL else None

    found = file.id.links.visit(visit, info=True)
    if found is not None:
        raise found


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
    seen: set[int] = set()  # groups, by their place in the file: hard links can make a circle
    left: list[tuple[str, h5py.Group, bytes]] = [link for link in _links("", file["/"]) if link[0] not in passed_by]
    closed = []
    while left:
        path, group, key = left.pop()
        try:
            if group.id.links.get_info(key).type != h5py.h5l.TYPE_HARD:
                continue
            item = group[key]
            visit(path, item)
            if isinstance(item, h5py.Group) and (place := h5py.h5o.get_info(item.id).addr) not in seen:
                seen.add(place)
                left += _links(f"{path}/", item)
        except (KeyError, OSError, RuntimeError, ValueError):
            closed.append(path)
    return closed


def _links(prefix: str, group: h5py.Group) -> list[tuple[str, h5py.Group, bytes]]:
    """Return path, group and name of what lies in a group, the last one first."""
    return [(prefix + key.decode("utf-8", "replace"), group, key) for key in group.id][::-1]


class _Where:
    """The field that was asked for, for messages."""

    def __init__(self, file: h5py.File, name: str):
        self.text = f"{file.filename}, field '{name}'"

    def error(self, got: str) -> OutsideError:
        return OutsideError(
            self.text,
            got=got,
            expected="data inside this file; external links are refused",
            fix="copy the data into one file (h5repack or h5copy), then read that",
        )


def _follow(file: h5py.File, name: str, where: _Where, links_left: int) -> h5py.Group | h5py.Dataset | None:
    parts, item = _split(name), file["/"]
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
        _require_inside(file, item, where, links_left)
    return item


def _opened(group: h5py.Group, link: str | h5py.Reference | h5py.RegionReference) -> h5py.Group | h5py.Dataset:
    """Open what a hard link or a reference leads to, which is there: what cannot be opened is damaged."""
    try:
        return group[link]
    except KeyError as error:
        raise OSError(f"'{link}': {error.args[0]}") from error


def _require_inside(file: h5py.File, dataset: h5py.Dataset, where: _Where, links_left: int) -> None:
    if dataset.external:
        raise where.error(_EXTERNAL)
    if not dataset.is_virtual:
        return
    for source in dataset.virtual_sources():
        if source.file_name != _HERE or not links_left:  # a virtual data set of itself comes to no end
            raise where.error(_VIRTUAL)
        if not isinstance(_follow(file, source.dset_name, where, links_left - 1), h5py.Dataset):
            raise where.error(_VIRTUAL)


def _split(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]
