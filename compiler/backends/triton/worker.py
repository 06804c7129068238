"""
Compiles one kernel after another with Triton: a line of JSON in, a line of JSON out.

argv[1] is a private folder: for temporary files and for `printed`, where everything lands that Triton, MLIR, LLVM and ptxas
print, so that it can still be read when an assertion of LLVM has ended this process. The process ends with its parent:
when stdin closes, it kills its own process group, a running ptxas included.
"""

import base64
import gc
import json
import os
import queue
import resource
import shutil
import signal
import sys
import threading

FOLDER = sys.argv[1]
PRINTED = os.path.join(FOLDER, "printed")


def main():
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    requests = os.fdopen(os.dup(0), "r")
    capture = os.open(PRINTED, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(capture, 1)
    os.dup2(capture, 2)
    if len(sys.argv) > 2:
        limit = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prefer_as_victim()
    # Each of the 200 levels that a kernel may have (docs/limits.md) is some nine calls of Triton's visitor; Python takes 1000 unless told otherwise.
    sys.setrecursionlimit(10_000)

    jobs = queue.Queue()
    threading.Thread(target=read_jobs, args=(requests, jobs), daemon=True).start()

    # Behind the interpreter's own modules: the names of our files must not hide anything.
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    import pipeline
    reply(replies, {"ready": pipeline.versions()})
    while True:
        job = jobs.get()
        os.ftruncate(capture, 0)
        reply(replies, {"id": job["id"], **compile_job(job)})
        gc.collect()
        clear_folder()


def prefer_as_victim():
    """When memory runs out, the kernel shall take this process and not the Node that waits for it."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass


def read_jobs(requests, jobs):
    for line in requests:
        jobs.put(json.loads(line))
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def reply(replies, message):
    message["residentKib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    replies.write(json.dumps(message) + "\n")


def compile_job(job):
    from failures import failure, python_failure, stage_failure
    from kernel_source import load_source
    from pipeline import StageError, compile_kernel

    try:
        source = load_source(job["source"], job["file"])
    except BaseException as error:
        return {"error": python_failure(error, job["file"])}
    problem = mismatch(source, job)
    if problem:
        return {"error": failure("python", problem, None, None, "")}
    try:
        texts, facts = compile_kernel(source, job, job["lineInfo"])
    except StageError as error:
        found = stage_failure(error, source, printed())
        if found["line"] is None and not job["lineInfo"]:
            found = with_place(source, job, found)
        return {"error": found}
    if "cubin" in texts:
        texts["cubin"] = base64.b64encode(texts["cubin"]).decode()
    return {"output": {**texts, **facts}, "printed": printed()}


def mismatch(source, job):
    """What is wrong between the job and the function it names, or None."""
    function = source.function(job["kernel"])
    if function is None:
        return f"the module has no @triton.jit function {job['kernel']}"
    missing = [name for name in function.arg_names if name not in job["signature"]]
    unknown = [name for name in job["signature"] if name not in function.arg_names]
    if missing or unknown:
        return f"{job['kernel']}({', '.join(function.arg_names)}): " + "; ".join(
            (["no type for " + ", ".join(missing)] if missing else []) +
            (["no parameter " + ", ".join(unknown)] if unknown else []))
    return None


def with_place(source, job, found):
    """Locations are left out of the IR for reproducible cubins; a failure is worth a second run that has them."""
    from failures import stage_failure
    from pipeline import StageError, compile_kernel

    os.truncate(PRINTED, 0)
    try:
        compile_kernel(source, job, True)
    except StageError as error:
        again = stage_failure(error, source, printed())
        return again if again["line"] is not None else found
    return found


def printed():
    sys.stdout.flush()
    sys.stderr.flush()
    with open(PRINTED, errors="replace") as file:
        return file.read(1_000_000)


def clear_folder():
    """ptxas's inputs and outputs stay behind when it fails."""
    for entry in os.scandir(FOLDER):
        if entry.path != PRINTED and entry.is_file():
            os.remove(entry.path)


if __name__ == "__main__":
    main()
