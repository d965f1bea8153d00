"""A mailbox with one place: who puts never waits for long, who takes always gets the newest."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Any number of threads may put and take. A closed mailbox is empty and stays so."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Items that were replaced before anybody took them."""
        return self._dropped

    def put(self, item: T) -> bool:
        """Put `item` in the place of the one nobody took. True if one was dropped for it."""
        with self._condition:
            if self._closed:
                return False
            dropped = self._item is not None
            self._dropped += dropped
            self._item = item
            self._condition.notify_all()
            return dropped

    def wait_empty(self, timeout: float) -> bool:
        """True as soon as the place is free; False if it was not within `timeout` seconds, or it is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._item is None or self._closed, timeout)
            return self._item is None and not self._closed

    def take(self, timeout: float = 0.0) -> T | None:
        """The newest item, waiting up to `timeout` seconds for one; None if there is none."""
        with self._condition:
            if self._item is None and timeout > 0:
                self._condition.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            if item is not None:
                self._condition.notify_all()
            return item

    def close(self) -> None:
        """Wake everybody; nothing is accepted any more."""
        with self._condition:
            self._closed = True
            self._item = None
            self._condition.notify_all()
