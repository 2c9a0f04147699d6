"""What a command is: its options, arguments, help and the function that runs it, as data.

One table feeds everything that must agree: both parsers (`light` for well-formed lines,
`grammar` for everything else), `--help`, the manual page, the reference and completion.
"""

from collections.abc import Callable

from git_timewarp.util.frozen import Frozen

Value = str | int | bool | tuple[str, ...] | None
Params = dict[str, Value]


class Option(Frozen):
    """One option.

    Attributes:
        names: spellings, short first (`("-n", "--limit")`).
        dest: the parameter it fills.
        text: one line of help.
        metavar: name of its value; None makes it a flag.
        choices: the only values it takes; empty for any.
        number: whether the value is a whole number of at least 0.
        many: whether it may be given again; the values become a tuple.
        default: what the parameter is without it.
    """

    names: tuple[str, ...]
    dest: str
    text: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    number: bool = False
    many: bool = False
    default: Value = None

    @property
    def is_flag(self) -> bool:
        """Whether it stands alone, without a value."""
        return self.metavar is None

    @property
    def empty(self) -> Value:
        """What its parameter is when it is not given."""
        if self.is_flag:
            return False
        return () if self.many else self.default


class Argument(Frozen):
    """One positional argument; `many` takes all that follow, `required` at least one.

    `signed`: it may begin with a minus and a digit.
    """

    dest: str
    metavar: str
    text: str
    required: bool = True
    many: bool = False
    signed: bool = False


class Command(Frozen):
    """A command: what it says about itself and the function that runs it.

    Attributes:
        name: as typed, a noun and its verb with a space between (`watch start`).
        description: paragraphs for `--help` and the manual page, separated by empty lines.
        examples: lines as typed, each with what it does.
        run: called with the context and one keyword for each parameter; returns the
            exit code.
        count: the option that `-20` stands for, where there is one.
        after: what the words after `--` are, where they are not more arguments.
    """

    name: str
    description: str
    examples: tuple[tuple[str, str], ...]
    run: Callable[..., int]
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    count: str | None = None
    after: Argument | None = None

    @property
    def usage(self) -> str:
        """The synopsis, as git writes one."""
        words = [f"git timewarp {self.name}", "[options]"]
        for argument in self.arguments:
            word = f"{argument.metavar}..." if argument.many else argument.metavar
            words.append(word if argument.required else f"[{word}]")
        if self.after is not None:
            words.append(f"[-- {self.after.metavar}...]")
        return " ".join(words)
