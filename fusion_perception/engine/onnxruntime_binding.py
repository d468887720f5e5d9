# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the inputs and outputs of an ONNX Runtime session are bound to: arrays of the host, or buffers of a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.staged_engine import Done
from fusion_perception.outputs import Output


class Binding(Protocol):
    """A session that is ready to run."""

    session: Any

    def run(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], done: Done) -> dict[str, NDArray[Any]]:
        """Run once; call ``done`` after the copy to the device, the graph, and the copy back.

        Returns:
            Output name -> array that the caller owns.
        """
        ...


class HostBinding:
    """Nothing is copied: inputs are read where they lie, outputs are written into the arrays that are returned.

    Args:
        session: an ``onnxruntime.InferenceSession``.
        outputs: those that are wanted.
        height: of the images in pixels.
        width: of the images in pixels.
    """

    def __init__(self, session: Any, outputs: Sequence[Output], height: int, width: int) -> None:
        self.session = session
        self._binding = session.io_binding()
        self._shapes = {row.name: (row.shape(height, width), row.dtype) for row in outputs}

    def run(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], done: Done) -> dict[str, NDArray[Any]]:
        """See ``Binding.run``."""
        binding = self._binding
        outputs = {name: np.empty(shape, dtype) for name, (shape, dtype) in self._shapes.items()}
        binding.bind_cpu_input("thermal", thermal)
        binding.bind_cpu_input("rgb", rgb)
        for name, array in outputs.items():
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        done()
        try:
            self.session.run_with_iobinding(binding)  # unlike ``run`` it never changes to another device
            done()
        finally:
            binding.clear_binding_inputs()
            binding.clear_binding_outputs()
        done()
        return outputs


class DeviceBinding:
    """Buffers on the device that stay where they are, as a CUDA graph demands: one copy in and one out for each.

    Args:
        ort: the module ``onnxruntime``.
        session: an ``onnxruntime.InferenceSession`` of it.
        outputs: those that are wanted.
        height: of the images in pixels.
        width: of the images in pixels.
        device: as ONNX Runtime names it: ``"cuda"``.
        device_id: its number.
    """

    def __init__(
        self, ort: Any, session: Any, outputs: Sequence[Output], height: int, width: int, device: str, device_id: int
    ) -> None:
        self.session = session
        self._binding = session.io_binding()
        shapes = {"thermal": (height, width), "rgb": (height, width, 3)}
        self._inputs = {
            name: ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.uint8), device, device_id)
            for name, shape in shapes.items()
        }
        self._outputs = {
            row.name: ort.OrtValue.ortvalue_from_shape_and_type(
                row.shape(height, width), np.dtype(row.dtype).type, device, device_id
            )
            for row in outputs
        }
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in self._outputs.items():
            self._binding.bind_ortvalue_output(name, value)

    def run(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], done: Done) -> dict[str, NDArray[Any]]:
        """See ``Binding.run``."""
        self._inputs["thermal"].update_inplace(thermal)
        self._inputs["rgb"].update_inplace(rgb)
        done()
        self.session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()
        done()
        arrays = {name: value.numpy() for name, value in self._outputs.items()}
        # Memory of the host is shown as it lies, and would change with the next run.
        outputs = {name: array if array.flags.owndata else array.copy() for name, array in arrays.items()}
        done()
        return outputs

    def warm_up(self) -> None:
        """Run once on what the buffers hold; with a CUDA graph this records it.

        Raises:
            Exception: whatever ONNX Runtime raises.
        """
        self.session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()
