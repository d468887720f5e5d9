# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The smaller blocks against their formulas."""

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU, fold_batch_norm  # noqa: E402
from fusion_perception.lab.nets.blocks.convlstm import ConvLSTMCell  # noqa: E402
from fusion_perception.lab.nets.blocks.drdb import DilatedResidualDenseBlock  # noqa: E402
from fusion_perception.lab.nets.blocks.drop_path import DropPath  # noqa: E402
from fusion_perception.lab.nets.blocks.input_norm import InputNorm  # noqa: E402
from fusion_perception.lab.nets.blocks.local_contrast import LocalContrast  # noqa: E402
from fusion_perception.lab.nets.blocks.resample import BlurPool, ResidualUpsample  # noqa: E402
from fusion_perception.lab.nets.blocks.selective_fusion import SelectiveFusion  # noqa: E402
from fusion_perception.lab.nets.blocks.tim_operations import build_operation  # noqa: E402

from ..network_tester import randomise  # noqa: E402


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": True, "act": nn.PReLU()},
        {"groups": 4, "act": nn.ReLU6()},
        {"dilation": 2, "act": False},
        {"padding_mode": "reflect", "bias": True},
        {"stride": 2},
        {"kernel": 6, "stride": 2},
        {"kernel": 1},
    ],
)
def test_folding_changes_nothing_and_removes_the_norm(options):
    block = randomise(ConvBNReLU(4, 8, **options)).eval()
    x = torch.randn(1, 4, 12, 16)
    before = block(x)
    assert before.shape[2:] == ((6, 8) if options.get("stride") == 2 else (12, 16))
    fold_batch_norm(block)
    assert isinstance(block.norm, nn.Identity)
    assert torch.allclose(block(x), before, atol=1e-5)


def test_dense_block_by_hand():
    block = DilatedResidualDenseBlock(4, 2, layers=2)
    x = torch.randn(1, 4, 9, 9)
    first = torch.relu(block.dense[0](x))
    second = torch.relu(block.dense[1](torch.cat([x, first], 1)))
    expected = x + torch.relu(block.squeeze(torch.cat([x, first, second], 1)))
    assert torch.equal(block(x), expected)
    assert block.dense[0].dilation == (2, 2)


@pytest.mark.parametrize("faithful", [False, True])
@pytest.mark.parametrize("remembers", [False, True])
def test_lstm_by_its_equations(remembers, faithful):
    cell = ConvLSTMCell(3, faithful=faithful)
    x, h, c = (torch.randn(1, 3, 6, 7) for _ in range(3))
    gates = cell.from_input(x) + (cell.from_hidden(h) if remembers else 0)
    i, o, j, f = gates.chunk(4, 1)
    expected = torch.sigmoid(i) * torch.tanh(j) + (torch.sigmoid(f) * c if remembers else 0)
    inner = expected if faithful and not remembers else torch.tanh(expected)
    hidden, state = cell(x, (h, c) if remembers else None)
    assert torch.allclose(state, expected)
    assert torch.allclose(hidden, torch.sigmoid(o) * inner)


def test_blur_pool_keeps_constants_and_removes_the_finest_pattern():
    assert torch.allclose(BlurPool()(torch.full((1, 2, 8, 8), 3.0)), torch.full((1, 2, 4, 4), 3.0))
    stripes = torch.tensor([1.0, -1.0]).repeat(4).expand(1, 1, 8, 8)
    assert float(BlurPool()(stripes).abs().max()) < 1e-6


def test_upsampling_after_a_1x1_convolution_is_upsampling_before_it():
    block = ResidualUpsample(4)
    x = torch.randn(1, 4, 5, 6)
    large = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    assert torch.allclose(block(x), block.main(x) + block.skip(large), atol=1e-6)


def test_selective_fusion_weighs_to_one():
    block = SelectiveFusion(8)
    maps = [torch.randn(2, 8, 5, 5) for _ in range(3)]
    same = [maps[0]] * 3
    assert torch.allclose(block(same), maps[0], atol=1e-6)
    low, high = torch.stack(maps).amin(0), torch.stack(maps).amax(0)
    assert bool(((block(maps) >= low - 1e-6) & (block(maps) <= high + 1e-6)).all())


def test_channel_gate_looks_at_neighbouring_channels():
    gate = build_operation("eca_3_1", 6)
    x = torch.randn(2, 6, 4, 5)
    weights = torch.sigmoid(F.conv1d(x.mean((2, 3))[:, None], gate.neighbours.weight[..., 0], padding=1))[:, 0]
    assert torch.allclose(gate(x), gate.act(gate.mix(x * weights[:, :, None, None])), atol=1e-6)


def test_drop_path_keeps_the_mean_in_training_and_everything_in_use():
    drop, x = DropPath(0.25), torch.ones(4000, 1, 1, 1)
    assert torch.equal(drop.eval()(x), x)
    y = drop.train()(x)
    assert sorted(y.unique().tolist()) == pytest.approx([0.0, 4 / 3])
    assert float(y.mean()) == pytest.approx(1.0, abs=0.05)


def test_input_norm_treats_grey_rgb_and_luminance_alike():
    grey = torch.rand(1, 1, 4, 4)
    rgb = InputNorm(3)(grey.expand(1, 3, 4, 4))
    assert float(InputNorm(3)(torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)).abs().max()) < 1e-6
    assert float((rgb.mean(1, keepdim=True) - InputNorm(1)(grey)).abs().max()) < 0.15
    assert not InputNorm(3).state_dict()


def test_local_contrast_forgets_brightness_and_gain():
    thermal, rgb = torch.rand(2, 1, 64, 96), torch.rand(2, 3, 64, 96)
    contrast = LocalContrast(floor=1e-3)
    plain, changed = contrast(thermal, rgb), contrast(0.3 * thermal + 0.2, 0.5 * rgb + 0.1)
    assert plain.shape == (2, 2, 32, 48)
    assert torch.allclose(plain, changed, atol=1e-2)
    assert float(plain.std()) > 0.5


def test_local_contrast_of_nothing_is_zero_and_noise_stays_small():
    flat = torch.full((1, 1, 64, 64), 0.4)
    noise = 0.002 * torch.randn(1, 3, 64, 64)
    contrast = LocalContrast()(flat, 0.4 + noise)
    assert torch.count_nonzero(contrast[:, 0].abs() > 1e-4) == 0
    assert float(contrast[:, 1].abs().max()) < 0.5


def test_local_contrast_by_hand_where_every_window_sees_the_whole_image():
    thermal = torch.rand(1, 1, 24, 24)
    found = LocalContrast(window=5, floor=0.05)(thermal, torch.zeros(1, 3, 24, 24))
    half = F.avg_pool2d(thermal, 2)
    expected = (half - half.mean()) / torch.sqrt(half.var(correction=0) + 0.05**2)
    assert torch.allclose(found[:, :1], expected, atol=1e-5)


def test_local_contrast_needs_an_odd_window():
    with pytest.raises(ValueError, match="window 4"):
        LocalContrast(window=4)
