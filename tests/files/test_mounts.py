"""Network file systems are told from disks, and refused where two machines would spoil things."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.files import mounts
from pettingllms.files.mounts import network_file_system


def mounted(folder: Path, *points: tuple[Path, str]) -> str:
    """As the kernel tells it, the root first."""
    lines = ["22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw"]
    for number, (point, kind) in enumerate(points, start=23):
        name = str(point).replace(" ", "\\040")
        lines.append(
            f"{number} 22 0:{number} / {name} rw,nosuid master:{number} - {kind} srv:/x rw"
        )
    (folder / "mountinfo").write_text("\n".join((*lines, "cut off", "")))
    return str(folder / "mountinfo")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the kernel says is on NFS."""
    folder = tmp_path / "shared by all"
    folder.mkdir()
    monkeypatch.setattr(mounts, "MOUNTS", Path(mounted(tmp_path, (folder, "nfs4"))))
    return folder


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("nfs", "nfs"), ("nfs4", "nfs4"), ("cifs", "cifs"), ("smb3", "smb3"), ("ceph", "ceph"),
        ("fuse.sshfs", "fuse.sshfs"), ("fuse.rclone", "fuse.rclone"), ("lustre", "lustre"),
        ("ext4", None), ("xfs", None), ("btrfs", None), ("overlay", None), ("tmpfs", None),
        ("fuse.mergerfs", None), ("9p", None), ("zfs", None),
    ],
)  # fmt: skip
def test_kinds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, found: str | None
) -> None:
    monkeypatch.setattr(mounts, "MOUNTS", Path(mounted(tmp_path, (tmp_path / "m", kind))))
    (tmp_path / "m").mkdir()
    assert network_file_system(tmp_path / "m" / "not" / "there") == found
    assert network_file_system(tmp_path) is None
    (tmp_path / "link").symlink_to(tmp_path / "m")
    assert network_file_system(tmp_path / "link") == found


def test_a_disk_below_a_share_is_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of two mounts on one place the last counts."""
    share, disk = tmp_path / "share", tmp_path / "share" / "disk"
    disk.mkdir(parents=True)
    told = mounted(tmp_path, (share, "nfs4"), (disk, "nfs4"), (disk, "ext4"))
    monkeypatch.setattr(mounts, "MOUNTS", Path(told))
    assert network_file_system(disk) is None
    assert network_file_system(share) == "nfs4"
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "nowhere")
    assert network_file_system(share) is None


def test_a_shared_cache_is_refused(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is sent or written there; the doctor says so too."""
    here = ["--output-dir", str(tmp_path / "out"), "--cache-dir", str(shared / "cache")]
    assert main(["collect", *here]) == 13
    said = capsys.readouterr().err
    assert "network file system (nfs4)" in said
    assert "SFT_REDIS_URL" in said
    assert not [*shared.iterdir()]
    assert main(["doctor", *here]) == 13
    assert "network file system (nfs4)" in " ".join(capsys.readouterr().out.split())


def test_a_shared_output_folder_is_refused_with_a_budget_alone(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows may lie there; a bill may not."""
    here = ["--output-dir", str(shared / "out"), "--cache-dir", str(tmp_path / "cache")]
    assert main(["plan", *here]) == 0
    capsys.readouterr()
    assert main(["collect", *here, "--max-cost-usd", "1"]) == 12
    assert "network file system (nfs4)" in capsys.readouterr().err
