"""The old API out of a release: real archives, fetched by the real pip from a folder instead of an index."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pytest_agentgate.errors import UsageError
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.released import folder_tree, import_roots, package_tree

METADATA = "Metadata-Version: 2.1\nName: shop\nVersion: {}\n"
BACKEND = """
import pathlib

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    home = pathlib.Path(folder, "shop-1.3.dist-info")
    home.mkdir()
    (home / "METADATA").write_text("Metadata-Version: 2.1\\nName: shop\\nVersion: 1.3\\n")
    return home.name
"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with release 1.4 of shop as a wheel and release 1.3 as a source archive; pip looks nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "shop-1.4-py3-none-any.whl", "w") as wheel:
        wheel.writestr("shop/__init__.py", "from .orders import Order\n")
        wheel.writestr("shop/orders.py", "class Order:\n    def total(self, tax): ...\n")
        wheel.writestr("shop/logo.png", "no text")
        wheel.writestr("shop-1.4.data/purelib/extra.py", "EXTRA = 1\n")
        wheel.writestr("shop-1.4.data/scripts/run.py", "RUN = 1\n")
        wheel.writestr("../outside.py", "OUTSIDE = 1\n")
        wheel.writestr("shop-1.4.dist-info/METADATA", METADATA.format("1.4"))
        wheel.writestr("shop-1.4.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("shop-1.4.dist-info/RECORD", "")
    texts = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": BACKEND,
        "PKG-INFO": METADATA.format("1.3"),
        "src/shop/__init__.py": "class Order:\n    def sum(self): ...\n",
        "src/shop/build/__init__.py": "BUILT = 1\n",
    }
    with tarfile.open(folder / "shop-1.3.tar.gz", "w:gz") as archive:
        for path, text in texts.items():
            member = tarfile.TarInfo(f"shop-1.3/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("shop-1.3/src/shop/link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "__init__.py"
        archive.addfile(link)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def test_a_wheel_is_unpacked_and_read(index: Path, tmp_path: Path) -> None:
    tree, roots = package_tree("Shop == 1.4", tmp_path / "cache")
    assert sorted(tree.paths()) == ["extra.py", "shop/__init__.py", "shop/orders.py"]
    assert Api.of(tree, roots).canonical("shop.Order.total") == "shop.orders.Order.total"
    assert not (tmp_path / "outside.py").exists()


def test_a_source_archive_is_unpacked_and_read(index: Path, tmp_path: Path) -> None:
    tree, roots = package_tree("shop==1.3", tmp_path / "cache")
    assert roots == ("src", "")
    api = Api.of(tree, roots, ("src",))
    assert set(api.modules) == {"shop", "shop.build"}
    assert api.offers("shop.Order.sum")


def test_a_release_is_fetched_once(index: Path, tmp_path: Path) -> None:
    package_tree("shop==1.4", tmp_path / "cache")
    for each in index.iterdir():
        each.unlink()
    tree, _ = package_tree("shop==1.4", tmp_path / "cache")
    assert "shop/orders.py" in tree.paths()
    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["shop-1.4"]


@pytest.mark.parametrize(
    ("pinned", "said"),
    [
        ("shop", "must be one release of a package such as shop==1.4"),
        ("shop>=1.4", "must be one release of a package such as shop==1.4"),
        ("shop==1.4 --index-url=x", "must be one release"),
        ("-r==1", "must be one release"),
        ("shop==9.9", "pip can't fetch it: No matching distribution found for shop==9.9"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_one_line(index: Path, tmp_path: Path, pinned: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        package_tree(pinned, tmp_path / "cache")
    assert f"--base-package {pinned}: " in str(raised.value)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not list((tmp_path / "cache").glob("*")) if (tmp_path / "cache").exists() else True


def test_a_damaged_archive_is_named(index: Path, tmp_path: Path) -> None:
    whole = (index / "shop-1.3.tar.gz").read_bytes()
    (index / "shop-1.3.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"shop==1\.3"):
        package_tree("shop==1.3", tmp_path / "cache")


def test_a_folder_may_be_a_package_or_hold_some(tmp_path: Path) -> None:
    package = tmp_path / "old" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("OLD = 1\n")
    for folder in (package, package.parent):
        tree, roots = folder_tree(folder)
        assert Api.of(tree, roots).offers("shop.OLD")
    with pytest.raises(UsageError, match="no such folder"):
        folder_tree(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no Python file"):
        folder_tree(tmp_path / "empty")


def test_a_folder_called_src_that_is_a_package_is_no_root(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "__init__.py").touch()
    assert import_roots(tmp_path) == ("",)
