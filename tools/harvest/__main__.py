"""`python -m harvest [TYPE…] [--check]`; run from the `tools` folder."""

import argparse
import sys
import warnings

from transformers.utils import logging

from . import outputs


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="harvest", description="Writes the facts of model types, read from the installed transformers."
    )
    parser.add_argument("model_types", nargs="*", metavar="TYPE", help="only the specs of these; default: everything")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if something would change")
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")

    changed = 0
    for file, text in list(outputs.all_files(arguments.model_types)):
        if file.exists() and file.read_text() == text:
            continue
        changed += 1
        print(f"{'would change' if arguments.check else 'wrote'} {file.relative_to(outputs.ROOT)}")
        if not arguments.check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    if arguments.check and changed:
        sys.exit(f"{changed} files differ from the installed transformers; run `python -m harvest`")


if __name__ == "__main__":
    main()
