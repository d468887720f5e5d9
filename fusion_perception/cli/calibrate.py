# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception calibrate``: lay the thermal camera onto the RGB camera, from what both see anyway."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_perception.cli.bag_options import add_bag_arguments
from fusion_perception.cli.output_paths import check_folder
from fusion_perception.errors import DataError
from fusion_perception.text import printable

if TYPE_CHECKING:
    from fusion_perception.bags.bag_source import BagSource
    from fusion_perception.lab.calibration.solution import Calibration

PARAMETERS, PICTURE, CAMERAS = "calibration.yaml", "calibration.png", ("thermal.yaml", "rgb.yaml")
EXIT_UNSURE = 1
_FROM_FOV = 1.12  # how far the width of the view may be from what the fields of view say


EXAMPLES = (
    "fusion-perception calibrate --data drive/",
    "fusion-perception calibrate --data pairs/ --thermal-fov 45 --rgb-fov 70 --out out/rig",
    "fusion-perception calibrate --data board/ --board checkerboard:9x6:0.03 --distance 15",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="PAIRS|BAG",
        help="pairs of the rig: a folder with vi/ and ir/, or a bag",
    )
    parser.add_argument("--out", type=Path, default=Path("out/calibrate"), metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--pairs",
        type=int,
        default=48,
        metavar="N",
        help="pairs to look at, spread over the source; default: %(default)d",
    )
    parser.add_argument(
        "--split", metavar="FILE", help="with a folder: text file with one name a line, or the name of a split"
    )
    parser.add_argument(
        "--thermal-fov", type=_degrees, metavar="DEG", help="field of view of the thermal camera, across, where known"
    )
    parser.add_argument("--rgb-fov", type=_degrees, metavar="DEG", help="the same of the RGB camera; give both or none")
    add_bag_arguments(parser)
    parser.add_argument(
        "--board",
        metavar="BOARD",
        help="calibrate both cameras by a board that both see: checkerboard:COLUMNSxROWS:SQUARE (inner corners, m) or "
        "aprilgrid:COLUMNSxROWS:TAG:SPACING (tags, m, ratio)",
    )
    parser.add_argument(
        "--distance",
        type=_metres,
        default=20.0,
        metavar="M",
        help="with a board: distance at which both views shall meet; default: %(default)g",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print and write the homography; 0 if it is sure, 1 if it is not, and then no parameters are written."""
    from fusion_perception.files.atomic_file import write_image, write_text
    from fusion_perception.lab.calibration.coarse_search import WIDEST
    from fusion_perception.lab.calibration.frames import RigFrames
    from fusion_perception.lab.calibration.parameter_file import parameter_file
    from fusion_perception.lab.calibration.picture import before_and_after
    from fusion_perception.lab.calibration.solution import solve

    check_folder(arguments.out)
    if arguments.board is not None:
        return _run_board(arguments)
    spans = _spans(arguments) or WIDEST
    frames = RigFrames.of(_pairs(arguments))
    found = solve(frames, spans)
    picture = arguments.out / PICTURE
    write_image(picture, before_and_after(frames, found))
    _tell(found)
    if found.doubts:
        print(f"not sure: {'; '.join(found.doubts)}")
        print(f"nothing is written but the picture: {printable(picture, 0)}")
        print(_advice(arguments))
        return EXIT_UNSURE
    file = arguments.out / PARAMETERS
    write_text(
        file, parameter_file(found.homography, [_residuals(found), f"by fusion-perception calibrate, {found.kind}"])
    )
    print(f"look at {printable(picture, 0)}: edges have one seam in 'after' where the numbers are right")
    print(
        f"written: {printable(file, 0)}; use it by 'calibration:={printable(file.absolute(), 0)}' of fusion.launch.py"
    )
    return 0


def _spans(arguments: argparse.Namespace) -> tuple[float, float] | None:
    """Return least and most width of the thermal view, as parts of the RGB view's width, where something is known."""
    from fusion_perception.bags.bag_files import is_bag
    from fusion_perception.bags.field_of_view import half_widths

    given = arguments.thermal_fov, arguments.rgb_fov
    if (given[0] is None) != (given[1] is None):
        raise DataError("one field of view is of no use; give --thermal-fov and --rgb-fov, or none of both")
    halves = None
    if given[0] is not None:
        halves = tuple(math.tan(math.radians(fov) / 2) for fov in given)
    elif is_bag(Path(arguments.data)):
        with closing(_bag(arguments)) as source:
            halves = half_widths(Path(arguments.data), (source.thermal_topic, source.rgb_topic))
        if halves is not None:
            fovs = [math.degrees(2 * math.atan(half)) for half in halves]
            print(f"fields of view by the CameraInfo in the bag: thermal {fovs[0]:.0f}, RGB {fovs[1]:.0f} degrees")
    if halves is None:
        return None
    return halves[0] / halves[1] / _FROM_FOV, halves[0] / halves[1] * _FROM_FOV


def _bag(arguments: argparse.Namespace, warn: Callable[[str], object] = lambda _: None) -> BagSource:
    from fusion_perception.bags.bag_source import BagSource

    return BagSource(
        Path(arguments.data),
        arguments.thermal_topic,
        arguments.rgb_topic,
        warn,
        arguments.thermal_offset_ms,
    )


def _run_board(arguments: argparse.Namespace) -> int:
    from fusion_perception.files.atomic_file import write_text
    from fusion_perception.lab.calibration.board import Board
    from fusion_perception.lab.calibration.board_solution import solve_board
    from fusion_perception.lab.calibration.parameter_file import board_parameter_file, camera_file, numbers

    found = solve_board(_pairs(arguments), Board.of(arguments.board))
    for name, camera in (("thermal", found.thermal), ("RGB", found.rgb)):
        print(f"{name}: K {numbers(camera.matrix.ravel().tolist())}, distortion {numbers(camera.distortion.tolist())}")
        print(f"{name}: {camera.rms:.2f} px are left (rms)")
    print(f"registration.extrinsics: {numbers(found.extrinsics)}")
    print(f"both together: {found.rms:.2f} px are left (rms) in {found.views} views")
    if found.doubts:
        print(f"not sure, nothing is written: {'; '.join(found.doubts)}")
        return EXIT_UNSURE
    for file, camera in zip(CAMERAS, (found.thermal, found.rgb), strict=True):
        text = camera_file(Path(file).stem, camera.size, camera.matrix.ravel().tolist(), camera.distortion.tolist())
        write_text(arguments.out / file, text)
    remark = f"by fusion-perception calibrate --board, {found.rms:.2f} px are left (rms)"
    write_text(arguments.out / PARAMETERS, board_parameter_file(found.extrinsics, arguments.distance, [remark]))
    print(
        f"written to {printable(arguments.out, 0)}: {' and '.join(CAMERAS)} for the camera drivers (camera_info_url), "
        f"and {PARAMETERS} for 'calibration:=' of fusion.launch.py"
    )
    return 0


def _tell(found: Calibration) -> None:
    from fusion_perception.lab.calibration.parameter_file import numbers

    print(f"registration.homography: {numbers(found.homography)}")
    print(_residuals(found))
    print(
        f"{found.pairs} pairs, {found.silent} of them without a common edge; freedom: {found.kind}; the halves of the "
        f"pairs differ by {found.split:.1f} px; {found.margin:.2f} times better than any other place"
    )


def _residuals(found: Calibration) -> str:
    if not found.residuals.size:
        return "residual on unseen pairs: unknown"
    return (
        f"residual on unseen pairs: median {found.residual(50):.1f} px, middle half {found.residual(25):.1f} to "
        f"{found.residual(75):.1f} px, 90 % below {found.residual(90):.1f} px ({found.residuals.size} places)"
    )


def _advice(arguments: argparse.Namespace) -> str:
    advice = (
        "what helps: pairs from a drive or a walk outdoors, by day, with buildings, trees or people all over the "
        "picture, most of it farther away than fifty times the distance of the lenses; both cameras in focus and "
        "stamped alike; more of them (--pairs)"
    )
    if arguments.thermal_fov is None:
        advice += "; the fields of view of both cameras (--thermal-fov, --rgb-fov)"
    return advice


def _pairs(arguments: argparse.Namespace) -> Iterator[tuple[Any, Any]]:
    from fusion_perception.bags.bag_files import is_bag
    from fusion_perception.lab.calibration.pairs import spread

    path, number = Path(arguments.data), max(1, arguments.pairs)
    if is_bag(path):
        with closing(_bag(arguments, lambda text: print(printable(text, 0)))) as source:
            print(f"thermal: {printable(source.thermal_topic, 0)}, RGB: {printable(source.rgb_topic, 0)}")
            for pair in islice(source, 0, None, -(-source.expected_pairs // number) or 1):
                if pair.thermal is None or pair.rgb is None:
                    raise DataError(f"{path} has one camera only; give a bag with the images of both")
                yield pair.thermal.image, pair.rgb.image
        return
    from fusion_perception.lab.data.dataset import PairDataset

    data = PairDataset(path, arguments.split, with_labels=False)
    for k in spread(len(data), number):
        yield data[k].thermal, data[k].rgb


def _degrees(text: str) -> float:
    value = float(text)
    if not 1 <= value < 180:
        raise argparse.ArgumentTypeError(f"{value:g} is out of range; allowed: 1 to below 180 degrees")
    return value


def _metres(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 1e5:
        raise argparse.ArgumentTypeError(f"{value:g} is out of range; allowed: 0.05 to 100000 m")
    return value
