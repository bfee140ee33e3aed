"""Several processes that do the same to many things."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from qa.errors import MtqaError

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK = 8
"""Things that travel to a process at once."""
_job: Callable[[Any], Any] | None = None


def each(
    make: Callable[[], Callable[[Item], Result]], items: Sequence[Item], jobs: int
) -> Iterator[Result]:
    """The results for all items, in their order, worked on by ``jobs`` processes.

    Each process calls ``make`` once for the function that it applies; it, the items and the results are pickled.
    """
    # Not forked: a thread of this process could hold a lock that its copy would wait for.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(make,)) as pool:
        try:
            yield from pool.map(_work, items, chunksize=_CHUNK)
        except BrokenProcessPool:
            raise MtqaError("a process that checks files was ended, perhaps for want of memory; try --jobs 1") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(make: Callable[[], Callable[[Any], Any]]) -> None:
    global _job
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops them
    _job = make()


def _work(item: Any) -> Any:
    assert _job is not None
    return _job(item)
