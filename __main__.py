"""``python3 FOLDER …``: IAMAP from a terminal with any Python 3.9 or newer, nothing installed.

``setup`` runs right here; everything else runs in the engine environment, with the same arguments.
"""

from __future__ import annotations

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
# This folder would make top-level names of ml, tests…; PYTHONPATH of a terminal that serves QGIS holds other libraries.
_STRANGE = [ROOT, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
_STRANGE = [os.path.abspath(folder) for folder in _STRANGE if folder]
if sys.argv[0] == ROOT or os.path.abspath(sys.argv[0]) in (ROOT, os.path.abspath(__file__)):
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) not in _STRANGE]

HELP = """IAMAP: features of georeferenced rasters from pre-trained encoders.

  {me} setup                  make the engine environment (once; see setup --help)
  {me} encode IN OUT …        a raster through an encoder
  {me} run REQUEST.json       repeat a request
  {me} encoders               what can be chosen
  {me} doctor                 versions, devices, memory, a timed forward pass
  {me} COMMAND --help         the options of a command
  {me} --verbose COMMAND …    tell also what helps to find the cause of a failure

{status}"""


def load() -> None:
    """Make ``import iamap`` mean this folder, whatever it is called."""
    if "iamap" in sys.modules:
        return
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "iamap", os.path.join(ROOT, "__init__.py"), submodule_search_locations=[ROOT]
    )
    sys.modules["iamap"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit code."""
    if sys.version_info < (3, 9):  # noqa: UP036 (any Python of the computer may be the one that starts this file)
        print("iamap: this Python is too old, use 3.9 or newer: " + sys.version.split()[0], file=sys.stderr)
        return 2
    load()
    from iamap.contract.errors import NoEngine
    from iamap.environment import command, engine

    if arguments[:1] == ["setup"]:
        return command.main(arguments[1:])
    if arguments[:1] == ["--version"]:
        print("iamap " + sys.modules["iamap"].__version__)
        return 0
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        python = "python" if sys.platform == "win32" else "python3"
        print(HELP.format(me=f'{python} "{ROOT}"', status=engine.status()[1]))
        return 0
    try:
        python = engine.find_python()
    except NoEngine as missing:
        print("iamap: " + engine.sentence(missing), file=sys.stderr)
        return 2
    return hand_over([str(python), "-I", "-X", "utf8", "-u", os.path.join(ROOT, "worker", "boot.py"), *arguments])


def hand_over(command: list[str]) -> int:
    """Become *command*, in this folder, with these streams; return its exit code where that can't be."""
    from iamap.environment import child

    try:
        if sys.platform != "win32":
            # signals and the exit code need no forwarding where the process is the same
            # the engine's own Python by its absolute path
            os.execve(command[0], command, child.environ())  # noqa: S606  # nosec B606
        import signal
        import subprocess  # nosec B404  # one call, below

        # Ctrl+C reaches both; the engine answers it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return subprocess.run(command, env=child.environ(), check=False).returncode  # nosec B603
    except OSError as error:
        print(f"iamap: {command[0]} can't be started: {error}. Repair it with: setup --repair", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
