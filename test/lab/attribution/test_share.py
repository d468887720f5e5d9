# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.lab.attribution.share import thermal_share  # noqa: E402


def test_one_sensor_alone_drives_everything():
    ones, zeros = torch.ones(1, 1, 64, 96), torch.zeros(1, 1, 64, 96)
    assert float(thermal_share(ones, zeros.expand(-1, 3, -1, -1)).min()) > 0.95
    assert float(thermal_share(zeros, ones.expand(-1, 3, -1, -1)).max()) < 0.05


def test_equal_evidence_and_no_evidence_read_both_alike():
    thermal = torch.full((1, 1, 64, 96), 0.3)
    rgb = torch.full((1, 3, 64, 96), -0.1)
    assert torch.allclose(thermal_share(thermal, rgb), torch.tensor(0.5), atol=1e-4)
    assert torch.allclose(thermal_share(thermal * 0, rgb * 0), torch.tensor(0.5))


def test_the_prior_is_a_share_of_the_mean_evidence():
    share = thermal_share(torch.full((1, 1, 64, 96), 1.0), torch.zeros(1, 3, 64, 96), prior=0.2)
    # T = 1, R = 0, e = 0.2 (1 + 0) / 2
    assert torch.allclose(share, torch.tensor(1.1 / 1.2))


def test_equal_evidence_everywhere_reads_the_same_up_to_the_border():
    rgb = torch.zeros(1, 3, 64, 96)
    rgb[:, 1] = -1.0
    share = thermal_share(torch.full((1, 1, 64, 96), 3.0), rgb)
    # T = 3, R = 1, e = 0.05 (3 + 1) / 2
    assert torch.allclose(share, torch.tensor(3.1 / 4.2))


def test_a_region_without_evidence_stays_neutral_beside_a_strong_one():
    thermal = torch.zeros(1, 1, 64, 128)
    thermal[..., :32] = 1.0
    share = thermal_share(thermal, torch.zeros(1, 3, 64, 128))
    assert float(share[..., :24].min()) > 0.9
    assert torch.allclose(share[..., 64:], torch.tensor(0.5))


def test_channels_of_rgb_that_cancel_are_no_evidence():
    rgb = torch.zeros(1, 3, 64, 64)
    rgb[:, 0], rgb[:, 1] = 1.0, -1.0
    assert float(thermal_share(torch.full((1, 1, 64, 64), 0.1), rgb).min()) > 0.9
