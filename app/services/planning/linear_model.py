"""A linear or integer model and the solver behind it: HiGHS (docs/decisions/0030-groups-by-highs.md).

The solver is loaded by the first model that is solved: only the job of a proposal needs it, no page does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_NONE = 1e30


@dataclass(frozen=True, slots=True)
class Solution:
    """Values of the variables in the order in which they were added; ``bound``: no solution is better, as the solver proves."""

    values: list[float]
    objective: float
    bound: float


class Model:
    """Variables from 0 up, rows of sums between two bounds, a sum to make as large as can be."""

    def __init__(self) -> None:
        self.gains: list[float] = []
        self.uppers: list[float] = []
        self._whole = False
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._starts: list[int] = [0]
        self._columns: list[int] = []
        self._values: list[float] = []

    def add(self, gain: float, most: float = 1.0) -> int:
        """Add a variable between 0 and ``most``; return its number."""
        self.gains.append(gain)
        self.uppers.append(most)
        return len(self.gains) - 1

    def limit(self, terms: Iterable[tuple[int, float]], *, least: float = -_NONE, most: float = _NONE) -> None:
        """Keep a sum of (variable, factor) between two bounds."""
        for column, value in terms:
            self._columns.append(column)
            self._values.append(value)
        self._starts.append(len(self._columns))
        self._lower.append(least)
        self._upper.append(most)

    def solve(self, *, whole: bool, seconds: float, gap: float = 0.0) -> Solution | None:
        """Return the best solution found in the time, None without any; ``whole``: the variables are whole numbers."""
        import highspy
        import numpy as np

        if not self.gains:
            return Solution([], 0.0, 0.0)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.gains), len(self._lower)
        lp.col_cost_, lp.sense_ = np.array(self.gains), highspy.ObjSense.kMaximize
        lp.col_lower_, lp.col_upper_ = np.zeros(len(self.gains)), np.array(self.uppers, dtype=float)
        lp.row_lower_, lp.row_upper_ = np.array(self._lower), np.array(self._upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self._starts)
        lp.a_matrix_.index_ = np.array(self._columns)
        lp.a_matrix_.value_ = np.array(self._values)
        if whole:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * len(self.gains)
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        options = {"output_flag": False, "threads": 1, "time_limit": seconds, "mip_rel_gap": gap, "random_seed": 1}
        for name, value in (options | ({} if whole else {"solver": "ipm"})).items():
            solver.setOptionValue(name, value)
        solver.passModel(lp)
        solver.run()
        info = solver.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        best = solver.getObjectiveValue()
        return Solution(list(solver.getSolution().col_value), best, info.mip_dual_bound if whole else best)
