"""`sysmon-tui completion`: the shell's half of tab completion; click answers the rest."""

from __future__ import annotations

import click

from sysmon_tui.cli.output import say

PROGRAM = "sysmon-tui"
VARIABLE = "_SYSMON_TUI_COMPLETE"
"""What click looks for in the environment when it is run under the program's name."""


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  sysmon-tui completion bash > ~/.local/share/bash-completion/completions/sysmon-tui
    zsh:   sysmon-tui completion zsh > "${fpath[1]}/_sysmon-tui"
    fish:  sysmon-tui completion fish > ~/.config/fish/completions/sysmon-tui.fish
    """
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    assert complete is not None, "click brings all three"  # noqa: S101 (for the type checker)  # nosec B101
    say(complete(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
