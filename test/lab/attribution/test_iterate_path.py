# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="attribution needs PyTorch")

from fusion_perception.lab.attribution.iterate_path import IteratePath, score_gradient  # noqa: E402


def iterates(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    start, end = (torch.rand(2, 1, 4, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    return [start + (end - start) * (k / count) for k in range(count + 1)]


def cubic(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([x**3, 1 - x], 1)


def run(path: IteratePath, images: list[torch.Tensor]) -> list[torch.Tensor]:
    return [path(images[: k + 1]) for k in range(1, len(images))]


def test_maps_by_hand() -> None:
    images = iterates(2)
    maps = run(IteratePath(lambda x: 2 * x), images)
    first = 2 * images[1] * (images[1] - images[0])
    second = 2 * images[2] * (images[2] - images[1])
    torch.testing.assert_close(maps[0], first)
    torch.testing.assert_close(maps[1], (first + second) / 2)


def test_the_sum_is_complete() -> None:
    images = iterates(1000)
    target = torch.tensor([1.0, 0.5], dtype=torch.float64).view(1, 2, 1, 1)
    total = run(IteratePath(score_gradient(cubic, target), mean=False), images)[-1].sum((1, 2, 3))
    difference = ((cubic(images[-1]) - cubic(images[0])) * target).sum((1, 2, 3))
    torch.testing.assert_close(total, difference, rtol=0.02, atol=1e-2)


def test_a_path_serves_one_forward_pass() -> None:
    images = iterates(2)
    path = IteratePath(lambda x: x)
    run(path, images)
    with pytest.raises(ValueError, match="one path per forward pass"):
        path(images[:2])


def test_iterates_stay_out_of_the_graph() -> None:
    images = [f.requires_grad_() for f in iterates(1)]
    assert not IteratePath(score_gradient(cubic, torch.ones(1, 2, 1, 1)))(images).requires_grad
