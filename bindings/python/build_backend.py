#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the package: scikit-build-core, to which this adds a source distribution that holds the library and the generated
wrapper, so that it builds without SWIG and without anything beside it.

By hand:
    build_backend.py --generate FOLDER SWIG INTERFACE   write native_wrap.c, native.py and their stamp into FOLDER
    build_backend.py --stamp FILE…                      what stamp files of this content have
"""
import hashlib
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SWIG = "swig==4.5.0"
INTERFACE = ["native.i", "support.h", "storage.h"]  # of Python
SHARED = ["stepdown.i", "host.h"]                   # of every language
LIBRARY = ["CMakeLists.txt", "LICENSE", "include", "src"]


def stamp(files):
    """A digest of the content of these files, in this order."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return digest.hexdigest()


def generate(folder, swig, shared):
    """Run SWIG; `shared` is where stepdown.i stands."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([swig, "-python", "-Wextra", "-Werror", f"-I{shared}", "-outdir", folder, "-o", folder / "native_wrap.c",
                    HERE / "native.i"], check=True)
    files = [HERE / name for name in INTERFACE] + [shared / name for name in SHARED]
    (folder / "stamp").write_text(stamp(files) + "\n", encoding="utf-8")


# ---- the hooks of PEP 517 --------------------------------------------------------------------------------------------

def is_source_distribution():
    return (HERE / "library").exists()


def get_requires_for_build_wheel(config_settings=None):
    from scikit_build_core.build import get_requires_for_build_wheel as requires
    return requires(config_settings) + ([] if is_source_distribution() else [SWIG])


def get_requires_for_build_sdist(config_settings=None):
    from scikit_build_core.build import get_requires_for_build_sdist as requires
    return requires(config_settings) + ([] if is_source_distribution() else [SWIG])


@contextmanager
def license_beside():
    """The license goes into every distribution; in the repository it stands at the top."""
    copy = not (HERE / "LICENSE").exists()
    if copy:
        shutil.copy2(ROOT / "LICENSE", HERE)
    try:
        yield
    finally:
        if copy:
            (HERE / "LICENSE").unlink(missing_ok=True)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    from scikit_build_core.build import build_wheel as build
    with license_beside():
        return build(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    from scikit_build_core.build import build_sdist as build
    if is_source_distribution():
        return build(sdist_directory, config_settings)
    added = [HERE / "library", HERE / "shared", HERE / "generated"]
    try:
        generate(added[2], shutil.which("swig") or "swig", ROOT / "bindings")
        added[1].mkdir()
        for name in SHARED:
            shutil.copy2(ROOT / "bindings" / name, added[1])
        added[0].mkdir()
        for name in LIBRARY:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, added[0] / name, ignore=shutil.ignore_patterns("cli", "*.orig"))
            else:
                shutil.copy2(source, added[0])
        with license_beside():
            return build(sdist_directory, config_settings)
    finally:
        for folder in added:
            shutil.rmtree(folder, ignore_errors=True)


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "--stamp":
        print(stamp(arguments[1:]))
    elif len(arguments) == 4 and arguments[0] == "--generate":
        generate(Path(arguments[1]), arguments[2], Path(arguments[3]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
