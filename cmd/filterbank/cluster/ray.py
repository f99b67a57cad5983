# A driver for Ray: {{shards}} of a filterbank run, and then their merge.
#
# Save it as job.py. Start it on a node of the cluster, and watch it from another shell:
#   python job.py
#   {{status command}}
# It can be started again at any time: shards that are done end at once.
#
# The command filterbank must be in the PATH of the nodes.
# {{basis}}
import ctypes, subprocess, sys, time
import ray

SHARDS = {{number of shards}}
FOLDER = {{folder}}  # paths begin here, on every node
COMMAND = [{{run command}}]
MERGE = [{{merge command}}]


class TryAgain(Exception):
    """The shard was stopped, or its lock is held, or its disk or store failed."""


def end_with_worker():
    """The program gets SIGTERM when the worker that has started it dies (Linux)."""
    ctypes.CDLL(None).prctl(1, 15)  # PR_SET_PDEATHSIG


# A lost node and TryAgain start a shard again, at most {{retries}} times.
@ray.remote(num_cpus={{workers}}, memory={{MiB}} * 2**20, max_retries={{retries}}, retry_exceptions=[TryAgain])
def run(shard):
    command = [*COMMAND[:2], f"--shard={shard + 1}/{SHARDS}", *COMMAND[2:]]
    code = subprocess.run(command, cwd=FOLDER, preexec_fn=end_with_worker).returncode
    if code in (75, 130):
        time.sleep(10)
        raise TryAgain(f"shard {shard} ended with exit code {code}")
    return code


ray.init()
shards = {run.remote(shard): shard for shard in range(SHARDS)}
waiting, missing, worst = list(shards), [], 0
while waiting:
    [task], waiting = ray.wait(waiting)
    try:
        code = ray.get(task)
    except ray.exceptions.RayError as err:  # lost or tried too often; the other shards go on
        code = err
    print(f"{SHARDS - len(waiting)} of {SHARDS}: shard {shards[task]} ended with {code}", flush=True)
    if code == 2:  # flags, stack file or inputs are wrong
        sys.exit(2)
    if code in (0, 1):  # 1: images failed
        worst = max(worst, code)
    else:
        missing.append(shards[task])
if missing:
    sys.exit(f"start this program again: it does the shards {missing}, which are missing")
sys.exit(subprocess.run(MERGE, cwd=FOLDER).returncode or worst)
