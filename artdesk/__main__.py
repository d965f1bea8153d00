"""python -m artdesk: the desk, or one of its verbs. Imports nothing heavy before it knows which."""

from __future__ import annotations

import sys

VERBS = ("stylize", "generate", "batch", "styles", "style", "models", "upscale", "devices", "bench", "live", "train")


def keep_collector_off() -> None:
    """Nothing that a start makes is garbage: collecting is put off until the window stands (`Desk.begin`)."""
    import gc

    gc.disable()


def main() -> int:
    """Start the desk with the pictures named, or carry out a verb. Returns the exit status."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from artdesk import __version__

        print(f"artdesk {__version__}")
        return 0
    if arguments and (arguments[0] in VERBS or arguments[0] in ("--help", "-h")):
        if sys.platform == "win32":
            import onnxruntime  # noqa: F401  # on Windows it has to be loaded before Qt
        from artdesk.cli import run

        return run(arguments)
    unknown = [a for a in arguments if a.startswith("-")]
    if unknown:
        print(f"artdesk: “{unknown[0]}” is not an option; see artdesk --help", file=sys.stderr)
        return 2
    keep_collector_off()
    from artdesk.app import open_desk

    return open_desk(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
