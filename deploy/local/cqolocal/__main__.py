import importlib

from cqolocal import language

# Before click is loaded: it takes its words from gettext then.
language.say_clicks_words_too()

if __name__ == "__main__":
    importlib.import_module("cqolocal.cli").cli(prog_name="./cqo")
