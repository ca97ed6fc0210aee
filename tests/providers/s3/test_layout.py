"""Keys as paths and back, without servers."""

import random
import time
from pathlib import Path

import pytest

from lab.providers.s3.layout import Layout, key_of_names, names_of

LONG = "x" * 300
ODD_KEYS = [
    "a",
    "a/b",
    "a//b",
    "/a",
    "//",
    "/",
    "a/",
    "a/b//",
    ".",
    "..",
    "../../etc/passwd",
    "a/../b",
    "a/./b",
    "...",
    "a\0b",
    "a\tb\n",
    "\x7f",
    "%{",
    "%{}",
    "%{25}{",
    "%{file}",
    "a%{file}",
    "a%{+}",
    "a%{+}/b",
    "hour=10%3A00",
    "100%",
    "été/日本/🦆",
    "a b+c&d=e",
    LONG,
    LONG + "/" + LONG,
    "é" * 512,
    "🦆" * 256,
    "x" * 247,
    "x" * 248,
    "x" * 247 + ".",
    "x" * 247 + "..",
    "x" * 494 + "/",
    "\n" * 1024,
    "/" * 1024,
    "\n/" * 512,
    "./" * 512,
    "%{" * 512,
    ("x" * 247 + "/y") * 4,
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_key_becomes_file_names_and_back(key: str) -> None:
    names = names_of(key)
    assert key_of_names(tuple(names)) == key
    for name in names:
        assert name not in ("", ".", "..")
        assert "/" not in name
        assert "\0" not in name
        assert len(name.encode()) <= 255
    assert len(names[-1].encode()) + len("%{file}") <= 255
    assert len("/".join(names).encode()) <= 3 * 1024 + 100


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("logs/2024/01/part-0.gz", "logs/2024/01/part-0.gz"),
        ("dt=2024-01-01/hour=10%3A00/x", "dt=2024-01-01/hour=10%3A00/x"),
        ("été 🦆.csv", "été 🦆.csv"),
        (".hidden", ".hidden"),
        ("a//b", "a/%{/b"),
        ("/a", "%{/a"),
        ("a/", "a/%{"),
        ("../x", "%{2e2e}/x"),
        ("a/./b", "a/%{2e}/b"),
        ("a\tb", "a%{09}b"),
        ("a\0\nb", "a%{000a}b"),
        ("%{x", "%{25}{x"),
        ("y" * 250, "y" * 247 + "%{+}/yyy"),
    ],
)
def test_names_on_disk(tmp_path: Path, key: str, path: str) -> None:
    assert Layout(tmp_path).object_path("bucket", key) == tmp_path / "bucket" / path


def test_random_keys_never_collide() -> None:
    chance = random.Random(20240101)
    pieces = ["a", "b", "/", "//", ".", "..", "%", "{", "}", "%{", "+", "file", "\n", "é", "x" * 60]
    seen: dict[tuple[str, ...], str] = {}
    for _ in range(20_000):
        key = "".join(chance.choices(pieces, k=chance.randint(1, 12)))
        names = tuple(names_of(key))
        assert seen.setdefault(names, key) == key
        assert key_of_names(names) == key


@pytest.mark.parametrize(
    "name",
    ["%{41}", "%{zz}", "a%{", "%{2e}x", "%{+}", "a%{+}", "z" * 250, "tab\tname", "%{2E}", "%{}"],
)
def test_a_name_that_no_key_is_written_to_is_not_an_object(tmp_path: Path, name: str) -> None:
    layout = Layout(tmp_path)
    file = tmp_path / "bucket" / name
    file.parent.mkdir()
    file.write_bytes(b"")
    with pytest.raises(ValueError, match="is not what any key is written as"):
        layout.key_of("bucket", file)
    strangers: list[str] = []
    assert list(layout.walk("bucket", strangers=strangers)) == []
    assert strangers == [str(file)]


@pytest.mark.parametrize("bucket", ["", ".state", "..", "a/b", "a\0"])
def test_a_name_that_is_no_bucket_is_refused(tmp_path: Path, bucket: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a bucket"):
        Layout(tmp_path).bucket_path(bucket)


def write(layout: Layout, key: str) -> Path:
    path = layout.make_room("bucket", key)
    path.write_bytes(key.encode())
    return path


@pytest.mark.parametrize(
    "keys", [["a", "a/b", "a/b/c"], ["a/b/c", "a/b", "a"], ["a/b", "a", "a/b/c"]]
)
def test_a_key_beside_its_own_folder(tmp_path: Path, keys: list[str]) -> None:
    layout = Layout(tmp_path)
    for key in keys:
        write(layout, key)
    for key in keys:
        path = layout.object_path("bucket", key)
        assert path.read_bytes() == key.encode()
        assert layout.key_of("bucket", path) == key
    assert [file.key for file in layout.list("bucket")] == ["a", "a/b", "a/b/c"]


def test_a_key_gets_its_plain_name_back_when_its_folder_goes(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write(layout, "a")
    below = write(layout, "a/b/c")
    assert layout.object_path("bucket", "a") == tmp_path / "bucket" / "a%{file}"
    below.unlink()
    layout.prune("bucket", below)
    assert layout.object_path("bucket", "a") == tmp_path / "bucket" / "a"
    assert (tmp_path / "bucket" / "a").read_bytes() == b"a"


def test_list_is_in_binary_order_and_equals_a_filter(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    shallow = (key for key in ODD_KEYS if key.count("/") < 100)
    keys = sorted({*shallow, "a-b", "a.b", "a/c", "a0", "B", "x" * 247 + "-b", "x" * 247 + "/c"})
    for key in keys:
        write(layout, key)
    prefixes = [
        "",
        "a",
        "a/",
        "a//",
        "/",
        "x" * 246,
        "x" * 247,
        LONG + "/",
        "%",
        "nothing/here",
        "é",
    ]
    for prefix in prefixes:
        found = layout.list("bucket", prefix)
        expected = [key for key in keys if key.startswith(prefix)]
        assert [file.key for file in found] == sorted(expected, key=str.encode)
        for file in found:
            assert file.size == len(file.key.encode())
            assert file.path == layout.object_path("bucket", file.key)
            assert abs(file.modified - time.time()) < 60


def test_the_deepest_key(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    path = write(layout, "/" * 1023 + "a")
    assert [file.key for file in layout.list("bucket")] == ["/" * 1023 + "a"]
    path.unlink()
    layout.prune("bucket", path)
    assert list((tmp_path / "bucket").iterdir()) == []


def test_list_walks_only_the_folders_that_it_needs(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write(layout, "in/dt=1/x")
    write(layout, "in/dt=2/x")
    # It would raise PermissionError, or NotADirectoryError here, if it were read.
    closed = layout.make_room("bucket", "out/x").parent
    closed.rmdir()
    closed.symlink_to(tmp_path)
    assert [file.key for file in layout.list("bucket", "in/dt=2")] == ["in/dt=2/x"]


def test_links_are_not_objects(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    target = write(layout, "real")
    target.with_name("link").symlink_to(target)
    target.with_name("folder").symlink_to(tmp_path)
    assert [file.key for file in layout.list("bucket")] == ["real"]


def test_a_bucket_without_folder_is_empty(tmp_path: Path) -> None:
    assert Layout(tmp_path).list("nothing") == []
