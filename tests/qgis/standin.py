"""A worker that misbehaves on demand: started in place of worker/boot.py, for faults that the real one can't produce.

``serve REQUEST.json``, where the parameter ``fault`` says what is to happen. It keeps to the protocol otherwise: lifeline on
stdin, events on stdout, a copy of the input as the result.
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


def say(event, **about):
    # a parent that is gone is the lifeline's business, which ends the whole group
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps({"v": 1, "event": event, **about}).encode("ascii") + b"\n")


def lifeline():
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


def main(path):
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    params = request["params"]
    fault = params.get("fault", "")
    part = params["output"] + ".part.tif"
    if fault != "no lifeline":
        threading.Thread(target=lifeline, daemon=True).start()
    say("hello", job=request["job"], python=sys.version.split()[0], torch="", engine="0")
    say("log", level="info", text="environment " + json.dumps(dict(os.environ)))
    say("log", level="info", text="request " + json.dumps(request))
    with open(part, "wb") as file:
        file.write(b"half")
    if fault in ("stubborn", "stubborn family"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if fault.endswith("family"):
        child = subprocess.Popen(["/bin/sleep", "1234"])
        say("log", level="info", text=f"family {child.pid}")
    for done in range(5):
        say("progress", done=done, total=5, unit="tiles", stage="", seconds_left=5.0 - done)
    if fault in ("endless", "stubborn", "stubborn family", "endless family"):
        time.sleep(600)
    elif fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault == "abort":
        os.write(2, b"libfoo: assertion failed in foo.c\n")
        os.abort()
    elif fault == "silent":
        return 0
    elif fault == "exit 7":
        os.write(2, b"the last straw\n")
        return 7
    elif fault == "refused":
        say("error", kind="BadRaster", text="the encoder takes 3 bands, 16 given", hint="choose bands", trace="")
        return 2
    elif fault == "ours":
        say(
            "error",
            kind="KeyError",
            text="IAMAP failed: KeyError('x')",
            hint="please report this",
            trace="Traceback: line 1",
        )
        return 3
    elif fault == "liar":
        say("result", outputs={"output": params["output"]}, facts={})
        return 0
    elif fault == "disagrees":
        say("result", outputs={"output": params["output"]}, facts={})
        return 1
    elif fault == "noise":
        os.write(1, b"Loading checkpoint shards: 100%\n\xff\xfe not text\n{not json\n[1, 2]\n")
        os.write(2, b'{"event": "result", "outputs": {"output": "/never"}}\n')
        os.write(1, b"chatter\n" * 2000)
    elif fault == "leaves a child":
        subprocess.Popen(["/bin/sleep", "1234"])
    shutil.copy(params["input"], part)
    os.replace(part, params["output"])
    outputs = {"output": params["output"]}
    if params.get("picture"):
        shutil.copy(params["input"], params["picture"])
        outputs["picture"] = params["picture"]
    os.write(
        1, json.dumps({"v": 1, "event": "result", "outputs": outputs, "facts": {"tiles": 5, "seconds": 0.25}}).encode()
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2]))
