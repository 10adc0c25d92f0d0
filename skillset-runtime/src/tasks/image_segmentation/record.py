"""Records in expected.json what transformers' image processor makes of queries for the cases of tests.rs.

    python record.py

Inputs follow the same formulas as tests.rs; they are not stored.
"""

import json
import pathlib
from types import SimpleNamespace

import torch
from transformers import DetrImageProcessor

QUERIES, CLASSES, ROWS, COLUMNS = 7, 5, 6, 5
SIZE = (11, 14)


def values(count, step, factor):
    return (torch.sin(torch.arange(count, dtype=torch.float64) * step) * factor).float()


def runs(mask):
    edges, inside = [0], False
    for at, pixel in enumerate(mask.flatten().tolist()):
        if pixel != inside:
            edges.append(at)
            inside = pixel
    return [b - a for a, b in zip(edges, [*edges[1:], mask.numel()])]


def main():
    processor = DetrImageProcessor()
    outputs = SimpleNamespace(
        logits=values(QUERIES * CLASSES, 1.7, 4.0).view(1, QUERIES, CLASSES),
        pred_masks=values(QUERIES * ROWS * COLUMNS, 0.83, 3.0).view(1, QUERIES, ROWS, COLUMNS),
    )
    recorded = []
    for threshold, mask_threshold, overlap in ((0.3, 0.5, 0.5), (0.5, 0.3, 0.2), (0.4, 0.2, 0.9), (0.99, 0.5, 0.5)):
        options = {
            "threshold": threshold, "mask_threshold": mask_threshold, "overlap_mask_area_threshold": overlap,
        }  # fmt: skip
        found = processor.post_process_panoptic_segmentation(outputs, target_sizes=[SIZE], **options)[0]
        instances = processor.post_process_instance_segmentation(outputs, target_sizes=[SIZE], **options)[0]
        assert torch.equal(found["segmentation"], instances["segmentation"])
        segments = [
            {"class": segment["label_id"], "score": segment["score"], "counts": runs(found["segmentation"] == segment["id"])}
            for segment in found["segments_info"]
        ]
        recorded.append({"options": options, "segments": segments})
    classes = processor.post_process_semantic_segmentation(outputs, target_sizes=[SIZE])[0]
    segments = [{"class": label, "score": None, "counts": runs(classes == label)} for label in classes.unique().tolist()]
    recorded.append({"options": {"subtask": "semantic"}, "segments": segments})
    lines = ",\n".join(json.dumps(case) for case in recorded)
    pathlib.Path(__file__).with_name("expected.json").write_text(f"[\n{lines}\n]\n")


main()
