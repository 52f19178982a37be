"""Runs one program against its tests in a child process with limits.

Reads the job as JSON from standard input, says "ready", and then how the program fared: "passed",
"failed", "timed out" or "not python".
"""

import sys

sys.path[:] = [folder for folder in sys.path if folder]  # a module of the current folder is not the library's

import json
import os
import resource
import select
import signal
import time
import types


def limit(kind, soft, hard):
    most = resource.getrlimit(kind)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))


def confine(job):
    """Gives this process a group of its own, no input, no output, no environment, and limits."""
    os.setsid()
    os.chdir(job["folder"])
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.environ.clear()
    os.environ.update(PATH="/usr/bin:/bin", LC_ALL="C.UTF-8", TMPDIR=job["folder"])
    limit(resource.RLIMIT_CPU, job["seconds"], job["seconds"] + 1)
    limit(resource.RLIMIT_AS, job["memory"], job["memory"])
    limit(resource.RLIMIT_FSIZE, job["file"], job["file"])
    limit(resource.RLIMIT_NPROC, job["processes"], job["processes"])
    limit(resource.RLIMIT_NOFILE, 64, 64)
    limit(resource.RLIMIT_CORE, 0, 0)


def run(job, report, secret):
    """The child. It reports S where the program does not compile, else C, and the secret at last."""
    # A program may replace functions of os; these are the ones from before.
    read, write, leave = os.read, os.write, os._exit
    try:
        confine(job)
        try:
            code = compile(job["program"], "<program>", "exec")
        except Exception:
            write(report, b"S")
            leave(0)
        write(report, b"C")
        # Not __main__, so that a program's demonstration of itself does not run; in sys.modules,
        # since dataclasses look their module up there.
        module = types.ModuleType("program")
        sys.modules["program"] = module
        exec(code, module.__dict__)
        exec(compile(job["test"], "<test>", "exec"), module.__dict__)
        module.check(getattr(module, job["entry_point"]))
        # The parent made the secret after the fork, and it waits in a pipe: a program that leaves
        # early or writes "passed" wherever it can does not have it. One written against this very
        # file could read the pipe, or replace check: it shares the process with its tests.
        write(report, read(secret, 64))
    finally:
        leave(0)


def watch(pid, report, secret, deadline):
    """What the child has reported when it has ended, or said all, or the deadline has passed."""
    said = b""
    while time.monotonic() < deadline:
        # A descendant may keep the pipe open after the child's end, so the child is asked about too.
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        if select.select([report], [], [], 0 if ended else 0.01)[0]:
            more = os.read(report, 256)
            said += more
            if said in (b"S", b"C" + secret):
                return said, False
            if more:
                continue
            time.sleep(0.01)  # closed by a child that still runs
        if ended:
            return said, False
    return said, True


def end(pid):
    """Kills the child and its group, and returns how many seconds of a CPU it has used."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except OSError:
            pass  # there is no such group yet, or no process any more
    used = os.wait4(pid, 0)[2]
    return used.ru_utime + used.ru_stime


def adopt():
    """Makes descendants whose parents end children of this process (Linux: PR_SET_CHILD_SUBREAPER)."""
    import ctypes

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def end_adopted():
    """Kills what has left the child's group."""
    while True:
        with open("/proc/self/task/%d/children" % os.getpid()) as children:
            for pid in children.read().split():
                os.kill(int(pid), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the one who started this
    job = json.load(sys.stdin)
    say = lambda line: os.write(1, line.encode() + b"\n")
    say("ready")
    if job["adopt"]:
        adopt()
    report, report_end = os.pipe()
    secret_end, secret_out = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(report)
        os.close(secret_out)
        run(job, report_end, secret_end)
    os.close(report_end)
    secret = os.urandom(32)
    os.write(secret_out, secret)  # into the pipe, even where the child has ended by now
    os.close(secret_end)
    said, late = watch(pid, report, secret, time.monotonic() + job["seconds"])
    cpu = end(pid)
    if job["adopt"]:
        end_adopted()
    if said == b"C" + secret:
        say("passed")
    elif said == b"S":
        say("not python")
    elif late or cpu >= job["seconds"]:
        say("timed out")
    else:
        say("failed")


main()
