"""A file is there whole or as it was; several, all or none; errors name them, nothing is left behind."""

import os
import threading
from pathlib import Path

import pytest

from autodiff.files import write_together, write_whole


def test_what_was_written_is_there(tmp_path):
    write_whole(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_permissions_are_kept(mode, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_whole(path, b"new")
    assert path.stat().st_mode & 0o777 == mode and path.read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_a_new_file_has_the_permissions_any_new_file_has(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    write_whole(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_failure_on_the_way_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*names):
        raise OSError(28, "No space left on device", str(names[0]), None, str(names[-1]))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(path, b"new")
    assert caught.value.filename == str(path) and caught.value.filename2 is None
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def interrupted(*names):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("place", "kind"),
    [("nowhere/file", FileNotFoundError), ("plain/file", NotADirectoryError), ("n" * 300, OSError),
     ("folder", IsADirectoryError)],
)  # fmt: skip
def test_errors_name_the_file_that_was_asked_for(place, kind, tmp_path):
    (tmp_path / "plain").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(kind) as caught:
        write_whole(tmp_path / place, b"")
    assert caught.value.filename == str(tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "plain"]


def test_readers_never_see_half_a_file(tmp_path):
    path, sizes = tmp_path / "file", set()
    write_whole(path, b"a" * 1_000_000)
    done = threading.Event()

    def read():
        while not done.is_set():
            sizes.add(len(path.read_bytes()))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in (b"b", b"c", b"d", b"e"):
        write_whole(path, letter * 1_000_000)
    done.set()
    reader.join()
    assert sizes <= {1_000_000}


def test_a_link_goes_on_pointing_to_the_file(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no /dev/null here")
def test_a_device_is_written_in_place():
    write_whole("/dev/null", b"content")
    assert not Path("/dev/null").is_file()


def test_files_that_cannot_be_written_together_are_an_error_that_names_the_folder(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "nowhere" / "new"):
        with pytest.raises(OSError) as caught:
            write_together(folder, [("a", b""), ("b", b"")])
        assert caught.value.filename == str(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_files_written_together_replace_the_old_ones_and_leave_the_others(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "c").write_bytes(b"other")
    assert write_together(tmp_path, [("a", b"1"), ("b", b"2")]) == [tmp_path / "a", tmp_path / "b"]
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == {"a": b"1", "b": b"2", "c": b"other"}
