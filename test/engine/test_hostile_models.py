# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a model file may not do: reach outside itself, take all memory, or never end."""

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fusion_perception.engine.model_file import CHECKSUM_KEY, open_model_file, read_bytes, seal
from fusion_perception.engine.onnx_scan import MAX_NODES
from fusion_perception.errors import ModelError

from . import hostile_models as hostile
from .tiny_model import tiny_graph, tiny_model

onnx = pytest.importorskip("onnx", reason="the models are written with the package onnx")
helper = onnx.helper


def _append(kind, inputs, **attributes):
    return lambda: hostile.edited(lambda g: g.graph.node.append(helper.make_node(kind, inputs, ["more"], **attributes)))


def _set(edit):
    return lambda: hostile.edited(edit)


def _metadata(key):
    return lambda: hostile.edited(lambda g: g.metadata_props.add(key=key, value="x"))


def _tensor(**fields):
    def edit(model):
        tensor = onnx.TensorProto(name="odd", data_type=onnx.TensorProto.FLOAT, dims=[2], raw_data=bytes(8))
        for name, value in fields.items():
            tensor.ClearField(name)
            if isinstance(value, list):
                getattr(tensor, name).extend(value)
            elif value is not None:
                setattr(tensor, name, value)
        model.graph.initializer.append(tensor)

    return _set(edit)


def _twice(model):
    model.graph.node.append(helper.make_node("Relu", ["t"], ["sum"]))


def _backwards(model):
    nodes = list(model.graph.node)[::-1]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _tensor_attribute(model):
    value = onnx.numpy_helper.from_array(np.zeros(1, np.float32))
    model.graph.node.append(helper.make_node("Constant", [], ["more"], value=value))


def _reference(model):
    model.graph.node[0].attribute[0].ref_attr_name = "outer"


HOSTILE = {
    "external data, tag beyond 32 bits": (hostile.external_beyond_32_bits, "invalid record"),
    "external data, overlong tag": (hostile.external_overlong_tag, "spells a number with more bytes than needed"),
    "data location, tag beyond 32 bits": (hostile.external_location_alone, "invalid record"),
    "external data in the default of a function": (hostile.function_default, "'functions' in the model"),
    "nested functions": (hostile.nested_functions, "'functions' in the model"),
    "loop": (hostile.endless_loop, "'g' in an attribute"),
    "branches": (hostile.branches, "'g' in an attribute"),
    "giant constant": (hostile.giant_constant, "the operator ConstantOfShape"),
    "giant expand": (hostile.giant_expand, r"needs \d+\.\d GiB of memory"),
    "giant resize": (hostile.giant_resize, r"needs \d+\.\d GiB of memory \(allowed: 16 GiB\)"),
    "doubling": (hostile.doubling, r"needs \d+\.\d GiB of memory"),
    "slow constant": (hostile.slow_constant, r"1\.0e\+12 multiplications for opening \(allowed: 2e\+09\)"),
    "tensor in an attribute": (_set(_tensor_attribute), "'t' in an attribute"),
    "reference to another attribute": (_set(_reference), "'ref_attr_name' in an attribute"),
    "sparse tensor": (_set(lambda g: g.graph.sparse_initializer.add()), "'sparse_initializer' in the graph"),
    "training information": (_set(lambda g: g.training_info.add()), "'training_info' in the model"),
    "quantization annotation": (_set(lambda g: g.graph.quantization_annotation.add()), "'quantization_annotation'"),
    "own domain": (_append("Relu", ["t"], domain="com.microsoft"), "the operator com.microsoft::Relu"),
    "operator of no network": (_append("RandomNormalLike", ["t"]), "the operator RandomNormalLike"),
    "too many inputs": (_append("Relu", ["t", "t"]), "Relu with 2 inputs"),
    "an input left out": (_append("MatMul", ["t", ""]), "MatMul without an input that it needs"),
    "unknown attribute": (_append("Relu", ["t"], alpha=1.0), "Relu with the attribute 'alpha'"),
    "group 0": (
        _append("Conv", ["t4", "identity"], kernel_shape=[3, 3], group=0),
        "Conv with 'group' 0",
    ),
    "negative pads": (
        _append("Conv", ["t4", "identity"], kernel_shape=[3, 3], pads=[-1, 0, 0, 0]),
        "Conv with 'pads'",
    ),
    "text where a number belongs": (_append("Concat", ["t", "t"], axis="0"), "Concat with 'axis' '0'"),
    "kernel that is not the weights'": (_append("Conv", ["t4", "identity"], kernel_shape=[9, 9]), "do not fit"),
    "shapes that do not fit": (_append("Add", ["t", "identity"]), "do not fit together"),
    "entries of other places": (_append("GatherElements", ["t", "identity"], axis=0), "indices of shape"),
    "shape from the data": (_append("Reshape", ["t", "t"]), "not a short list of numbers in the file"),
    "value twice": (_set(_twice), "the value 'sum' twice"),
    "order": (_set(_backwards), "which nothing before it computes"),
    "newer format": (_set(lambda g: setattr(g, "ir_version", 11)), "version 11 of the file format"),
    "other operator set": (
        _set(lambda g: setattr(g.opset_import[0], "version", 21)),
        "ai.onnx 21 .allowed: ai.onnx 18",
    ),
    "second operator set": (_set(lambda g: g.opset_import.append(helper.make_opsetid("com.microsoft", 1))), "com.mic"),
    "metadata of others": (_metadata("ort_config"), "metadata 'ort_config' of another program"),
    "metadata twice": (_metadata("fusion_perception"), "the metadata 'fusion_perception' twice"),
    "more bytes than elements": (_tensor(raw_data=bytes(12)), r"shape \[2\] with 12 bytes of raw_data"),
    "fewer bytes than elements": (_tensor(raw_data=bytes(4)), "with 4 bytes of raw_data"),
    "no bytes": (_tensor(raw_data=None), "its values in 0 places"),
    "values twice": (_tensor(float_data=[1.0, 2.0]), "its values in 2 places"),
    "unknown element type": (_tensor(data_type=8), "of element type 8"),
    "giant dims": (_tensor(dims=[1 << 62, 4]), "a tensor of shape"),
    "negative dims": (_tensor(dims=[-1, -2]), "a tensor of shape"),
    "too many nodes": (
        _set(lambda g: g.graph.node.extend([g.graph.node[0]] * (MAX_NODES + 1))),
        f"more than {MAX_NODES} nodes",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_refused(tmp_path, case):
    make, says = HOSTILE[case]
    path = tmp_path / "hostile.onnx"
    path.write_bytes(make())
    with pytest.raises(ModelError, match=says) as caught:
        open_model_file(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith("`fusion-perception export`")
    assert len(message) < 500 + len(str(path))


@pytest.mark.parametrize("number", [3, 16, 99])
def test_fields_that_the_export_does_not_write(tmp_path, number):
    path = tmp_path / "odd.onnx"
    path.write_bytes(tiny_model() + bytes([(number << 3 | 2) & 0x7F | 0x80, (number << 3) >> 7, 1, 0x20]))
    with pytest.raises(
        ModelError, match=f"unknown field {number} in the model|'producer_version'|more bytes than needed"
    ):
        open_model_file(path)


def test_the_graph_twice(tmp_path):
    """The second one is merged into the first by protobuf, and was overlooked by whoever reads one of them."""
    graph = tiny_graph().graph.SerializeToString()
    path = tmp_path / "twice.onnx"
    path.write_bytes(tiny_model() + b"\x3a" + bytes([len(graph) & 0x7F | 0x80, len(graph) >> 7]) + graph)
    with pytest.raises(ModelError, match="'graph' twice in the model"):
        open_model_file(path)


def test_what_is_refused_is_not_sealed():
    with pytest.raises(ModelError, match="cannot seal: the model holds the operator RandomNormalLike"):
        seal(_append("RandomNormalLike", ["t"])())


def test_a_checksum_makes_no_difference(tmp_path):
    model = tiny_graph()
    model.graph.node.append(helper.make_node("RandomNormalLike", ["t"], ["more"]))
    digest = hashlib.sha256(model.graph.SerializeToString()).hexdigest()
    model.metadata_props.add(key=CHECKSUM_KEY, value=digest)
    path = tmp_path / "sealed.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="RandomNormalLike"):
        open_model_file(path)


class TestReading:
    def test_memory_is_that_of_the_file(self, tmp_path):
        """In a process that may have 300 MB of address space more than it has: 1 GiB must not be asked for."""
        path = tmp_path / "tiny.onnx"
        path.write_bytes(tiny_model())
        code = (
            "import resource, sys\n"
            "from fusion_perception.engine.model_file import open_model_file\n"
            "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
            "resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20),) * 2)\n"
            "print(len(open_model_file(sys.argv[1]).data))\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
        assert done.stdout.split() == [str(path.stat().st_size)], done.stderr

    def test_a_large_file_is_refused_by_its_size(self, tmp_path):
        path = tmp_path / "large.onnx"
        with path.open("wb") as file:
            file.truncate(3 << 30)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(ModelError, match="larger than the 1024 MiB accepted"):
            read_bytes(path)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        path = tmp_path / "pipe.onnx"
        os.mkfifo(path)
        with pytest.raises(ModelError, match="is a device or a pipe, not a file"):
            read_bytes(path)

    def test_a_device(self):
        with pytest.raises(ModelError, match="is a device or a pipe, not a file"):
            read_bytes(Path("/dev/zero"))
