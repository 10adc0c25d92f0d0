"""`python -m oracle COMMAND`; run from the `tools` folder."""

import argparse

import torch
from transformers.utils import logging

from . import record, vectors


def main() -> None:
    parser = argparse.ArgumentParser(prog="oracle", description="Records references from transformers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("fixtures", help="write the parity fixtures of model types")
    command.add_argument("model_types", nargs="+", metavar="TYPE")
    command.set_defaults(run=fixtures)

    command = commands.add_parser("weights", help="write the test vectors of the weight generator")
    command.add_argument("--check", action="store_true", help="compare with the stored vectors instead")
    command.set_defaults(run=weights)

    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    arguments.run(arguments)


def fixtures(arguments: argparse.Namespace) -> None:
    for model_type in arguments.model_types:
        for name, case in record.cases(model_type).items():
            folder = record.record(model_type, name, case)
            size = sum(file.stat().st_size for file in folder.iterdir())
            print(f"{model_type}/{name}: {size / 1024:.1f} KiB")


def weights(arguments: argparse.Namespace) -> None:
    vectors.check() if arguments.check else vectors.write()


if __name__ == "__main__":
    main()
