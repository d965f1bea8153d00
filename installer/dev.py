#!/usr/bin/env python3
"""Set ArtDesk up in .venv and start it or check it. Needs Python 3.11 or later and nothing else.

  python3 installer/dev.py run [-- ARGS]    open the desk, or pass ARGS to `artdesk`
  python3 installer/dev.py test [-- ARGS]   set up with the test extra, then the one check
                                            (format, lint, types, tests); ARGS go to pytest
  python3 installer/dev.py setup            set up only

A second start does no set-up work: a stamp in .venv remembers what was installed for which project file.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
# What Qt loads on Linux, and the Debian package that holds it.
LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "xkbcommon": "libxkbcommon0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-randr": "libxcb-randr0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",
}


def say(text: str) -> None:
    print(f"artdesk set-up: {text}", file=sys.stderr, flush=True)


def stop(text: str) -> None:
    say(text)
    raise SystemExit(1)


def has_nvidia() -> bool:
    """Whether an NVIDIA driver answers."""
    if os.environ.get("ARTDESK_RUNTIME") == "cpu":
        return False
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        return subprocess.run([tool, "-L"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def stamp_of(extras: tuple[str, ...]) -> str:
    """Changes when the project file, this script, the Python or the wanted extras change."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(repr((sorted(extras), sys.version_info[:2], str(ROOT), platform.machine())).encode())
    return digest.hexdigest()


def installed(extras: tuple[str, ...]) -> bool:
    """Whether .venv holds these extras, or more, for this project file."""
    wanted = {stamp_of(tuple({*extras, *more})) for more in ((), ("test",), ("cuda",), ("cuda", "test"))}
    try:
        return PYTHON.exists() and (VENV / "artdesk-stamp").read_text() in wanted
    except OSError:
        return False


def run(*command: str | Path) -> None:
    done = subprocess.run([str(c) for c in command], cwd=ROOT, check=False)
    if done.returncode:
        stop(f"“{' '.join(str(c) for c in command[:6])} …” failed with {done.returncode}; see above.")


def make_environment() -> None:
    if PYTHON.exists():
        return
    say("making the environment in .venv")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        stop("Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv")


def set_up(test: bool) -> None:
    extras: tuple[str, ...] = ("test",) if test else ()
    if installed(extras):
        return
    if sys.version_info < (3, 11):  # noqa: UP036  # this script is what an older Python starts
        stop(f"ArtDesk needs Python 3.11 or later; this is {platform.python_version()}.")
    nvidia = has_nvidia() and sys.platform != "darwin"
    if nvidia:
        extras = ("cuda", *extras)
    make_environment()
    wanted = f".[{','.join(extras)}]" if extras else "."
    say(f"installing {wanted} (a few minutes the first time)")
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--progress-bar", "off"]
    run(*pip, "--editable", wanted)
    if sys.platform == "win32" and not nvidia:
        # Distributions of onnxruntime overwrite each other's files: take the others out first.
        run(PYTHON, "-m", "pip", "uninstall", "--yes", "--quiet", *RUNTIMES)
        run(*pip, "onnxruntime-directml")
    one_runtime()
    system_libraries()
    # Starts stay short even where Python is told not to write compiled modules.
    compiled = [PYTHON, "-m", "compileall", "-q", "-j", "0", ROOT / "artdesk"]
    subprocess.run([str(c) for c in compiled], cwd=ROOT, check=False)
    (VENV / "artdesk-stamp").write_text(stamp_of(extras))
    say("done")


def one_runtime() -> None:
    """Exactly one distribution of onnxruntime may be there."""
    code = (
        "from importlib.metadata import distributions as d;"
        f"print(*[n for x in d() if (n := (x.metadata['Name'] or '').lower()) in {RUNTIMES!r}])"
    )
    found = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False).stdout.split()
    if len(found) != 1:
        stop(f"exactly one onnxruntime is needed, found: {', '.join(found) or 'none'}. Delete .venv and try again.")


def system_libraries() -> None:
    """Name what Qt misses on Linux; install it where that is allowed (Debian and Ubuntu as root)."""
    if not sys.platform.startswith("linux"):
        return
    missing = [package for name, package in LIBRARIES.items() if ctypes.util.find_library(name) is None]
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        say(f"installing system libraries for Qt: {' '.join(missing)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False, stdout=subprocess.DEVNULL)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        if subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL).returncode == 0:
            return
    say("Qt needs system libraries that are missing here. On Debian and Ubuntu:")
    print(f"  sudo apt-get install {' '.join(missing)}", file=sys.stderr)


def check(arguments: list[str]) -> int:
    """The one check: format, lint, types, tests."""
    steps = [
        ("format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
        ("lint", [PYTHON, "-m", "ruff", "check", "--quiet", "."]),
        ("types", [PYTHON, "-m", "mypy"]),
        ("tests", [PYTHON, "-m", "pytest", *(arguments or ["-n", "2", "--dist", "loadfile"])]),
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    failed = []
    for name, command in steps:
        say(f"checking {name}")
        if subprocess.run([str(c) for c in command], cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
    if failed:
        say(f"FAILED: {', '.join(failed)}")
        return 1
    say("all checks passed")
    return 0


def main() -> int:
    words = sys.argv[1:]
    if not words or words[0] not in ("run", "test", "setup"):
        print(__doc__, file=sys.stderr)
        return 2
    verb, rest = words[0], words[1:]
    if rest[:1] == ["--"]:
        rest = rest[1:]
    set_up(test=verb == "test")
    if verb == "setup":
        return 0
    if verb == "test":
        return check(rest)
    command = [str(PYTHON), "-m", "artdesk", *rest]
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
