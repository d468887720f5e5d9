# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
# fusion_perception for a Jetson Orin with JetPack 6 (L4T r36, Ubuntu 22.04), on JetPack's TensorRT and ROS 2 Humble.
# Build it on the Jetson, or for linux/arm64. docs/docker.md has the commands.
#
# NEITHER BUILT NOR RUN so far: there was no Docker and no Jetson at hand. hadolint and test/test_docker.py checked what
# can be checked without.
ARG ROS_DISTRO=humble
ARG L4T=r36.4.0

# For the keys and the package source of ROS 2 alone, which it has for the same Ubuntu.
FROM ros:${ROS_DISTRO}-ros-core AS ros

FROM nvcr.io/nvidia/l4t-jetpack:${L4T} AS base
ARG ROS_DISTRO
SHELL ["/bin/bash", "-e", "-o", "pipefail", "-c"]
ENV ROS_DISTRO=${ROS_DISTRO} LANG=C.UTF-8 \
    PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_CONSTRAINT=/etc/pip-constraints.txt
COPY --from=ros /usr/share/keyrings/ros* /usr/share/keyrings/
COPY --from=ros /etc/apt/sources.list.d/ros* /etc/apt/sources.list.d/
# The archives keep no older version to pin; python3-libnvinfer is there already where the image has all of JetPack.
# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        python3-argcomplete \
        python3-colcon-common-extensions \
        python3-libnvinfer \
        python3-numpy \
        python3-opencv \
        python3-pip \
        python3-yaml \
        "ros-${ROS_DISTRO}-ros-base" \
        "ros-${ROS_DISTRO}-vision-msgs" \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -c 'import numpy; print(f"numpy<{int(numpy.__version__[0]) + 1}")' > "${PIP_CONSTRAINT}" \
    && python3 -m pip install "onnxruntime>=1.18" "cuda-python>=12.6,<13" \
        "rosbags>=0.11" "mcap>=1.2" "av>=12" "jinja2>=3.0" "tqdm>=4"

FROM base AS build
COPY . /ws/src/fusion_perception
WORKDIR /ws
RUN . "/opt/ros/${ROS_DISTRO}/setup.bash" \
    && colcon build --install-base /opt/fusion_perception --packages-select fusion_perception

FROM base
ARG UID=1000
# The same number as whoever plays the cameras: shared memory is closed to others. The GPU belongs to the group video.
RUN useradd --no-log-init --create-home --non-unique --uid "${UID}" --groups video robot \
    && install --directory --owner=robot /plans /out
COPY --from=build /opt/fusion_perception /opt/fusion_perception
COPY docker/entrypoint.sh /entrypoint.sh
ENV FUSION_PERCEPTION_CACHE=/plans ROS_LOG_DIR=/tmp/ros-log \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=all \
    PATH=/opt/fusion_perception/fusion_perception/lib/fusion_perception:${PATH}
USER ${UID}
WORKDIR /out
ENTRYPOINT ["/entrypoint.sh"]
CMD ["ros2", "launch", "fusion_perception", "fusion.launch.py", "backend:=tensorrt"]
