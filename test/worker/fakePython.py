"""An interpreter that behaves in some wrong way, as the Python backend sees it: it speaks the bridge's protocol and fails.

usage: fakePython.py MODE ...
"""

import json
import os
import signal
import struct
import sys
import time

mode = sys.argv[1]


def send(header, arrays=()):
    header["arrays"] = [len(each) for each in arrays]
    text = json.dumps(header).encode()
    os.write(1, struct.pack("<4sI", b"LFB1", len(text)) + text + b"".join(arrays))


def receive():
    prefix = sys.stdin.buffer.read(8)
    if not prefix:
        sys.exit()
    header = json.loads(sys.stdin.buffer.read(struct.unpack("<4sI", prefix)[1]))
    return header, [sys.stdin.buffer.read(each) for each in header["arrays"]]


opened = {
    "framework": "torch",
    "version": "PyTorch 2.2.1",
    "python": "3.11.0",
    "executable": "/opt/fake/bin/python",
    "hardware": "gpu",
    "device": "NVIDIA H100",
    "formats": ["float64", "float32"],
    "flushing": ["float32"],
    "autodiff": True,
    "kerasBackend": None,
    "special": True,
    "packages": {"torch": "2.2.1+cu121"},
    "troubles": [],
}

send({"type": "hello", "version": [3, 7, 9] if mode == "old" else [3, 11, 0], "executable": "/opt/fake/bin/python"})
while True:
    header, arrays = receive()
    answer = {"type": "answer", "id": header["id"]}
    if header["type"] == "open":
        send(dict(answer, opened=opened))
        continue
    size = header["count"] * (8 if header["format"] == "float64" else 4)
    zeros = [bytes(size)] * header["outputs"]
    # While it is being opened, special values are asked for; what counts are requests of one input.
    if len(arrays) == 2:
        send(answer, zeros)
    elif mode == "garbage":
        os.write(1, b"Downloading weights: 100%\n")
    elif mode == "short":
        send(answer, [each[:-4] for each in zeros])
    elif mode == "few":
        send(answer, zeros[1:])
    elif mode == "exit":
        print("CUDA error: device-side assert triggered", file=sys.stderr)
        os._exit(7)
    elif mode == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif mode == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif mode == "deaf":
        time.sleep(600)
    else:
        send(answer, zeros)
