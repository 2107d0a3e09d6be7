"""What a view shows of rows that tell it what has changed."""

from osc_workbench.traffic.shown_rows import Change, ShownRows


class ShownList:
    """Knows of the rows what the changes told, and checks that nothing else has changed.

    rows, repeats: of what is shown, from the top.
    """

    def __init__(self, shown: ShownRows) -> None:
        self._shown = shown
        self.rows = self._rows_now()
        self.repeats = self._repeats_now()

    def _rows_now(self) -> list[int]:
        return [self._shown.row_at(index) for index in range(len(self._shown))]

    def _repeats_now(self) -> list[int]:
        return [self._shown.repeats(index) for index in range(len(self._shown))]

    def apply(self, change: Change) -> None:
        rows, repeats = self._rows_now(), self._repeats_now()
        assert 0 <= change.trimmed <= len(self.rows)
        kept = range(change.prepended, len(rows) - change.appended)
        assert len(kept) == len(self.rows) - change.trimmed
        assert set(change.changed) <= set(range(len(rows)))
        for index, old in zip(kept, range(change.trimmed, len(self.rows)), strict=True):
            if index not in change.changed:
                assert (rows[index], repeats[index]) == (self.rows[old], self.repeats[old])
        self.rows, self.repeats = rows, repeats
