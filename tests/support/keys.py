from collections.abc import Callable


class Keys(dict[str, bytes]):
    """A key ring in memory."""

    def keep(self, object_id: str, wrapped: bytes) -> bool:
        return self.setdefault(object_id, wrapped) is wrapped

    def find(self, object_id: str) -> bytes | None:
        return self.get(object_id)

    def afterwards(self, step: Callable[[], None]) -> None:
        step()

    def forget(self, object_id: str) -> None:
        self.pop(object_id, None)
