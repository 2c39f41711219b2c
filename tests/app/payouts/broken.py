"""A provider that fails at a chosen call: before it was carried out, after it, or with a no."""

from typing import Any

from app.payments.gateway import GatewayError, GatewayUnavailable


class Broken:
    """The real gateway, except that some calls fail so many times.

    Parameters
    ----------
    after : bool
        Whether the call is carried out before its answer is lost.
    """

    def __init__(
        self,
        gateway: Any,
        *calls: str,
        after: bool = False,
        error: GatewayError | None = None,
        times: int = 1_000,
    ) -> None:
        self._gateway, self._calls, self._after = gateway, calls, after
        self._error = error or GatewayUnavailable("no answer")
        self._times = times
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._gateway, name)
        if not callable(real):
            return real

        def call(*args: Any, **more: Any) -> Any:
            self.asked.append((name, args))
            if name not in self._calls or self._times <= 0:
                return real(*args, **more)
            self._times -= 1
            if self._after:
                real(*args, **more)
            raise self._error

        return call
