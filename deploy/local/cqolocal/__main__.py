from cqolocal.cli import cli

cli(prog_name="./cqo")
