# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""While one camera of a bag is silent, the images of the other one come alone, as in the node."""

import json
from itertools import pairwise

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")

from fusion_perception.bags.bag_info import inspect_bag
from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.image_messages import message_of, stamp_ns
from fusion_perception.errors import DataError
from fusion_perception.sync import PairMatcher
from fusion_perception.types import Frame
from test.bags.make_bag import START_NS, THERMAL, Pairs, raw_rgb, raw_thermal, write_mcap

PAIRS = 100  # ten seconds


def gap(number):
    """Whether the thermal camera is silent."""
    return 30 <= number < 70


def stretch(folder, silent=gap, shift_ns=0, number=PAIRS):
    """A bag whose thermal camera is silent for a while; its clock may be wrong."""
    messages = Pairs(number).messages(lambda n, t: None if silent(n) else raw_thermal(n, t + shift_ns), raw_rgb)
    return write_mcap(folder, messages)


def kinds(pairs):
    """Return what the pairs have, in order, without repetitions: T, R or TR."""
    names = [("T" if pair.thermal else "") + ("R" if pair.rgb else "") for pair in pairs]
    return names[:1] + [b for a, b in pairwise(names) if a != b]


def of_node(bag, thermal):
    """What the node's matcher, with the node's settings, makes of the bag when it is played."""
    matcher, found = PairMatcher(), []
    with BagReader(bag) as reader:
        for stored in reader.messages(reader.topics):
            sensor = "thermal" if stored.topic == thermal else "rgb"
            frame = Frame(None, stamp_ns(message_of(stored)))
            found += matcher.add(sensor, frame, stored.time_ns)
    return [_stamps(pair) for pair in (*found, *matcher.finish())]


def _stamps(pair):
    return tuple(frame and frame.stamp_ns for frame in (pair.thermal, pair.rgb))


def test_the_results_are_those_of_the_node(tmp_path):
    bag, told = stretch(tmp_path / "bag"), []
    source = BagSource(bag, warn=told.append, allow_missing=True)
    pairs = list(source)
    assert kinds(pairs) == ["TR", "R", "TR"]
    assert [_stamps(pair) for pair in pairs] == of_node(bag, THERMAL)
    assert source.alone == {"rgb": sum(pair.thermal is None for pair in pairs)}
    assert 25 <= source.alone["rgb"] <= 31  # forty images without a partner, less the second until silence is noticed
    assert told == [f"{bag}: {source.alone['rgb']} images of the rgb camera come alone, because the other one has none "
                    "that fits for a second or more"]  # fmt: skip
    assert len(list(source)) == len(pairs)  # again


def test_how_many_there_will_be_is_known_in_spite_of_the_gap(tmp_path):
    source = BagSource(stretch(tmp_path / "bag"), warn=lambda text: None, allow_missing=True)
    assert source.expected_pairs == pytest.approx(len(list(source)), abs=12)
    rates = Pairs(20).messages(lambda n, t: None if n % 2 else raw_thermal(n, t), raw_rgb)  # 5 and 10 a second
    source = BagSource(write_mcap(tmp_path / "rates", rates), warn=lambda text: None, allow_missing=True)
    assert source.expected_pairs == len(list(source)) == 10


def test_without_leave_there_are_pairs_alone(tmp_path):
    pairs = list(BagSource(stretch(tmp_path / "bag"), warn=lambda text: None))
    assert kinds(pairs) == ["TR"]
    assert len(pairs) == 60


@pytest.mark.parametrize(
    ("silent", "order"),
    [(lambda n: n < 40, ["R", "TR"]), (lambda n: n > 40, ["TR", "R"]), (lambda n: n != 50, ["R"])],
    ids=["comes late", "ends early", "one image"],
)
def test_a_camera_that_comes_late_or_ends_early(tmp_path, silent, order):
    assert kinds(BagSource(stretch(tmp_path / "bag", silent), warn=lambda text: None, allow_missing=True)) == order


def test_clocks_that_are_apart_are_no_reason_for_single_images(tmp_path):
    """Both cameras deliver: that nothing pairs is a mistake, which no results of one camera may hide."""
    bag = stretch(tmp_path / "bag", lambda n: False, -5 * 10**9)
    with pytest.raises(DataError, match=r"no two images are within .* give --thermal-offset-ms"):
        list(BagSource(bag, thermal_offset_ms=0.0, warn=lambda text: None, allow_missing=True))


def test_bag_info_counts_pairs_and_single_images(tmp_path):
    info = inspect_bag(stretch(tmp_path / "bag"))
    assert info.pairs in {59, 60}  # the camera that comes back may lose its first image
    assert 25 <= info.alone["rgb"] <= 31
    assert any("images of the rgb camera come alone" in remark for remark in info.remarks)
    assert info.apart_ms == 8.0  # of the pairs


def test_process_says_which_results_have_one_camera(tmp_path, job_of):
    summary, pairs = job_of(stretch(tmp_path / "bag"))
    alone = [pair["stamp_ns"] for pair in pairs if pair["missing"] == "thermal"]
    assert summary["without"] == {"thermal": len(alone)}
    assert summary["pairs"] == len(pairs) == len(list(BagSource(tmp_path / "bag", warn=print, allow_missing=True)))
    assert all(START_NS + 30 * 10**8 <= stamp <= START_NS + 70 * 10**8 for stamp in alone)
    assert all(pair["class_shares"] and not pair["failure"] for pair in pairs)


@pytest.fixture
def job_of(tmp_path):
    """Processes a bag; returns its summary.json and the list of pairs.json."""
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    from fusion_perception.processing.job import JobSettings, make_job, shares
    from fusion_perception.processing.results_folder import begin, complete
    from fusion_perception.processing.share_run import run_share
    from test.demo.toy_model import write_toy_model

    def run(bag):
        model = write_toy_model(tmp_path / "toy.onnx")
        settings = JobSettings(str(model), "onnxruntime", 1, ("fusion/mask",), film=False)
        job = make_job(bag, tmp_path / "out", settings)
        begin(job)
        complete(job, [run_share(share) for share in shares(job, 2)])
        summary, pairs = (json.loads((tmp_path / "out" / name).read_text()) for name in ("summary.json", "pairs.json"))
        return summary, pairs["pairs"]

    return run
