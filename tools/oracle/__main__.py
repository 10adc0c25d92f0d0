"""`python -m oracle COMMAND`; run from the `tools` folder."""

import argparse
from pathlib import Path

import torch
from transformers.utils import logging

from . import cases, draw, record, trace, vectors
from .inputs import runs_for
from .pipelines import audio, exported, exported_decoders, images, minilm, models, processors, texts, tokenizers
from .pipelines import run as pipeline_run


def main() -> None:
    parser = argparse.ArgumentParser(prog="oracle", description="Records references from transformers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("fixtures", help="write the parity fixtures of model types")
    command.add_argument("model_types", nargs="+", metavar="TYPE")
    command.add_argument("--crate", type=Path, metavar="FOLDER", help="those of a crate's own specs")
    command.set_defaults(run=fixtures)

    command = commands.add_parser("draw", help="record configs that are drawn at random, to try what nobody has chosen")
    command.add_argument("model_types", nargs="+", metavar="TYPE")
    command.add_argument("--count", type=int, default=6, help="configs of each (default: 6)")
    command.add_argument("--seed", type=int, default=0, help="what they are drawn by (default: 0)")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write the fixtures")
    command.set_defaults(run=draw_fixtures)

    command = commands.add_parser("trace", help="write what every sub-module computes in a task's first run")
    command.add_argument("model_type", metavar="TYPE")
    command.add_argument("case", metavar="CASE")
    command.add_argument("task", metavar="TASK")
    command.add_argument("--output", required=True, metavar="FILE", help="the safetensors file to write")
    command.add_argument("--configs", type=Path, default=cases.CONFIGS, metavar="FOLDER", help="where the case is from")
    command.set_defaults(run=write_trace)

    command = commands.add_parser("pipelines", help="write the pipeline fixtures")
    command.add_argument("names", nargs="*", metavar="NAME", help="only these of pipelines/models/")
    command.set_defaults(run=pipelines)

    command = commands.add_parser("exported", help="export the models of pipeline fixtures as ONNX")
    command.add_argument("names", nargs="*", metavar="NAME", help="only these of pipelines/models/")
    command.set_defaults(run=lambda arguments: exported.record(arguments.names))

    command = commands.add_parser("audio", help="write the exported audio models and their pipeline calls")
    command.add_argument("names", nargs="*", metavar="NAME", help="only these of pipelines/audio.json")
    command.set_defaults(run=lambda arguments: audio.record(arguments.names))

    command = commands.add_parser("exported-decoders", help="export the generating models of pipeline fixtures as ONNX")
    command.add_argument("names", nargs="+", metavar="NAME", help="some of pipelines/models/")
    command.set_defaults(run=lambda arguments: [exported_decoders.export(name) for name in arguments.names])

    command = commands.add_parser("minilm", help="write the sentence embeddings of all-MiniLM-L6-v2")
    command.add_argument("checkpoint", type=Path, help="its folder")
    command.set_defaults(run=lambda arguments: minilm.record(arguments.checkpoint))

    command = commands.add_parser("weights", help="write the test vectors of the weight generator")
    command.add_argument("--check", action="store_true", help="compare with the stored vectors instead")
    command.set_defaults(run=weights)

    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    arguments.run(arguments)


def fixtures(arguments: argparse.Namespace) -> None:
    configs, folders = cases.CONFIGS, record.FIXTURES
    if arguments.crate:
        configs = folders = arguments.crate / "tests" / "fixtures"
    for model_type in arguments.model_types:
        for name, case in cases.load(model_type, configs).items():
            folder = record.record(model_type, name, case, folders)
            size = sum(file.stat().st_size for file in folder.iterdir())
            print(f"{model_type}/{name}: {size / 1024:.1f} KiB")


def draw_fixtures(arguments: argparse.Namespace) -> None:
    arguments.to.mkdir(parents=True, exist_ok=True)
    for model_type in arguments.model_types:
        for name, changes in draw.draw(model_type, arguments.count, arguments.seed, arguments.to):
            print(f"{model_type}/{name}: {changes}", flush=True)


def write_trace(arguments: argparse.Namespace) -> None:
    case = cases.one(arguments.model_type, arguments.case, arguments.configs)
    checkpoint = cases.checkpoint(arguments.model_type, case, arguments.task)
    run = runs_for(checkpoint.model, is_base=False, case={})[0]
    count = trace.write(checkpoint.model, run, arguments.output)
    print(f"{count} module outputs of run {run.name!r}")


def pipelines(arguments: argparse.Namespace) -> None:
    images.draw()
    processors.record()
    tokenizers.train()
    texts.record()
    for name in arguments.names or models.names():
        folder = models.write(name)
        if models.can_record(name):
            pipeline_run.run(name)
            print(f"{name}: {sum(file.stat().st_size for file in folder.iterdir()) / 1024:.1f} KiB")
        else:
            print(f"{name}: its pipeline left transformers; run `python -m oracle.pipelines.run {name}` (see README)")


def weights(arguments: argparse.Namespace) -> None:
    vectors.check() if arguments.check else vectors.write()


if __name__ == "__main__":
    main()
