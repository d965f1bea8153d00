"""Trying out a foreign model without trusting it: static reading here, the first run in a child with limits."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil

import artdesk
from artdesk.core.errors import ModelRefused
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken
from artdesk.engine.foreign.facts import BadFacts, Measured, measured_from_plain, to_plain
from artdesk.engine.foreign.latent_ports import mapping_beside
from artdesk.engine.foreign.reading import ReadModel, read_model
from artdesk.engine.foreign.refusals import refusal

log = logging.getLogger(__name__)

_MOST_ANSWER_BYTES = 16 << 20
_MOST_PIXELS = 4 << 20
_STEP = 0.04


@dataclass(frozen=True)
class ProbeLimits:
    """What a foreign model may use while it is tried out: memory beyond the bare child, wall-clock seconds,
    threads.
    """

    memory_mb: int = 3072
    seconds: float = 240.0
    threads: int = 0


def usual_limits() -> ProbeLimits:
    """The limits, with no more memory than half of what this machine has free."""
    free_mb = psutil.virtual_memory().available >> 20
    return ProbeLimits(memory_mb=max(512, min(3072, free_mb // 2)))


@dataclass(frozen=True)
class Probe:
    """A model that was read and measured: what it is, and the test card before and after; `mapping` is the network
    that lies beside a generator.
    """

    read: ReadModel
    measured: Measured
    before: Image
    after: Image | None
    mapping: ReadModel | None = None


def probe_model(
    path: Path,
    *,
    token: CancelToken | None = None,
    limits: ProbeLimits | None = None,
    report: Callable[[float, str], None] | None = None,
) -> Probe:
    """Read the ONNX file at `path`, then measure it in a child process.

    Raises ModelRefused in a sentence, whatever the file does; Cancelled when the token says so. The child and its
    files are gone when this returns.
    """
    token = token or CancelToken()
    limits = limits or usual_limits()
    say = report or (lambda fraction, message: None)
    say(0.02, "Reading the file")
    read = read_model(path)
    mapping = mapping_beside(path, read)
    token.check()
    say(0.15, "Trying it out on a test picture")
    answer = ask_child(read, limits, token, mapping)
    try:
        if "refused" in answer:
            values = answer.get("values")
            plain = {k: v for k, v in values.items() if isinstance(v, str | int)} if isinstance(values, dict) else {}
            plain.setdefault("limit", limits.memory_mb)
            raise refusal(str(answer["refused"]), path.name, plain)
        measured = measured_from_plain(answer.get("measured"))
        before = _unpacked(answer.get("before"))
        after = _unpacked(answer["after"]) if answer.get("after") is not None else None
    except (BadFacts, ValueError, KeyError, TypeError, zlib.error) as error:
        log.warning("the probe of %s answered nonsense", path, exc_info=error)
        raise refusal("answer", path.name, {}) from error
    say(1.0, "")
    return Probe(read, measured, before, after, mapping)


def _unpacked(data: Any) -> Image:
    """A picture from the child's answer; its claimed shape bounds what is unpacked."""
    h, w, c = (int(n) for n in data["shape"])
    if c != 3 or h < 1 or w < 1 or h * w > _MOST_PIXELS:
        raise ValueError("shape")
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(base64.b64decode(data["data"], validate=True), h * w * c + 1)
    if len(content) != h * w * c:
        raise ValueError("size")
    return as_image(np.frombuffer(content, np.uint8).reshape(h, w, c))


def ask_child(
    read: ReadModel, limits: ProbeLimits, token: CancelToken, mapping: ReadModel | None = None
) -> dict[str, Any]:
    """Run the measurement of a read model in a child and return its answer, a JSON object that may hold anything.

    A child that grows, runs on, crashes or says too much is ended, and the answer is the matching refusal.
    """
    with tempfile.TemporaryDirectory(prefix="artdesk-probe-") as folder:
        file = Path(folder) / "model.onnx"
        file.write_bytes(read.model.SerializeToString())
        request = {
            "model": str(file),
            "inputs": to_plain(read.facts.inputs),
            "memory_mb": limits.memory_mb,
            "seconds": limits.seconds,
            "threads": limits.threads,
        }
        if mapping is not None:
            beside = Path(folder) / "mapping.onnx"
            beside.write_bytes(mapping.model.SerializeToString())
            request |= {"mapping": str(beside), "mapping_inputs": to_plain(mapping.facts.inputs)}
        return _watched(request, limits, token)


def child_environment() -> dict[str, str]:
    """The child's environment: what Python and its libraries need to start, and nothing of the person's."""
    kept = (
        "PATH",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "HOME",
        "USERPROFILE",
    )
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env["PYTHONPATH"] = str(Path(artdesk.__file__).resolve().parent.parent)
    # Address space is bounded: libraries must not reserve a stack for every core they see.
    env.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", MALLOC_ARENA_MAX="2")
    # Memory goes back with every run: only so can be seen what one run takes.
    env.update(MALLOC_MMAP_THRESHOLD_="131072", MALLOC_TRIM_THRESHOLD_="131072")
    env.update(PYTHONDONTWRITEBYTECODE="1", PYTHONUTF8="1")
    return env


def _watched(request: dict[str, Any], limits: ProbeLimits, token: CancelToken) -> dict[str, Any]:
    extra: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        extra = {"creationflags": subprocess.CREATE_NO_WINDOW}
    child = subprocess.Popen(
        [sys.executable, "-s", "-m", "artdesk.engine.foreign.probe_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        **extra,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    answer = bytearray()
    reader = threading.Thread(target=_collect, args=(child.stdout, answer), name="probe-answer", daemon=True)
    reader.start()
    why = ""
    try:
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.close()
        except OSError:
            why = "crash"
        why = why or _wait(child, answer, limits, token)
    finally:
        child.kill()
        child.wait()
        reader.join(5)
        child.stdout.close()
    if why:
        limit = int(limits.seconds) if why == "time" else limits.memory_mb
        return {"refused": why, "values": {"limit": limit}}
    return _parsed(bytes(answer), child.returncode, limits)


def _parsed(answer: bytes, code: int, limits: ProbeLimits) -> dict[str, Any]:
    if not answer:
        log.info("the probe ended with code %s and no answer", code)
        out_of_time = sys.platform != "win32" and code in (-24, -9)  # SIGXCPU, then SIGKILL
        return {"refused": "time" if out_of_time else "crash", "values": {"limit": int(limits.seconds)}}
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        return {"refused": "answer", "values": {}}
    return data if isinstance(data, dict) else {"refused": "answer", "values": {}}


def _collect(pipe: IO[bytes], answer: bytearray) -> None:
    while len(answer) <= _MOST_ANSWER_BYTES:
        part = pipe.read(1 << 16)
        if not part:
            return
        answer.extend(part)


def _wait(child: subprocess.Popen[bytes], answer: bytearray, limits: ProbeLimits, token: CancelToken) -> str:
    """Watch until the child ends; the name of what it overstepped, or ""."""
    started = time.monotonic()
    bare = 600 << 20  # what Python and the runtime take before any model is there
    try:
        process = psutil.Process(child.pid)
    except psutil.NoSuchProcess:
        return ""
    while child.poll() is None:
        token.check()
        if time.monotonic() - started > limits.seconds:
            return "time"
        if len(answer) > _MOST_ANSWER_BYTES:
            return "answer"
        try:
            if process.memory_info().rss > bare + (limits.memory_mb << 20):
                return "memory"
        except psutil.Error:
            pass
        time.sleep(_STEP)
    return ""


__all__ = ["ModelRefused", "Probe", "ProbeLimits", "ask_child", "probe_model"]
