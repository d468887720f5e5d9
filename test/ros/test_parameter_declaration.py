# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of parameters as rclpy takes them: from the command line, from a file, and from set requests."""

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter

from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.parameter_declaration import declare, read
from fusion_perception.ros.parameter_spec import ParameterError
from fusion_perception.ros.parameters import FUSION_PARAMETERS

pytestmark = pytest.mark.ros
HOMOGRAPHY = "registration.homography"


class OldNode(Node):
    """A node of ROS 2 Humble: no parameter can be changed before it is set."""

    add_pre_set_parameters_callback = None


@pytest.fixture(params=[Node, OldNode], ids=["from Iron on", "Humble"])
def make(ros, request):
    nodes = []

    def make_node(*arguments):
        nodes.append(request.param("parameters", context=ros, cli_args=["--ros-args", *arguments]))
        declare(nodes[-1], FUSION_PARAMETERS)
        return nodes[-1]

    yield make_node
    for node in nodes:
        node.destroy_node()


def set_by_service(node, name, value):
    """Set a parameter as the service does, which gets its value in a message."""
    kinds = {int: ("INTEGER", "integer_value"), float: ("DOUBLE", "double_value"), str: ("STRING", "string_value")}
    kind, field = kinds[type(value)] if not isinstance(value, list) else ("INTEGER_ARRAY", "integer_array_value")
    message = ParameterValue(type=getattr(ParameterType, f"PARAMETER_{kind}"), **{field: value})
    request = SetParameters.Request(parameters=[ParameterMessage(name=name, value=message)])
    service = next(item for item in node.services if item.srv_name.endswith("/set_parameters"))
    return service.callback(request, SetParameters.Response()).results[0]


def type_of(node, name):
    service = next(item for item in node.services if item.srv_name.endswith("/describe_parameters"))
    request = DescribeParameters.Request(names=[name])
    return service.callback(request, DescribeParameters.Response()).descriptors[0].type


def test_the_readmes_homography_is_taken_as_printed(make):
    node = make("-p", f"{HOMOGRAPHY}:=[1, 0, 0, 0, 1, 0, 0, 0, 1]")
    assert FusionSettings.from_values(read(node, FUSION_PARAMETERS)).registration.is_identity


def test_nine_numbers_that_are_whole_and_decimal_are_taken_as_a_text(make):
    node = make("-p", f"{HOMOGRAPHY}:='[1.02, 0, 16, 0, 1.02, -8, 0, 0, 1]'")
    assert read(node, FUSION_PARAMETERS)[HOMOGRAPHY] == (1.02, 0.0, 16.0, 0.0, 1.02, -8.0, 0.0, 0.0, 1.0)


def test_a_file_of_whole_numbers_is_taken(make, tmp_path):
    numbers = [spec for spec in FUSION_PARAMETERS if type(spec.default) is float and spec.name != "thermal.smoothing"]
    whole = {spec.name: int(spec.range[1] if spec.range else 7) for spec in numbers}
    whole["thermal.low_percentile"] = 1
    path = tmp_path / "whole.yaml"
    path.write_text("/**:\n  ros__parameters:\n" + "".join(f"    {name}: {value}\n" for name, value in whole.items()))
    values = read(make("--params-file", str(path)), FUSION_PARAMETERS)
    assert {name: values[name] for name in whole} == whole
    assert {type(values[name]) for name in whole} == {float}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("sync.max_wait_ms", 50, 50.0),
        ("thermal.smoothing", 0, 0.0),
        ("sync.window", 20.0, 20),
        (HOMOGRAPHY, [2, 0, 0, 0, 2, 0, 0, 0, 2], (2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0)),
        (HOMOGRAPHY, "[1, 0.5, 0, 0, 1, 0, 0, 0, 1]", (1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
    ],
)
def test_whole_numbers_are_taken_when_a_parameter_is_set(make, name, value, expected):
    node = make()
    before = type_of(node, name)
    result = set_by_service(node, name, value)
    assert result.successful, result.reason
    assert read(node, FUSION_PARAMETERS)[name] == expected
    if not isinstance(node, OldNode):
        assert type_of(node, name) == before
        assert Parameter.Type.from_parameter_value(node.get_parameter(name).value).value == before


@pytest.mark.parametrize(("name", "value"), [("sync.max_wait_ms", "soon"), (HOMOGRAPHY, "wide"), ("sync.window", 2.5)])
def test_values_of_another_type_are_refused(make, name, value):
    node = make()
    if isinstance(node, OldNode):  # the node's own check, by which a set request is judged
        node.add_on_set_parameters_callback(lambda items: _judge({item.name: item.value for item in items}, node))
    result = set_by_service(node, name, value)
    assert not result.successful
    assert result.reason


def _judge(changes, node):
    from rcl_interfaces.msg import SetParametersResult

    try:
        FusionSettings.from_values({**read(node, FUSION_PARAMETERS), **changes})
    except ParameterError as error:
        return SetParametersResult(successful=False, reason=str(error))
    return SetParametersResult(successful=True)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("sync.max_wait_ms:=soon", "sync.max_wait_ms is 'soon'; allowed: a number"),
        (f"{HOMOGRAPHY}:=[]", f"{HOMOGRAPHY} is empty; allowed: a list of numbers"),
        (f"{HOMOGRAPHY}:=[1, 0]", "allowed: 9 finite numbers"),
        (f"{HOMOGRAPHY}:=[.nan, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]", "allowed: finite numbers"),
        ("thermal.range_max:=.inf", "thermal.range_max"),
        ("thermal.range_min:=-.inf", "thermal.range_min"),
        ("thermal.range_min:=.nan", "thermal.range_min"),
    ],
)
def test_bad_values_at_start_are_named(make, argument, message):
    from rclpy.exceptions import InvalidParameterValueException

    with pytest.raises((ParameterError, InvalidParameterValueException)) as caught:
        FusionSettings.from_values(read(make("-p", argument), FUSION_PARAMETERS))
    assert message in str(caught.value)
