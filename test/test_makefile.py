# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The Makefile and what it calls: any path and any value survives, and what cannot be installed is one sentence."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("python", "ruff", "mypy", "lint-imports")
STRANGE = "it's a \"fine\" $HOME `id` \\ %s; day, isn't it"
VENV = """#!/bin/sh
mkdir -p "$2/bin"
for name in {programs}; do
    printf '#!/bin/sh\\nprintf "%%s\\\\0" "${{0##*/}}" "$@" "" >>%s\\n' {record} >"$2/bin/$name"
    chmod +x "$2/bin/$name"
done
: >"$2/constraints.txt"
"""
"""In the place of .ci/venv: programs that write down their names and arguments, and do nothing."""

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)


@pytest.fixture
def checkout(tmp_path):
    """A folder with a difficult name that has the Makefile, and an environment of stand-ins."""
    folder = tmp_path / "it's here" / "fusion perception"
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    shutil.copy(ROOT / "Makefile", folder)
    record = shlex.quote(shlex.quote(str(tmp_path / "calls")))
    (folder / ".ci/venv").write_text(VENV.format(programs=" ".join(PROGRAMS), record=record))
    return folder


@pytest.fixture
def make(checkout, tmp_path):
    """Run make; returns the calls of the stand-ins, each a list of its name and arguments."""

    def run(*arguments, folder=checkout):
        variables = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
        (tmp_path / "calls").unlink(missing_ok=True)
        command = ["make", f"PYTHON={sys.executable}", *arguments]
        ended = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        calls = (tmp_path / "calls").read_text().split("\0\0") if (tmp_path / "calls").exists() else []
        return [call.split("\0") for call in calls if call], ended.stdout

    return run


def test_values_reach_the_demonstration_as_they_were_given(make):
    names = {"DATA": "--data", "RATE": "--rate", "MODEL": "--model", "OUT": "--out", "FREEZE": "--freeze"}
    names |= {"PICTURE": "--picture", "THERMAL_TOPIC": "--thermal-topic", "RGB_TOPIC": "--rgb-topic"}
    escaped = STRANGE.replace("$", "$$")  # make's own quoting
    calls, _ = make("demo", *(f"{name}={name} {escaped}" for name in names), f"THERMAL_OFFSET_MS=-4 {escaped}")
    *_, last = calls
    assert last[:4] == ["python", "-m", "fusion_perception.cli", "demo"]
    given = dict(zip(last[4:-1:2], last[5::2], strict=True))
    assert given == {option: f"{name} {STRANGE}" for name, option in names.items()}
    assert last[-1] == f"--thermal-offset-ms=-4 {STRANGE}"


def test_every_target_works_in_a_folder_with_a_difficult_name(make, checkout):
    calls, text = make("demo")
    assert calls[-1] == ["python", "-m", "fusion_perception.cli", "demo", "--data", "synthetic", "--rate", "10",
                         "--model", "realtime", "--out", "out/demo"]  # fmt: skip
    assert "installing what the demonstration needs (once" in text
    assert make("demo")[1] == "", "what is installed is not installed again"
    assert make("bench")[0][-1][:4] == ["python", "-m", "fusion_perception.cli", "bench"]
    assert make("test", "TESTS=test/sync -k loop")[0][-1][-3:] == ["test/sync", "-k", "loop"]
    assert [call[0] for call in make("lint")[0]] == ["ruff", "ruff", "mypy", "lint-imports"]
    assert make("help", f"DATA={STRANGE.replace('$', '$$')}")[1].count(STRANGE) == 1
    make("clean")
    assert not (checkout / ".venv").exists()


def test_another_folder_is_another_installation(make, checkout):
    make("demo")
    moved = checkout.rename(checkout.parent / "isn't it")
    assert "installing what the demonstration needs" in make("demo", folder=moved)[1]


@pytest.fixture
def install(tmp_path):
    """Run .ci/install with a program in the place of Python; returns its exit status and its last line of errors."""

    def run(program, *arguments, **variables):
        python = tmp_path / "v'env 1/bin/python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\n{program}\n")
        python.chmod(0o755)
        command = [str(ROOT / ".ci/install"), "the test", str(python), *arguments]
        ended = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stderr.splitlines()

    return run


def test_without_a_network_one_sentence_says_what_is_needed_and_where_it_comes_from(install, tmp_path):
    status, (line,) = install(
        f'exec {shlex.quote(sys.executable)} "$@"', "no-such-package-of-ours>=64", PIP_NO_INDEX="1", PIP_FIND_LINKS=""
    )
    assert status == 1
    assert line.startswith(
        "make: what the test needs could not be installed: No matching distribution found for no-such"
    )
    assert "PIP_INDEX_URL" in line and "docs/install.md" in line
    assert str(tmp_path / "v'env 1/pip.log") in line and (tmp_path / "v'env 1/pip.log").stat().st_size
    assert "## Without a network" in (ROOT / "docs/install.md").read_text(encoding="utf-8")


def test_a_full_disk_is_no_matter_of_the_network(install):
    status, (line,) = install(
        "echo 'ERROR: Could not install packages: [Errno 28] No space left on device' >&2; exit 1"
    )
    assert status == 1
    assert "No space left on device; all that pip said is in " in line and "PIP_INDEX_URL" not in line


def test_what_pip_remarks_is_shown_when_all_is_well(install, tmp_path):
    assert install("echo remark >&2") == (0, ["remark"])
    assert not (tmp_path / "v'env 1/pip.log").exists()


def test_a_few_tries_are_enough_unless_the_user_wants_more(install):
    assert install("echo $PIP_RETRIES >&2", PIP_RETRIES="7") == (0, ["7"])
    (tries,) = install("echo $PIP_RETRIES >&2", PIP_RETRIES="")[1]
    assert int(tries) < 5
