"""Two graphs as one, the way optimum merges decoders: behind the input `use_cache_branch`, over the same weights."""

import onnx
from onnx import helper


def merge(plain: onnx.ModelProto, with_past: onnx.ModelProto) -> onnx.ModelProto:
    """A graph that is `with_past` where `use_cache_branch` is true, and `plain` where it is false."""
    shared: dict[tuple, onnx.TensorProto] = {}
    branches = [_branch(model.graph, prefix, shared) for model, prefix in ((plain, "plain."), (with_past, "past."))]
    outputs = [output.name for output in plain.graph.output]
    if outputs != [output.name for output in with_past.graph.output]:
        raise ValueError("both graphs must give the same")
    choice = helper.make_node(
        "If", ["use_cache_branch"], outputs, else_branch=branches[0], then_branch=branches[1]
    )
    # The shapes of caches are those with a past.
    inputs = {taken.name: taken for taken in [*plain.graph.input, *with_past.graph.input]}
    flag = helper.make_tensor_value_info("use_cache_branch", onnx.TensorProto.BOOL, [1])
    graph = helper.make_graph(
        [choice], "merged", [*inputs.values(), flag], list(with_past.graph.output), list(shared.values())
    )
    return helper.make_model(graph, opset_imports=plain.opset_import, ir_version=plain.ir_version)


def shorten(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with one copy of each weight and short names of nodes and inner values."""
    graph, kept = model.graph, {}
    outside = {value.name for value in [*graph.input, *graph.output]}
    names = {name: name for name in outside}
    weights = list(graph.initializer)
    del graph.initializer[:], graph.value_info[:]
    for weight in weights:
        content = (weight.data_type, tuple(weight.dims), weight.raw_data)
        if content not in kept:
            kept[content] = f"w{len(kept)}"
            graph.initializer.add().CopyFrom(weight)
            graph.initializer[-1].name = kept[content]
        names[weight.name] = kept[content]
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
        node.input[:] = [names[name] if name else "" for name in node.input]
        for index, name in enumerate(node.output):
            names.setdefault(name, f"v{len(names)}")
            node.output[index] = names[name]
    return model


def _branch(graph: onnx.GraphProto, prefix: str, shared: dict[tuple, onnx.TensorProto]) -> onnx.GraphProto:
    """A graph as a branch: its values by names of its own, its weights those of `shared`, its inputs the outer ones."""
    names = {taken.name: taken.name for taken in graph.input}
    for weight in graph.initializer:
        content = (weight.data_type, tuple(weight.dims), weight.raw_data or weight.SerializeToString())
        kept = shared.setdefault(content, weight)
        names[weight.name] = kept.name
    nodes = []
    for node in graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        if any(attribute.type == onnx.AttributeProto.GRAPH for attribute in node.attribute):
            raise ValueError(f"{node.op_type} has branches of its own")
        copy.input[:] = [names.get(name, prefix + name) if name else "" for name in node.input]
        copy.output[:] = [prefix + name if name else "" for name in node.output]
        nodes.append(copy)
    outputs = [
        helper.make_tensor_value_info(prefix + out.name, out.type.tensor_type.elem_type, None) for out in graph.output
    ]
    return helper.make_graph(nodes, prefix.rstrip("."), [], outputs)
