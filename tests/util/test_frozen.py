"""Frozen values made by hand, as cheap classes."""

from __future__ import annotations

import pytest

from git_timewarp.util.frozen import Frozen


class Point(Frozen):
    x: int
    y: int = 7


def test_fields_by_place_by_name_and_by_default() -> None:
    assert (Point(1).x, Point(1).y) == (1, 7)
    assert Point(1, 2) == Point(y=2, x=1)
    assert Point(1) != Point(2)
    assert Point(1)._replace(y=2) == Point(1, 2)
    assert hash(Point(1)) == hash(Point(1, 7))
    assert repr(Point(1)) == "Point(x=1, y=7)"


@pytest.mark.parametrize(
    ("given", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"z": 3}), ((1,), {"x": 3})]
)
def test_other_fields_are_refused(given: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="Point takes x, y"):
        Point(*given, **named)


class Named(Point):
    name: str = ""


def test_the_fields_of_a_class_above_come_first() -> None:
    assert repr(Named(1, name="a")) == "Named(x=1, y=7, name='a')"


def test_nothing_changes() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="does not change"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        point._replace(z=1)
