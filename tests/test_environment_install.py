"""Making the environment: what stops on the way leaves nothing, what is wrong is refused and said.

A small program stands in for uv, so that no network is needed: it makes a real environment that borrows the packages of
the Python that runs these tests.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
from iamap.contract.errors import Cancelled, NoEngine, NoSpace
from iamap.environment import (
    check,
    downloads,
    engine,
    failures,
    index,
    install,
    lock,
    package_settings,
    process,
    torch_source,
    uv,
)
from iamap.environment.setting_up import Wishes

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for uv is a script that only POSIX starts")

STAND_IN = """\
    #!{python}
    import os, subprocess, sys, time
    from pathlib import Path
    mode = Path({folder!r}, "mode").read_text()
    if "--version" in sys.argv:
        print("uv {version}")
    elif sys.argv[1] == "venv":
        subprocess.run([sys.argv[sys.argv.index("--python") + 1], "-m", "venv", "--without-pip", sys.argv[-1]], check=True)
    elif mode == "hang":
        child = subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; sleep 60"])
        Path({folder!r}, "pid").write_text(str(child.pid))
        print("Downloading torch (170.0MiB)", flush=True)
        time.sleep(60)
    elif mode == "lend":
        python = Path(sys.argv[sys.argv.index("--python") + 1])
        site = next(python.parent.parent.glob("lib/python*/site-packages"))
        (site / "lent.pth").write_text({lent!r})
        print("Installed 1 package in 1ms")
    elif mode == "fail":
        print("error: Failed to fetch: `https://name:secret@index.example/simple/`\\n  Caused by: dns error: failed to lookup", file=sys.stderr)
        sys.exit(2)
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home é"
    for name in [name for name in os.environ if re.match("PIP_|UV_|IAMAP_|SSL_|.*_PROXY", name.upper())]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("IAMAP_HOME", str(folder))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return folder


@pytest.fixture
def stand_in(home, tmp_path):
    """A uv whose behaviour the file *mode* chooses."""
    uv.ours().parent.mkdir(parents=True)
    lent = str(Path(sys.prefix) / "lib" / "python{}.{}".format(*sys.version_info[:2]) / "site-packages")
    text = textwrap.dedent(STAND_IN).format(python=sys.executable, folder=str(tmp_path), version=uv.VERSION, lent=lent)
    uv.ours().write_text(text)
    uv.ours().chmod(0o755)
    return lambda mode: (tmp_path / "mode").write_text(mode)


WISHES = Wishes(python=sys.executable)


def left(home: Path) -> list[str]:
    """What a set-up left besides its log, its lock and uv."""
    kept = {"setup.log", "setup.lock", "uv", "engine"}
    return sorted(path.name for path in home.iterdir() if path.name not in kept) + [
        path.name for path in (home / "engine").iterdir()
    ]


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be noticed does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@posix
def test_cancelling_ends_everything_within_two_seconds_and_leaves_nothing(home, stand_in, tmp_path):
    stand_in("hang")
    asked: list[float] = []
    said: list[str] = []

    def cancelled() -> bool:
        if "Downloading torch (170.0MiB)" in said and not asked:
            asked.append(time.monotonic())
        return bool(asked)

    with pytest.raises(Cancelled):
        install.install(WISHES, said.append, cancelled=cancelled)
    assert time.monotonic() - asked[0] < 2
    assert left(home) == []
    if Path("/proc/self/stat").exists():
        assert not alive(int((tmp_path / "pid").read_text()))


@posix
def test_made_checked_by_work_repaired_and_former_ones_removed(home, stand_in):
    stand_in("lend")
    former = engine.root() / "0123456789ab"
    former.mkdir(parents=True)
    fractions: list[float] = []
    about = install.install(WISHES, progress=lambda fraction, stage: fractions.append(fraction))
    assert about["versions"]["torch"].startswith(engine.pinned()["torch"])
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert left(home) == [engine.key()], "former environments go when the new one is there"
    assert engine.find_python() == engine.python_in(engine.folder())

    next(engine.folder().glob("lib/python*/site-packages/lent.pth")).unlink()
    with pytest.raises(NoEngine, match="No module named 'numpy'"):
        check.verify(engine.find_python(), lambda text: None)
    said: list[str] = []
    install.install(Wishes(python=sys.executable, repair=True), said.append)
    assert any("No module named 'numpy'; it is made anew" in text for text in said)
    assert left(home) == [engine.key()]
    assert engine.is_made()


@posix
def test_an_environment_that_does_not_work_never_takes_its_place(home, stand_in):
    stand_in("nothing")
    with pytest.raises(NoEngine, match="No module named 'numpy'"):
        install.install(WISHES)
    assert left(home) == []
    assert not engine.is_made()
    assert "ModuleNotFoundError" in engine.log_file().read_text(encoding="utf-8")


@posix
def test_without_network_the_sentence_says_so_and_no_password_is_kept(home, stand_in):
    stand_in("fail")
    said: list[str] = []
    with pytest.raises(NoEngine, match="network, or the package index, can't be reached"):
        install.install(WISHES, said.append)
    everything = engine.log_file().read_text(encoding="utf-8") + "".join(said)
    assert "secret" not in everything and "***@index.example" in everything
    assert left(home) == []


def wheel(path: Path) -> Path:
    """A wheel of uv's name with another program in it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"uv-{uv.VERSION}.data/scripts/uv", "#!/bin/sh\necho evil\n")
    return path


def test_another_uv_than_the_pinned_one_is_refused_from_a_folder(home, tmp_path):
    wheel(tmp_path / uv.wheel_name(uv.tag()))
    with pytest.raises(NoEngine, match="sha256") as caught:
        install.install(Wishes(python=sys.executable, find_links=str(tmp_path), offline=True))
    assert not isinstance(caught.value, uv.NoUv), "no second way is tried after a forged file"
    assert not uv.ours().exists()
    assert left(home) == []


def test_another_uv_than_the_pinned_one_is_refused_from_an_index(home, tmp_path):
    page = tmp_path / "simple" / "uv"
    page.mkdir(parents=True)
    name = wheel(page / uv.wheel_name(uv.tag())).name
    (page / "index.html").write_text(f'<a href="{name}">{name}</a>')
    with pytest.raises(NoEngine, match=r"hash|sha256"):
        install.install(Wishes(python=sys.executable, index=(tmp_path / "simple").as_uri()))
    assert not uv.ours().exists()


def test_two_set_ups_at_once_do_not_clash(home):
    home.mkdir()
    with lock.only_one(home / "setup.lock"), pytest.raises(NoEngine, match="another set-up"):
        install.install(WISHES)
    with lock.only_one(home / "setup.lock"):
        assert True, "let go of after the first"


def test_a_full_disk_is_said_before_the_work(home, monkeypatch):
    usage = type("Usage", (), {"free": 1.2e9})
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(NoSpace, match=r"needs 2.8 GB.*1\.2 GB left"):
        install.install(WISHES)


def test_a_home_that_can_not_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IAMAP_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(NoEngine, match="writing to"):
        install.install(WISHES)


def test_a_python_that_is_none_is_refused(home, stand_in, tmp_path):
    stand_in("lend")
    with pytest.raises(NoEngine, match="is no Python that starts"):
        install.install(Wishes(python=str(tmp_path / "mode")))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: No space left on device (os error 28)", "disk is full"),
        ("error: Hash mismatch for `timm==1.0`", "another file than it should be"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "another file than it should be"),
        ("invalid peer certificate: UnknownIssuer", "certificate is not trusted"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate is not trusted"),
        ("407 Proxy Authentication Required", "proxy asks for a name"),
        ("error: HTTP status client error (403 Forbidden)", "refuses access"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "may not be written"),
        ("error: dns error: failed to lookup address information", "network"),
        (
            "Because hdbscan==0.8.44 has no wheels with a matching platform tag",
            "not offered for this computer.*hdbscan==0.8.44",
        ),
        ("ERROR: No matching distribution found for torch==2.13.0", "not offered for this computer.*torch==2.13.0"),
        ("something else\nthe last words", "exit code 3.*the last words"),
    ],
)
def test_every_failure_has_its_sentence(said, sentence):
    with pytest.raises((NoEngine, NoSpace), match=f"installing stopped.*{sentence}"):
        raise failures.explain("installing", said, 3)


def test_settings_of_pip_reach_uv(home, tmp_path, monkeypatch):
    file, certificate = tmp_path / "pip.conf", tmp_path / "company.pem"
    certificate.write_text("")
    file.write_text(
        f"[global]\nindex-url = https://index.example/simple\nextra-index-url = https://more.example/simple\nfind-links = {tmp_path}\n"
        f"cert = {certificate}\ntrusted-host = index.example\nproxy = http://proxy.example:3128\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("UV_SYSTEM_PYTHON", "1")
    env = package_settings.environ(package_settings.read(), tmp_path / "cache")
    assert env["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert env["UV_EXTRA_INDEX_URL"] == "https://more.example/simple"
    assert env["UV_INDEX_STRATEGY"] == "unsafe-best-match", "as pip understands several indexes"
    assert env["UV_FIND_LINKS"] == str(tmp_path)
    assert env["SSL_CERT_FILE"] == str(certificate)
    assert env["UV_INSECURE_HOST"] == "index.example"
    assert env["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "UV_SYSTEM_PYTHON" not in env
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.example")
    assert package_settings.read().index == "https://variable.example", "a variable goes before a file"
    assert package_settings.read(index="https://asked.example").index == "https://asked.example"


def test_offline_with_a_folder_means_that_folder_and_nothing_else(home, tmp_path):
    settings = package_settings.read(find_links=str(tmp_path), offline=True)
    env = package_settings.environ(settings, tmp_path / "cache", offline=True)
    assert (env["UV_NO_INDEX"], env["PIP_NO_INDEX"], env["UV_OFFLINE"]) == ("1", "1", "1")
    assert env["UV_FIND_LINKS"] == str(tmp_path)


def test_a_torch_wheel_in_the_find_links_chooses_source_and_python(tmp_path):
    version = engine.pinned()["torch"]
    cpu = torch_source.choose(False, [], system="linux")
    assert (cpu.backend, cpu.pythons) == ("cpu", engine.PYTHONS)
    assert torch_source.choose(True, [], system="linux").backend == "auto"
    assert (
        torch_source.choose(False, [], system="win32").backend
        == torch_source.choose(False, [], system="darwin").backend
        == ""
    )
    assert torch_source.choose(False, [], "cu130", system="linux").backend == "", "the user's own choice is left alone"
    for name in (
        f"torch-{version}+cpu-cp312-cp312-manylinux_2_28_{{}}.whl",
        f"torch-{version}+cpu-cp312-cp312-win_{{}}.whl",
    ):
        machine = os.uname().machine if hasattr(os, "uname") else "amd64"
        (tmp_path / name.format(machine)).write_text("")
    (tmp_path / f"torch-9{version}-cp313-cp313-manylinux_2_28_x86_64.whl").write_text("")
    offered = torch_source.choose(False, [str(tmp_path)], system="linux")
    assert (offered.backend, offered.pythons, offered.offered) == ("", ((3, 12),), True)


def test_links_of_folders_and_pages_are_read(tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "x-1.whl").write_text("x")
    assert index.links(str(tmp_path / "a b")) == {"x-1.whl": ((tmp_path / "a b" / "x-1.whl").as_uri(), "")}
    (tmp_path / "a b" / "index.html").write_text('<a href="../files/y-1%2Bcpu.whl#sha256=abc">y</a>')
    found = index.links((tmp_path / "a b").as_uri())
    assert found == {"y-1+cpu.whl": (tmp_path.as_uri() + "/files/y-1%2Bcpu.whl", "abc")}
    with pytest.raises(NoEngine, match="not an https address"):
        index.links("http://name:secret@index.example/simple")


def test_a_download_appears_only_when_its_hash_is_right(tmp_path):
    (tmp_path / "source").write_bytes(b"right")
    index.fetch((tmp_path / "source").as_uri(), tmp_path / "good", hashlib.sha256(b"right").hexdigest(), lambda: False)
    with pytest.raises(NoEngine, match="sha256"):
        index.fetch((tmp_path / "source").as_uri(), tmp_path / "bad", "0" * 64, lambda: False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "source"]


@pytest.mark.parametrize(
    ("system", "machine", "libc", "part"),
    [
        ("linux", "x86_64", "glibc", "manylinux_2_17_x86_64"),
        ("linux", "aarch64", "glibc", "manylinux_2_28_aarch64"),
        ("linux", "x86_64", "musl", "musllinux_1_1_x86_64"),
        ("darwin", "arm64", "-", "macosx_11_0_arm64"),
        ("darwin", "x86_64", "-", "macosx_10_12_x86_64"),
        ("win32", "AMD64", "-", "win_amd64"),
        ("win32", "ARM64", "-", "win_arm64"),
    ],
)
def test_every_platform_has_a_wheel_of_uv_with_a_hash(system, machine, libc, part):
    found = uv.tag(system, machine, libc)
    assert found.startswith(part)
    assert len(uv.WHEELS[found]) == 64


def test_progress_of_downloads_never_falls_and_stays_within_its_part():
    seen: list[float] = []
    reader = downloads.Downloads(lambda fraction, stage: seen.append(fraction))
    for line in [
        "Downloading torch (900.0MiB)",
        "Downloading timm (2.7MiB)",
        " Downloaded timm",
        " Downloaded torch",
        "noise (1",
    ]:
        reader.hear(line)
    for line in [
        "Downloading odd (oddMiB)",
        " Downloaded odd",
        "Prepared 85 packages in 8.21s",
        "Installed 86 packages in 196ms",
    ]:
        reader.hear(line)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (downloads.BEGIN, downloads.PLACED)


def test_without_uv_and_network_the_ways_out_are_said(home):
    with pytest.raises(NoEngine, match=r"uv, which makes the engine environment, could not be downloaded.*--index"):
        install.install(Wishes(offline=True))
    assert left(home) == []


@posix
def test_a_program_that_says_nothing_is_stopped_at_its_time_limit(tmp_path):
    started = time.monotonic()
    assert process.output(["/bin/sleep", "30"], {}, tmp_path, seconds=0.5)[0] == -1
    assert time.monotonic() - started < 2
    assert process.output([str(tmp_path / "nothing")], {}, tmp_path)[0] == -1
    assert process.output(["/bin/echo", "hé"], {}, tmp_path) == (0, "hé")
