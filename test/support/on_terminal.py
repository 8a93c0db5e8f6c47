"""Runs a program on a pseudo-terminal and types when it is waited for.

The plan is JSON: argv; exchanges, pairs of a text to wait for and a text to type, or null to take the terminal away;
pipe, whether stdout is a pipe.
Prints JSON: screen, what the terminal showed; piped, what came through the pipe. Exits as the program did.
"""

import json
import os
import pty
import select
import signal
import sys

plan = json.loads(sys.argv[1])
exchanges = list(plan["exchanges"])
reader, writer = os.pipe() if plan["pipe"] else (None, None)
pid, terminal = pty.fork()
if pid == 0:
    if writer is not None:
        os.dup2(writer, 1)
        os.close(reader)
        os.close(writer)
    os.execvp(plan["argv"][0], plan["argv"])
if writer is not None:
    os.close(writer)

screen, piped, seen = b"", b"", 0
sources = [terminal] + ([reader] if reader is not None else [])
while sources:
    ready, _, _ = select.select(sources, [], [], 20)
    if not ready:
        os.kill(pid, 9)
        sys.exit(f"nothing for 20 s; the screen: {screen!r}")
    for source in ready:
        try:
            chunk = os.read(source, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            sources.remove(source)
        elif source == terminal:
            screen += chunk
        else:
            piped += chunk
    if exchanges and exchanges[0][0].encode() in screen[seen:]:
        _, answer = exchanges.pop(0)
        seen = len(screen)
        if answer is not None:
            os.write(terminal, answer.encode())
            continue
        os.close(terminal)
        sources.remove(terminal)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, 9))
        signal.alarm(20)

_, status = os.waitpid(pid, 0)
print(json.dumps({"screen": screen.decode(), "piped": piped.decode()}))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
