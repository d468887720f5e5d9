# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A bag comes out the same, however it is shared, and wherever a run was ended."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fusion_perception.bags.image_messages import COMPRESSED, IMAGE, deserialize
from fusion_perception.errors import DataError
from fusion_perception.processing import share_run
from fusion_perception.processing.job import pairs_of_a_part, shares
from fusion_perception.processing.result_part import PARTS, PartFiles
from fusion_perception.processing.results_folder import begin, complete
from fusion_perception.processing.share_run import run_share
from fusion_perception.ros.conversion import rgb_from_message
from test.bags.make_bag import START_NS, Pairs, raw_rgb, raw_thermal, rgb_image, write_mcap

from .conftest import PAIRS, TOPICS


def whole(job, number=1):
    assert begin(job) is None
    return complete(job, [run_share(share) for share in shares(job, number)])


def files(job):
    folder = Path(job.out)
    return {path.name.rpartition("_")[2]: path.read_bytes() for path in folder.glob("*.mcap")}


def test_every_pair_is_there_with_its_stamp(job, messages):
    made = job()
    told = []
    assert begin(made) is None
    (share,) = shares(made, 1)
    report = run_share(share, lambda done, total: told.append((done, total)))
    assert (report.pairs, report.parts, report.processed, report.failed) == (PAIRS, 3, PAIRS, 0)
    assert told[-1] == (PAIRS, PAIRS)
    summary = complete(made, [report])
    assert summary.files == ("drive_0.mcap", "drive_1.mcap", "drive_2.mcap")
    assert summary.topics == dict.fromkeys(TOPICS, PAIRS)
    found = messages(Path(made.out))
    assert Counter(topic for topic, *_ in found) == summary.topics
    stamps = [stamp for topic, _, stamp, _ in found if topic == "fusion/mask"]
    assert stamps == [START_NS + number * 10**8 for number in range(PAIRS)]  # those of the RGB camera
    assert all(time == stamp for _, time, stamp, _ in found)


def test_the_content_is_that_of_the_model(job, messages):
    made = job()
    whole(made)
    kinds = {"fusion/image": IMAGE, "fusion/overlay/compressed": COMPRESSED}
    for number in (0, 77):
        stamp = START_NS + number * 10**8
        found = {topic: data for topic, _, at, data in messages(Path(made.out)) if at == stamp}
        fused = rgb_from_message(deserialize(found["fusion/image"], kinds["fusion/image"]))
        # The model is larger than the images: what it passes through has been scaled up and down.
        assert np.abs(fused.astype(int) - rgb_image(number)).mean() < 12
        overlay = deserialize(found["fusion/overlay/compressed"], COMPRESSED)
        assert rgb_from_message(overlay).shape == fused.shape


@pytest.mark.parametrize("number", [2, 3])
def test_shares_give_the_same_bytes_as_one_process(job, number):
    whole(job("one"))
    whole(job("shared"), number)
    assert files(job("one")) == files(job("shared"))


def test_a_run_that_was_ended_goes_on_to_the_same_bytes(job, monkeypatch):
    whole(job("straight"))
    made = job("ended")
    begin(made)
    (share,) = shares(made, 1)
    image_bytes, calls = share_run.image_bytes, []

    def stumble(*arguments, **options):
        calls.append(1)
        if len(calls) == 3 * 60:
            raise KeyboardInterrupt
        return image_bytes(*arguments, **options)

    monkeypatch.setattr(share_run, "image_bytes", stumble)
    with pytest.raises(KeyboardInterrupt):
        run_share(share)
    monkeypatch.undo()
    assert [path.name for path in Path(made.out).glob("*.mcap")] == ["ended_0.mcap"]
    assert not list((Path(made.out) / PARTS).glob(".*"))
    kept = PartFiles(Path(made.out), 0).bag.stat().st_mtime_ns
    assert begin(made) is None
    report = run_share(share)
    assert (report.pairs, report.processed) == (PAIRS, PAIRS - 50)
    complete(made, [report])
    assert PartFiles(Path(made.out), 0).bag.stat().st_mtime_ns == kept
    assert files(job("straight")) == files(made)


def test_a_bag_that_is_done_is_not_done_again(job):
    summary = whole(job())
    assert begin(job()) == summary
    assert not list((Path(job().out) / PARTS).glob("*"))


@pytest.mark.parametrize("change", [{"attribution": False}, {"limit": 5}, {"topics": ("fusion/mask",)}])
def test_other_options_do_not_mix_with_what_is_there(job, change):
    whole(job())
    with pytest.raises(DataError, match="holds results of another model, other options"):
        begin(job(**change))


def test_a_run_of_which_nothing_came_is_in_nobodys_way(job):
    assert begin(job()) is None
    changed = job(attribution=False)
    assert begin(changed) is None and begin(changed) is None
    whole_again = complete(changed, [run_share(share) for share in shares(changed, 1)])
    assert whole_again.fingerprint == changed.fingerprint
    with pytest.raises(DataError, match="holds results of another model"):
        begin(job())


def test_a_folder_with_other_files_is_left_alone(job, tmp_path):
    (tmp_path / "drive").mkdir()
    (tmp_path / "drive" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds other files \(mine.txt\)"):
        begin(job())


def test_only_what_is_asked_for_is_written(job):
    summary = whole(job(topics=("fusion/mask", "fusion/attribution"), attribution=False, limit=60))
    assert (summary.pairs, summary.topics) == (60, {"fusion/mask": 60})


def test_a_topic_that_the_model_does_not_have_is_named(job):
    made = job(topics=(*TOPICS, "fusion/nothing"))
    begin(made)
    with pytest.raises(DataError, match="there is no result topic 'fusion/nothing'; this model has: fusion/image"):
        run_share(shares(made, 1)[0])


def test_a_part_that_is_missing_is_noticed(job):
    made = job()
    begin(made)
    reports = [run_share(share) for share in shares(made, 2)[:1]]
    with pytest.raises(DataError, match="1 of 3 files are not there"):
        complete(made, reports)


def test_a_film_shows_every_pair(job):
    av = pytest.importorskip("av", reason="av is not installed")
    made = job(film=True)
    whole(made, 2)
    with av.open(str(Path(made.out) / "film.mp4")) as film:
        frames = list(film.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames[:1]] == [(768, 192)]
    assert len(frames) == PAIRS
    steps = {round(float(after.time - before.time), 3) for before, after in pairwise(frames)}
    assert steps == {0.1}


def test_one_camera_is_enough(job, tmp_path, messages):
    source = write_mcap(tmp_path / "alone", [m for m in Pairs(5).messages(raw_thermal, raw_rgb) if "camera" in m[0]])
    made = job("results", source=source, film=True)
    summary = whole(made)
    assert summary.pairs == 5
    assert "is the only camera" in summary.warnings[0]
    assert len(messages(Path(made.out))) == 4 * 5


def test_what_the_engine_says_of_its_choice_is_told(job, monkeypatch):
    def remarking(*arguments, **options):
        engine = open_engine(*arguments, **options)
        engine._info = replace(engine.info, notes=("a remark",))
        return engine

    open_engine = share_run.open_engine
    monkeypatch.setattr(share_run, "open_engine", remarking)
    assert whole(job(), 2).warnings[-1] == "a remark"


def test_parts_are_few_and_not_too_short():
    assert [pairs_of_a_part(expected) for expected in (1, 200, 10_000, 10_001, 100_000)] == [50, 50, 50, 51, 500]


def test_the_fingerprint_is_of_bag_model_and_options(job, bag):
    first = job()
    assert first.fingerprint == job("elsewhere").fingerprint
    assert first.fingerprint != job(limit=3).fingerprint
    assert replace(first, out="x").fingerprint == first.fingerprint
