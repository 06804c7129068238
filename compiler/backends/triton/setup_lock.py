"""
Runs commands while it holds a file lock: argv[1] is the lock file; each line of stdin is a JSON list, a command to run.

The kernel frees such a lock when the last process that has it open ends, however it ends, so there are no stale locks.
The commands inherit it: an installation that outlives its parents still keeps others out until it is done. The end of stdin
is the end of our parent; then the process group ends, a running command included.
"""

import fcntl
import json
import os
import queue
import signal
import subprocess
import sys
import threading


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main():
    commands = queue.Queue()
    threading.Thread(target=read, args=(commands,), daemon=True).start()
    lock = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR, 0o644)
    os.set_inheritable(lock, True)
    acquire(lock)
    say(event="locked")
    while True:
        try:
            child = subprocess.Popen(commands.get(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, errors="replace", close_fds=False)
        except OSError as error:
            say(event="line", text=str(error))
            say(event="exit", code=127)
            continue
        for line in child.stdout:
            say(event="line", text=line.rstrip())
        say(event="exit", code=child.wait())


def read(commands):
    for line in sys.stdin:
        commands.put(json.loads(line))
    os.killpg(0, signal.SIGKILL)


def acquire(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(event="waiting")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        # A file system without locks (old NFS): better unguarded than not at all.
        pass


if __name__ == "__main__":
    main()
