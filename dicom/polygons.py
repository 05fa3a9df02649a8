"""Which points lie within polygons of a plane: even-odd, and what lies on their path is inside.

PS3.3 C.8.8.6.3 counts points on the path of a contour as inside. Of several polygons in a plane, what an odd number of
them encloses is inside: the rule of CLOSEDPLANAR_XOR, which leaves the keyholes of CLOSED_PLANAR as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

NEAR = 0.01
"""A point as near to the path as this, in voxels, is on it: contours are written rounded."""

_PAIRS = 200_000
"""Edges and points that are compared at once."""

Points = NDArray[np.float64]
Inside = NDArray[np.bool_]


def fill(polygons: Sequence[Points], shape: tuple[int, int]) -> Inside:
    """Which pixels of a grid (rows × columns) have their centre inside.

    Parameters
    ----------
    polygons
        Each n × 2: column and row of its points; the centre of the first pixel is (0, 0).
    """
    snapped = [_snapped(np.asarray(polygon, float)) for polygon in polygons]
    around = np.concatenate(snapped) if snapped else np.zeros((1, 2))
    first = np.clip(np.floor(around.min(axis=0)), 0, shape[::-1]).astype(int)
    last = np.clip(np.ceil(around.max(axis=0)) + 1, first, shape[::-1]).astype(int)
    inside = np.zeros(shape, bool)
    columns, rows = (int(each) for each in last - first)
    if columns and rows:
        box = inside[first[1] : last[1], first[0] : last[0]]
        box |= _filled([polygon - first for polygon in snapped], rows, columns)
    return inside


def _filled(polygons: Sequence[Points], rows: int, columns: int) -> Inside:
    toggles = np.zeros((rows, columns + 1), np.uint8)
    path = np.zeros((rows, columns), bool)
    for start in polygons:
        end = np.roll(start, -1, axis=0)
        x, row = _crossings(start, end, rows)
        np.add.at(toggles, (row, np.clip(np.ceil(x), 0, columns).astype(int)), 1)
        _mark(path, x, row.astype(float))
        _mark(path, start[:, 0], start[:, 1])
        for edge in np.flatnonzero((start[:, 1] == end[:, 1]) & (start[:, 1] == np.round(start[:, 1]))):
            level, ends = int(start[edge, 1]), sorted((start[edge, 0], end[edge, 0]))
            if 0 <= level < rows:
                path[level, max(0, int(np.ceil(ends[0]))) : max(0, int(np.floor(ends[1])) + 1)] = True
    return np.asarray(np.bitwise_xor.accumulate(toggles & 1, axis=1)[:, :columns] == 1) | path


def contains(polygons: Sequence[Points], points: Points, near: float = 0.0) -> Inside:
    """Which of some points (n × 2) are inside; as near to the path as ``near``, they are on it."""
    inside, path = np.zeros(len(points), bool), np.zeros(len(points), bool)
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order].T
    for polygon in polygons:
        start, end = np.asarray(polygon, float), np.roll(polygon, -1, axis=0)
        for edge, point in _beside(start[:, 1], end[:, 1], y, near):
            (x0, y0), (x1, y1), at_x, at_y = start[edge].T, end[edge].T, x[point], y[point]
            crosses = (y0 <= at_y) != (y1 <= at_y)  # never a level edge, nor one of no length
            with np.errstate(divide="ignore", invalid="ignore"):
                left = crosses & (at_x >= x0 + (at_y - y0) * (x1 - x0) / (y1 - y0))
                along = ((at_x - x0) * (x1 - x0) + (at_y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
            inside ^= np.bincount(point[left], minlength=len(y)) % 2 == 1
            along = np.clip(np.nan_to_num(along), 0, 1)
            path[point[np.hypot(at_x - x0 - along * (x1 - x0), at_y - y0 - along * (y1 - y0)) <= near]] = True
    found = np.empty(len(points), bool)
    found[order] = inside | path
    return found


def _beside(
    start: Points, end: Points, y: Points, near: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Edges and the points (by their sorted ``y``) at whose height they are, in pairs: as many at a time as fit."""
    first = np.searchsorted(y, np.minimum(start, end) - near)
    count = np.searchsorted(y, np.maximum(start, end) + near, "right") - first
    total = np.cumsum(count)
    begin = 0
    while begin < len(count):
        before = total[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(total, before + _PAIRS, "right")))
        edge = np.repeat(np.arange(begin, stop), count[begin:stop])
        yield edge, first[edge] + np.arange(len(edge)) - (total[edge] - count[edge] - before)
        begin = stop


def _crossings(start: Points, end: Points, rows: int) -> tuple[Points, NDArray[np.int64]]:
    """Where edges cross the rows of pixels' centres: column and row. An edge has its lower end, not its upper one."""
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.clip(np.ceil(low), 0, rows).astype(int)
    count = np.maximum(0, np.clip(np.ceil(high), 0, rows).astype(int) - first)
    edge = np.repeat(np.arange(len(start)), count)
    row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    (x0, y0), (x1, y1) = start[edge].T, end[edge].T
    return _snapped(x0 + (row - y0) * (x1 - x0) / (y1 - y0)), row


def _snapped(values: Points) -> Points:
    whole = np.round(values)
    return np.asarray(np.where(np.abs(values - whole) <= NEAR, whole, values))


def _mark(path: Inside, x: Points, y: Points) -> None:
    """Mark the pixels whose centres points are on."""
    rows, columns = path.shape
    on = (x == np.round(x)) & (y == np.round(y)) & (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    path[y[on].astype(int), x[on].astype(int)] = True
