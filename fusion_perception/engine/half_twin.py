# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The FP16 export of a model that lies beside it: the faster file on a GPU."""

from __future__ import annotations

from dataclasses import replace

from fusion_perception.engine.model_file import ModelFile, open_model_file
from fusion_perception.errors import ModelError

_SUFFIX = "_fp16"


def find_half_twin(file: ModelFile) -> tuple[ModelFile | None, str]:
    """Look for ``NAME_fp16.onnx`` beside ``NAME.onnx``.

    Args:
        file: a model.

    Returns:
        The twin, or None where there is none or it cannot stand for ``file``; and a remark, empty where there is
        nothing to say. It may stand for it when it is the same network, of the same training and size, and computes
        the same outputs.
    """
    if file.metadata.precision != "fp32":
        return None, ""
    path = file.path.with_name(f"{file.path.stem}{_SUFFIX}{file.path.suffix}")
    if not path.is_file():
        return None, ""
    try:
        twin = open_model_file(path)
    except ModelError as error:
        return None, f"the FP16 model beside it is not used: {error}"
    if twin.metadata.precision != "fp16":
        return None, f"{path.name} beside it is not used: it computes in {twin.metadata.precision}"
    # Precision, the way weights are stored, figures and the name of the file may differ.
    own = file.metadata
    as_ours = replace(
        twin.metadata,
        name=own.name,
        precision=own.precision,
        storage=own.storage,
        quality=own.quality,
        created_by=own.created_by,
    )
    if as_ours != own:
        return (
            None,
            f"{path.name} beside it is not used: it is of another training, size or attribution; export it again",
        )
    return twin, f"{path.name} beside it is run, since FP16 is faster on a GPU"
