"""The real parser: click commands built from the table, with help and usage errors.

Imported only when `light` gave up, so that no quick command pays for it.
"""

from __future__ import annotations

import click

from git_timewarp.cli.spec import Argument, Command, Option, Params
from git_timewarp.errors import Kind, TimewarpError


class UsageError(TimewarpError):
    """The line does not say what to do."""

    kind = Kind.USAGE
    reference = "usage"


class _Number(click.ParamType[int]):
    """A whole number of at least 0, in ASCII digits."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number, or fail with a usage error."""
        text = str(value)
        if not (text.isascii() and text.isdigit()):
            self.fail(f"'{text}' is not a whole number", param, ctx)
        return int(text)


class _Page(click.Command):
    """A click command whose help ends with examples as they are typed."""

    def __init__(self, command: Command) -> None:
        super().__init__(
            name=command.name,
            help=command.description,
            params=[*map(_argument, command.arguments), *map(_option, command.options)],
            options_metavar="[options]",
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self._command = command

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Say of `-h` what git would."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = "print this help"
        return found

    def format_usage(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the synopsis as git writes one."""
        formatter.write(f"usage: {self._command.usage}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments above the options."""
        after = (self._command.after,) if self._command.after else ()
        rows = [(item.metavar, item.text) for item in (*self._command.arguments, *after)]
        if rows:
            with formatter.section("Arguments"):
                formatter.write_dl(rows)
        super().format_options(ctx, formatter)

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the examples below the options."""
        with formatter.section("Examples"):
            for number, (line, what) in enumerate(self._command.examples):
                if number:
                    formatter.write("\n")
                formatter.write_text(what)
                formatter.write(f"      {line}\n")


def parse(command: Command, words: list[str]) -> Params:
    """Parse the words after the command's name.

    Raises:
        UsageError: with the command's own help as the hint.
    """
    try:
        context = _Page(command).make_context(f"git timewarp {command.name}", list(words))
    except click.UsageError as exc:
        raise UsageError(
            _sentence(exc.format_message()), hint=f"git timewarp {command.name} --help"
        ) from exc
    return dict(context.params)


def help_text(command: Command, *, columns: int) -> str:
    """Return the help page of a command."""
    context = click.Context(
        _Page(command),
        info_name=f"git timewarp {command.name}",
        max_content_width=min(columns, 100),
        terminal_width=min(columns, 100),
        help_option_names=["-h", "--help"],
    )
    return context.get_help() + "\n"


def _option(option: Option) -> click.Option:
    names = [*option.names, option.dest]
    if option.is_flag:
        return click.Option(names, is_flag=True, default=False, help=option.text)
    kind: _Number | click.Choice[str] | None = None
    if option.number:
        kind = _Number()
    elif option.choices:
        kind = click.Choice(option.choices)
    return click.Option(
        names,
        type=kind or click.STRING,
        metavar=option.metavar,
        multiple=option.many,
        default=option.default,
        help=option.text,
    )


def _argument(argument: Argument) -> click.Argument:
    return click.Argument(
        [argument.dest],
        metavar=argument.metavar if argument.required else f"[{argument.metavar}]",
        nargs=-1 if argument.many else 1,
        required=argument.required,
        type=click.STRING,
    )


def _sentence(text: str) -> str:
    """Make click's message one of ours: lower-case start, no full stop, one line."""
    line = " ".join(text.split()).rstrip(".").replace(". (", " (")
    return line[:1].lower() + line[1:]
