from app.core.recent import Recent


def test_a_result_is_made_once_while_it_is_kept() -> None:
    made: list[int] = []
    recent: Recent[str, int] = Recent(2)
    for _ in range(3):
        assert recent.get("a", lambda: len(made) or made.append(1) or 7) == 7
    assert made == [1]


def test_no_more_results_are_kept_than_were_allowed() -> None:
    """However many keys there are; the one that was asked for longest ago goes first."""
    recent: Recent[int, int] = Recent(3)
    for key in range(100):
        recent.get(key, lambda key=key: key)  # type: ignore[misc]
        recent.get(0, lambda: 0)
    assert len(recent) == 3
    assert recent.get(0, lambda: -1) == 0
    assert recent.get(99, lambda: -1) == 99
    assert recent.get(50, lambda: -1) == -1
