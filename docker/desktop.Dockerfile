# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
# fusion_perception for a desktop: on the CPU, or on an NVIDIA card (GPU=rtx or GPU=tensorrt). docs/docker.md has the
# commands.
#
# NEITHER BUILT NOR RUN so far: there was no Docker at hand. hadolint and test/test_docker.py checked what can be
# checked without.
ARG ROS_DISTRO=jazzy
ARG GPU=none

FROM ros:${ROS_DISTRO}-ros-base AS base
SHELL ["/bin/bash", "-e", "-o", "pipefail", "-c"]
# There is one Python here, and it is the system's, whose ROS 2 and NumPy belong together.
ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_CONSTRAINT=/etc/pip-constraints.txt
# Ubuntu's archive keeps no older version to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        python3-argcomplete \
        python3-numpy \
        python3-opencv \
        python3-pip \
        python3-yaml \
        "ros-${ROS_DISTRO}-vision-msgs" \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -c 'import numpy; print(f"numpy<{int(numpy.__version__[0]) + 1}")' > "${PIP_CONSTRAINT}" \
    && python3 -m pip install "onnxruntime>=1.18" "rosbags>=0.11" "mcap>=1.2" "av>=12" "jinja2>=3.0" "tqdm>=4"

FROM base AS build
COPY . /ws/src/fusion_perception
WORKDIR /ws
RUN . "/opt/ros/${ROS_DISTRO}/setup.bash" \
    && colcon build --install-base /opt/fusion_perception --packages-select fusion_perception

FROM base AS gpu-none

# For RTX 20 to 50 and their kin; needs a driver of CUDA 13 (580 or newer).
FROM base AS gpu-rtx
RUN python3 -m pip install "tensorrt-rtx-cu13>=1.7" "cuda-python>=12.6"

# For H100, H200, B200.
FROM base AS gpu-tensorrt
RUN python3 -m pip install "tensorrt>=10.3" "cuda-python>=12.6"

# hadolint ignore=DL3006
FROM gpu-${GPU}
ARG GPU
ARG UID=1000
# The same number as whoever plays the cameras: shared memory is closed to others. /plans and /out are for volumes.
RUN useradd --no-log-init --create-home --non-unique --uid "${UID}" robot \
    && install --directory --owner=robot /plans /out
COPY --from=build /opt/fusion_perception /opt/fusion_perception
COPY docker/entrypoint.sh /entrypoint.sh
ENV FUSION_PERCEPTION_CACHE=/plans ROS_LOG_DIR=/tmp/ros-log \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PATH=/opt/fusion_perception/fusion_perception/lib/fusion_perception:${PATH}
USER ${UID}
WORKDIR /out
# Plans for RTX cards are built in seconds and without one; those of TensorRT need the card: docs/docker.md.
RUN if [ "${GPU}" = rtx ]; then /entrypoint.sh fusion-perception build realtime --for rtx; fi
ENTRYPOINT ["/entrypoint.sh"]
CMD ["ros2", "launch", "fusion_perception", "fusion.launch.py"]
