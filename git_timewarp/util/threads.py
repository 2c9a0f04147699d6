"""Doing one thing to many items at once, for what waits for the disk.

`concurrent.futures` does it too; importing it brings logging, tracebacks and queues, 10 ms.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def each(step: Callable[[T], object], items: Iterable[T], *, most: int) -> None:
    """Call `step` with each item, in up to `most` threads; return when all have ended.

    Raises:
        BaseException: the first that a call raised; no further item was begun after it.
    """
    waiting = deque(items)
    failed: list[BaseException] = []

    def work() -> None:
        while waiting and not failed:
            try:
                item = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                step(item)
            except BaseException as exc:  # noqa: BLE001 - raised where it is waited for
                failed.append(exc)

    threads = [threading.Thread(target=work) for _ in range(min(most, len(waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
