from random import Random

from traces.readers.keys import Keys


def test_a_key_is_new_once() -> None:
    keys = Keys()
    random = Random(1)
    numbers = [random.randrange(20_000) for _ in range(40_000)]
    met: set[int] = set()
    for number in numbers:
        assert keys.new("a", number) is (number not in met)
        met.add(number)
    assert len(met) > 10_000


def test_parts_of_a_key_are_kept_apart() -> None:
    keys = Keys()
    assert keys.new("ab", "c")
    assert keys.new("a", "bc")
    assert keys.new(1, None)
    assert keys.new("1", None)
    assert not keys.new("ab", "c")
