"""The command line: ``mtqa``, a module for each command; ``COMMANDS`` maps a command to the module that holds it."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn, cast

import click

import qa
from qa.cli.output import COULD_NOT_CHECK, OK, fail, say
from qa.display import printable
from qa.errors import MtqaError

COMMANDS = {
    "baseline": "qa.cli.baseline",
    "check": "qa.cli.check",
    "evaluate": "qa.cli.evaluate",
    "config": "qa.cli.config",
    "doctor": "qa.cli.doctor",
    "explain": "qa.cli.rules",
    "grammar": "qa.cli.grammar",
    "lm": "qa.cli.lm",
    "rules": "qa.cli.rules",
    "score": "qa.cli.score",
}


def main() -> NoReturn:
    """Run the command line and exit: 0 nothing at or above the gate, 1 findings at or above it, 2 could not check."""
    try:
        status = cli.main(standalone_mode=False, prog_name="mtqa")
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else OK)
    except click.exceptions.Exit as e:
        sys.exit(e.exit_code)
    except click.ClickException as e:
        fail(e.format_message() + _usage_hint(e))
    except MtqaError as e:
        fail(str(e))
    except (KeyboardInterrupt, click.Abort):
        say("mtqa: interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; Python must not complain about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(COULD_NOT_CHECK)
    except OSError as e:
        fail(f"{printable(str(e.filename or ''))}: {e.strerror or e}".removeprefix(": "))
    except Exception as e:
        if os.environ.get("MTQA_DEBUG"):
            raise
        fail(f"internal error ({type(e).__name__}: {printable(str(e))[:200]}); MTQA_DEBUG=1 shows where")


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see `{context.command_path} --help`)" if context else ""


class _Commands(click.Group):
    """Commands imported when they are asked for, so that one does not wait for what another needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, getattr(import_module(COMMANDS[cmd_name]), cmd_name))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(qa.__version__, prog_name="mtqa", message="%(prog)s %(version)s")
def cli() -> None:
    """Find machine-translation garbles in English text, say why, and suggest the fix."""
