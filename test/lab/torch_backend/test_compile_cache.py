# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import io
import json
import os
import sys
import threading
from dataclasses import asdict

import pytest

from fusion_perception.errors import BackendError
from fusion_perception.lab.torch_backend.compile_cache import CacheFiller, CompileRequest, private_cache
from fusion_perception.lab.torch_backend.compile_process import main

VARIABLE = "TORCHINDUCTOR_CACHE_DIR"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")  # so that what is set during a test is undone after it
    monkeypatch.delenv(VARIABLE)


class TestFolder:
    def test_ours_closed_to_others_and_told_to_inductor(self, tmp_path):
        folder = private_cache(tmp_path / "cache")
        assert folder == tmp_path / "cache" / "inductor"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert os.environ[VARIABLE] == str(folder)

    def test_the_users_own_comes_first(self, tmp_path, monkeypatch):
        monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
        assert private_cache(tmp_path / "cache") == tmp_path / "mine"
        assert not (tmp_path / "cache").exists()

    def test_programs_that_others_can_write_are_not_run(self, tmp_path):
        (tmp_path / "inductor").mkdir()
        (tmp_path / "inductor").chmod(0o777)
        with pytest.raises(BackendError, match="can be written by others; chmod 700 it"):
            private_cache(tmp_path)

    def test_a_file_in_its_place(self, tmp_path):
        (tmp_path / "inductor").write_text("")
        with pytest.raises(BackendError, match=r"cannot write .*inductor"):
            private_cache(tmp_path)


def filler(tmp_path, program, key="key"):
    request = CompileRequest(model="m.safetensors", device="cpu", precision="fp32", cache_dir=str(tmp_path))
    return CacheFiller(request, key, command=[sys.executable, "-S", "-c", program])


NOTES = (
    "import os, sys; f = open(os.environ['TORCHINDUCTOR_CACHE_DIR'] + '/ran', 'a'); f.write(sys.stdin.read() + '\\n')"
)


class TestFiller:
    def test_once_for_each_network(self, tmp_path):
        for attribution in (False, True, False, True):
            filler(tmp_path, NOTES).fill(attribution)
        filler(tmp_path, NOTES, "another model").fill(False)
        ran = [json.loads(line) for line in (tmp_path / "inductor" / "ran").read_text().splitlines()]
        assert [request["attribution"] for request in ran] == [False, True, False]
        assert ran[0]["model"] == "m.safetensors"

    def test_why_it_failed(self, tmp_path):
        failing = filler(tmp_path, "import sys; print('noise'); print('no C++ compiler', end=''); sys.exit(1)")
        with pytest.raises(BackendError, match=r"^no C\+\+ compiler$"):
            failing.fill(False)
        assert list((tmp_path / "inductor").iterdir()) == []  # the next start tries again

    def test_a_process_that_dies(self, tmp_path):
        with pytest.raises(BackendError, match="its process ended with -9"):
            filler(tmp_path, "import os; os.kill(os.getpid(), 9)").fill(False)

    def test_stopped(self, tmp_path):
        endless = filler(tmp_path, "print('on', flush=True); import time; time.sleep(600)")
        thread = threading.Thread(target=endless.fill, args=(False,))
        thread.start()
        endless.stop()
        thread.join(60)
        assert not thread.is_alive()
        assert list((tmp_path / "inductor").iterdir()) == []


class TestProcess:
    REQUEST = CompileRequest(model="m.safetensors", device="cpu", precision="fp32", attribution=True)

    @pytest.fixture
    def ask(self, monkeypatch, tmp_path):
        request = {**asdict(self.REQUEST), "cache_dir": str(tmp_path)}
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
        monkeypatch.setattr(os, "nice", lambda by: by)

    def test_the_network_that_is_asked_for(self, ask, capsys):
        seen = {}

        class Engine:
            def compile_now(self, attribution):
                seen["attribution"] = attribution
                return ""

        def open_engine(model, **options):
            seen.update(options, model=model)
            return Engine()

        assert main(open_engine) == 0
        assert (seen["model"], seen["device"], seen["attribution"]) == ("m.safetensors", "cpu", True)
        assert seen["compile"] is False  # it is asked for, not left to the background
        assert capsys.readouterr().out == ""

    def test_why_not(self, ask, capsys):
        class Engine:
            def compile_now(self, attribution):
                return "no Triton"

        assert main(lambda model, **options: Engine()) == 1
        assert capsys.readouterr().out == "no Triton"

    def test_a_model_that_cannot_be_opened(self, ask, capsys):
        def open_engine(model, **options):
            raise BackendError("there is no GPU")

        assert main(open_engine) == 1
        assert capsys.readouterr().out == "there is no GPU"
