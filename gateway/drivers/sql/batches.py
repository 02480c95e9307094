"""Group commit: everything that waits while one transaction is being written goes into the next one; no timer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.drivers.sql.steps import Operation

MOST_AT_ONCE = 256
"""Items per transaction: enough to share a disk flush, few enough that nobody waits long for it."""


@dataclass(eq=False, slots=True)
class Waiting:
    """One item that waits for its operation; `answer` is called once, with the result or the error."""

    operation: Operation[Any, Any]
    item: Any
    future: Any

    def answer(self, result: Any, error: BaseException | None) -> None:
        """Wake whoever waits; in the event loop's thread only."""
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


def grouped(batch: Sequence[Waiting]) -> list[tuple[Operation[Any, Any], list[Waiting]]]:
    """The batch by operation, in the order in which the first of each came."""
    groups: dict[int, tuple[Operation[Any, Any], list[Waiting]]] = {}
    for one in batch:
        groups.setdefault(id(one.operation), (one.operation, []))[1].append(one)
    return list(groups.values())


def transactions(batch: Sequence[Waiting]) -> list[list[Waiting]]:
    """
    The batch in as many transactions as PostgreSQL needs so that nobody waits in a circle (see `Operation`).

    Those that must be on disk come first, and what only adds rows shares the flush of the first of them.
    """
    adding = [one for one in batch if one.operation.adds]
    apart: list[list[Waiting]] = []
    for operation, waiting in grouped([one for one in batch if not one.operation.adds]):
        apart += [[one] for one in waiting] if operation.alone else [waiting]
    apart.sort(key=lambda together: not durable(together))
    if adding and apart and durable(apart[0]):
        return [[*apart[0], *adding], *apart[1:]]
    return [adding, *apart] if adding else apart


def halves(batch: Sequence[Waiting]) -> tuple[Sequence[Waiting], Sequence[Waiting]]:
    """Two smaller batches: whoever spoils one leaves the other alone."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]


def durable(batch: Sequence[Waiting]) -> bool:
    """Whether any of the batch must be on disk before it is answered."""
    return any(one.operation.durable for one in batch)
