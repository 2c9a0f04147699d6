"""How a drawing should look: width, colours, marks, dates, now."""

from git_timewarp.cli.output import age, names
from git_timewarp.cli.output.color import PLAIN, Palette
from git_timewarp.util.frozen import Frozen


class Look(Frozen):
    """What every drawing function is given.

    Attributes:
        now_ns: the present, nanoseconds since the epoch.
        columns: width to stay within; None where nothing is cut (a pipe).
        palette: colours.
        ascii: marks in ASCII only.
        quote_path: `core.quotePath`.
        date: a format of `git log --date`.
    """

    now_ns: int
    columns: int | None = None
    palette: Palette = PLAIN
    ascii: bool = False
    quote_path: bool = True
    date: str = "relative"

    def paint(self, slot: str, text: str) -> str:
        """Return `text` in the colour of `slot`."""
        return self.palette.paint(slot, text)

    def path(self, name: str) -> str:
        """Return a path quoted as git would."""
        return names.quote(name, quote_path=self.quote_path)

    def cut(self, text: str, columns: int) -> str:
        """Return `text` in at most `columns` columns."""
        return names.cut(text, columns, ellipsis=".." if self.ascii else "…")

    def when(self, ts: str) -> str:
        """Return a time for a sentence."""
        return age.tell(ts, style=self.date, now_ns=self.now_ns)

    def when_short(self, ts: str) -> str:
        """Return a time for a list."""
        return age.show(ts, style=self.date, now_ns=self.now_ns)
