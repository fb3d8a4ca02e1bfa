"""The client library as others get it: installed, built against, and run."""

import pathlib
import subprocess
import tempfile

from case import SharedClusterTest
from cluster import PROGRAM

EXAMPLE = pathlib.Path(__file__).resolve().parents[1] / "example"
BUILD = pathlib.Path(PROGRAM).parent


class Install(SharedClusterTest):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cairn-install-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.prefix = self.directory / "prefix"
        self.run_here("cmake", "--install", BUILD, "--prefix", self.prefix)

    def run_here(self, *words):
        done = subprocess.run(
            [str(word) for word in words], cwd=self.directory, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def serves(self, program):
        said = self.run_here(program, self.cluster.config)
        self.assertIn("hello, 100 of 100", said)
        self.assertIn("leader", said)
        self.assertEqual(self.cluster.get("k99"), b"v")

    def test_a_program_finds_it_as_a_package_of_cmake(self):
        self.run_here(
            "cmake", "-S", EXAMPLE, "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}"
        )
        self.run_here("cmake", "--build", "build")
        self.serves("build/example")

    def test_a_program_finds_it_by_pkg_config(self):
        (pc,) = self.prefix.rglob("cairn.pc")
        flags = self.run_here("env", f"PKG_CONFIG_PATH={pc.parent}", "pkg-config", "--cflags",
                              "--libs", "cairn").split()
        self.run_here("c++", "-std=c++20", "-o", "example", EXAMPLE / "main.cc", *flags)
        self.serves("./example")

    def test_the_program_is_installed_too(self):
        self.assertIn("cairn", self.run_here(self.prefix / "bin" / "cairn", "--version"))
