"""A worker that misbehaves on demand: started in place of worker/boot.py, for faults that the real one can't produce.

``serve REQUEST.json``, where the parameter ``fault`` says what is to happen. It keeps to the protocol otherwise: lifeline on
stdin, events on stdout, copies of what came in as results.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

#: fields of the pretended jobs that are written, the main one first
OUTPUTS = ("output", "hits", "picture", "counts", "report", "model", "sheet")


def part_of(path):
    """Where a file grows, as contract/partial.py has it."""
    return path + ".part" + os.path.splitext(path)[1]


def say(event, **about):
    # a parent that is gone is the lifeline's business, which ends the whole group
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps({"v": 1, "event": event, **about}).encode("ascii") + b"\n")


def lifeline():
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


def start_work(fault, parts):
    """Do what every run does first, half a result included."""
    for part in parts:
        with open(part, "wb") as file:
            file.write(b"half")
    if fault.startswith("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if fault.endswith("family"):
        child = subprocess.Popen(["/bin/sleep", "1234"])
        say("log", level="info", text=f"family {child.pid}")
    for done in range(5):
        say("progress", done=done, total=5, unit="tiles", stage="", seconds_left=5.0 - done)


def fail(fault, output):
    """Commit the fault; return the exit code, or None where the run goes on."""
    if fault in ("endless", "stubborn", "stubborn family", "endless family"):
        time.sleep(600)
    if fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "abort":
        os.write(2, b"libfoo: assertion failed in foo.c\n")
        os.abort()
    if fault == "exit 7":
        os.write(2, b"the last straw\n")
    if fault == "refused":
        say("error", kind="BadRaster", text="the encoder takes 3 bands, 16 given", hint="choose bands", trace="")
    if fault == "ours":
        text, trace = "IAMAP failed: KeyError('x')", "Traceback: line 1"
        say("error", kind="KeyError", text=text, hint="please report this", trace=trace)
    if fault in ("liar", "disagrees"):
        say("result", outputs={"output": output}, facts={})
    if fault == "noise":
        os.write(1, b"Loading checkpoint shards: 100%\n\xff\xfe not text\n{not json\n[1, 2]\n")
        os.write(2, b'{"event": "result", "outputs": {"output": "/never"}}\n')
        os.write(1, b"chatter\n" * 2000)
    if fault == "leaves a child":
        subprocess.Popen(["/bin/sleep", "1234"])
    return {"silent": 0, "exit 7": 7, "refused": 2, "ours": 3, "liar": 0, "disagrees": 1}.get(fault)


def write(name, params):
    """Write one output whole, under its part name first; return its path. Layers are copies of what came in."""
    part = part_of(params[name])
    source = {"output": "input", "picture": "input", "hits": "examples", "counts": "examples"}.get(name)
    if source:
        shutil.copy(params[source].partition("|")[0], part)
    else:
        with open(part, "w", encoding="utf-8") as file:
            file.write("<p>done</p>")
    os.replace(part, params[name])
    return params[name]


def main(path):
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    params = request["params"]
    asked = [name for name in OUTPUTS if params.get(name)]
    main_output, fault = asked[0], params.get("fault", "")
    threading.Thread(target=lifeline, daemon=True).start()
    say("hello", job=request["job"], python=sys.version.split()[0], torch="", engine="0")
    say("log", level="info", text="environment " + json.dumps(dict(os.environ)))
    say("log", level="info", text="request " + json.dumps(request))
    if params.get("noted"):
        with open(params[main_output] + ".part.json", "w", encoding="utf-8") as file:
            json.dump({"key": "", "rows": 1}, file)
    start_work(fault, [part_of(params[name]) for name in asked])
    code = fail(fault, params[main_output])
    if code is not None:
        return code
    outputs = {name: write(name, params) for name in asked}
    # the last line may come without its end
    os.write(
        1, json.dumps({"v": 1, "event": "result", "outputs": outputs, "facts": {"tiles": 5, "seconds": 0.25}}).encode()
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2]))
