"""The child in which foreign models run for the first time: `python -m artdesk.engine.foreign.probe_child`.

One JSON line comes in on standard input (model file, limits), one JSON document goes out on what was standard
output. The child limits its own memory and time, opens no socket, starts no process and writes no file; its parent
watches it besides.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.remove")


def main() -> int:
    """Measure the model named on standard input. Exit code 0 whenever an answer was given."""
    request = json.loads(sys.stdin.buffer.readline())
    # The runtime's libraries print where they like; the answer goes out on a descriptor only this function knows.
    answer_to = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    import numpy  # noqa: F401  (loaded before the limits: libraries reserve address space when they start)
    import onnx
    import onnxruntime  # noqa: F401

    from artdesk.engine.foreign import measuring  # noqa: F401

    limit_self(int(request["memory_mb"]), float(request["seconds"]), int(request["threads"]))
    try:
        model = onnx.ModelProto.FromString(Path(request["model"]).read_bytes())
        beside = request.get("mapping")
        mapping = onnx.ModelProto.FromString(Path(beside).read_bytes()) if beside else None
        answer = _measure(model, mapping, request)
    except MemoryError:
        answer = {"refused": "memory", "values": {}}
    data = json.dumps(answer).encode()
    with os.fdopen(answer_to, "wb") as out:
        out.write(data)
    return 0


def _measure(model: Any, mapping: Any, request: dict[str, Any]) -> dict[str, Any]:
    from artdesk.engine.foreign.facts import Port, to_plain
    from artdesk.engine.foreign.measuring import measure
    from artdesk.engine.foreign.network import RunFailed
    from artdesk.engine.foreign.refusals import Refused

    def ports(plain: Any) -> tuple[Port, ...]:
        return tuple(
            Port(p["name"], p["dtype"], tuple(None if d is None else int(d) for d in p["dims"])) for p in plain
        )

    beside = (mapping, ports(request["mapping_inputs"])) if mapping is not None else None
    try:
        found = measure(model, ports(request["inputs"]), int(request["threads"]), mapping=beside)
    except Refused as refused:
        return {"refused": refused.key, "values": refused.values}
    except RunFailed as error:
        memory = any(word in str(error).lower() for word in ("alloc", "memory"))
        return {"refused": "memory" if memory else "does_not_run", "values": {}}
    return {
        "measured": to_plain(found.measured),
        "before": _packed(found.before),
        "after": _packed(found.after) if found.after is not None else None,
    }


def _packed(image: Any) -> dict[str, Any]:
    return {"shape": list(image.shape), "data": base64.b64encode(zlib.compress(image.tobytes(), 3)).decode()}


def limit_self(memory_mb: int, seconds: float, threads: int) -> None:
    """Bound this process: address space, processor time, written files; and refuse sockets and processes."""
    try:
        import resource
    except ImportError:  # Windows: the parent watches
        pass
    else:
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            bound = pages * resource.getpagesize() + memory_mb * (1 << 20)
            resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
        spent = int(sum(os.times()[:2]))
        cpu = spent + int(seconds * max(1, threads or (os.cpu_count() or 1))) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(event)

    sys.addaudithook(refuse)


if __name__ == "__main__":
    sys.exit(main())
