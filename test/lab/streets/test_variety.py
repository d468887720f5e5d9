# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes that leave the usual: other climates, vans, lorries and plain blocks, cars that mirror the cold sky."""

from dataclasses import asdict

import numpy as np
import pytest

from fusion_perception.lab.streets import SceneConfig, SyntheticScene
from fusion_perception.lab.streets.car_mesh import car_mesh
from fusion_perception.lab.streets.car_shapes import KINDS, LETTERS, SIGN, TYRE, USUAL_KINDS
from fusion_perception.lab.streets.cars import CarState, car_facets, mirrored_sky
from fusion_perception.lab.streets.climate import make_climate
from fusion_perception.lab.streets.make_layout import make_layout

CAR = 1


def lettered(kind: int) -> bool:
    return bool(np.isin(car_mesh(kind).material, (SIGN, LETTERS)).any())


def layout(seed: int, variety: float):
    config = SceneConfig(condition="night", seed=seed, parked_cars=20, bikes=24, variety=variety)
    return make_layout(config, np.random.default_rng(seed))


def test_without_variety_every_scene_has_the_same_climate_and_cars_alone():
    assert make_climate(SceneConfig(seed=1)) == make_climate(SceneConfig(seed=2))
    assert {car.kind for seed in range(4) for car in layout(seed, 0.0).parked} == set(range(USUAL_KINDS))


@pytest.mark.parametrize("condition", ["day", "night", "fog", "glare"])
def test_climates_differ_more_with_more_variety(condition):
    def spread(variety):
        climates = [asdict(make_climate(SceneConfig(condition=condition, seed=s, variety=variety))) for s in range(40)]
        return {name: np.ptp([c[name] for c in climates]) for name in climates[0]}

    little, much = spread(0.2), spread(1.0)
    for name in ("road", "wall", "body", "window", "leaves", "gain", "mirrored"):
        assert 0 < little[name] < much[name], name


def test_vans_and_lorries_stand_among_the_cars():
    parked = [car for seed in range(6) for car in layout(seed, 1.0).parked]
    assert {car.kind for car in parked} == set(range(KINDS))
    heights = [car_mesh(kind).height for kind in range(KINDS)]
    assert max(heights[:USUAL_KINDS]) < 1.8 < min(heights[USUAL_KINDS:])


def test_vans_and_lorries_with_lettering_are_as_the_plain_ones_without_it():
    plain = {car_mesh(kind).length: car_mesh(kind) for kind in range(KINDS) if not lettered(kind)}
    assert sum(lettered(kind) for kind in range(KINDS)) == 2
    for kind in filter(lettered, range(KINDS)):
        mesh = car_mesh(kind)
        signs = np.isin(mesh.material, (SIGN, LETTERS))
        assert np.array_equal(mesh.corners[~signs], plain[mesh.length].corners)
        assert np.abs(mesh.corners[signs][..., 0]).max() < mesh.width / 2 * 1.01  # on the sides, not beside them


def test_the_same_places_are_taken_with_and_without_variety():
    usual, other = layout(3, 0.0), layout(3, 1.0)
    assert [(car.z, car.paint) for car in usual.parked] == [(car.z, car.paint) for car in other.parked]


def test_in_some_streets_cars_park_across():
    def slant(street):
        return float(np.mean([abs(np.sin(car.heading)) for car in street.parked]))

    across = [slant(layout(seed, 1.0)) > 0.5 for seed in range(20)]
    assert 3 <= sum(across) <= 14
    assert not any(slant(layout(seed, 0.0)) > 0.5 for seed in range(20))


def test_some_rows_of_bicycles_stand_at_the_kerb():
    def at_the_kerb(street):
        parked = [bike for bike in street.bikes if not bike.ridden]
        return [min(abs(bike.x - edge) for edge in street.edges) < 1 for bike in parked]

    near = [is_near for seed in range(8) for is_near in at_the_kerb(layout(seed, 1.0))]
    assert 0.2 < np.mean(near) < 0.8
    assert not any(is_near for seed in range(8) for is_near in at_the_kerb(layout(seed, 0.0)))


def test_blocks_stand_clear_of_the_road_and_only_with_variety():
    assert all(not layout(seed, 0.0).blocks for seed in range(5))
    for seed in range(5):
        street = layout(seed, 1.0)
        assert {block.side for block in street.blocks} == {-1, 1}
        assert all(b.front >= abs(street.edges[(b.side + 1) // 2]) for b in street.blocks)


def test_a_block_is_seen_and_has_no_class():
    """Without its blocks, the same scene differs where they stand: hiding what is behind them."""
    config = SceneConfig(height=240, width=320, condition="night", seed=14, parked_cars=12, bikes=12, variety=1.0)
    scene, bare = SyntheticScene(config), SyntheticScene(config)
    bare._blocks._blocks.clear()
    changed = 0
    for i in (0, 80, 160):
        with_blocks, without = scene.frame(i), bare.frame(i)
        differs = np.abs(with_blocks.thermal.astype(int) - without.thermal) > 2
        changed += int(differs.sum())
        assert with_blocks.depth is not None and without.depth is not None
        assert (with_blocks.labels[with_blocks.labels != without.labels] == 0).all()
        hidden = (with_blocks.labels == 0) & np.isin(without.labels, (CAR, 2, 3))  # persons and bikes
        assert (with_blocks.depth[hidden] <= without.depth[hidden] + 3.0).all()
    assert changed > 1500


def test_roofs_mirror_the_sky_and_tyres_do_not():
    mesh, corners, normals = car_facets(CarState(3.0, 8.0, 0.0, 0, 0, driven=False))
    share = mirrored_sky(
        mesh, corners.mean(axis=1), normals, CarState(3.0, 8.0, 0.0, 0, 0, False), np.float32([0, 1.5, 0])
    )
    assert share.min() >= 0 and share.max() <= 0.7
    assert share[normals[:, 1] > 0.9].max() > 0.05
    assert share[normals[:, 1] < -0.5].max(initial=0) == 0  # what faces down mirrors the road
    assert share[mesh.material == TYRE].max() == 0


def test_parked_cars_at_night_are_colder_and_warmer_than_the_road():
    warmer = []
    for seed in range(8):
        config = SceneConfig(
            height=240, width=320, condition="night", seed=seed, parked_cars=24, moving_cars=0, variety=1.0
        )
        frame = SyntheticScene(config).frame(10)
        cars = frame.labels == CAR
        road = np.zeros_like(cars)
        road[180:, 100:220] = True
        warmer.append(float(frame.thermal[cars].mean()) - float(frame.thermal[road & ~cars].mean()))
    assert min(warmer) < 0 < max(warmer)
