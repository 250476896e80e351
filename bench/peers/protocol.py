"""Answers the lines of bench/peers.mjs, as protocol.mjs does for peers in JavaScript."""
import json
import sys
import time

REPEAT = 5
# A round is as many repetitions as fit in this time, at most REPEAT.
MOST_S = 5


def timed(run):
    """Milliseconds of one run."""
    begin, runs = time.perf_counter(), 0
    while runs < REPEAT and (runs == 0 or time.perf_counter() - begin < MOST_S):
        run()
        runs += 1
    return (time.perf_counter() - begin) / runs * 1000


def answer(version, jobs):
    """`train 28 fer-cnn` times jobs["train"](28, "fer-cnn")(), after one run to warm up; each answer tells the
    version."""
    prepared = {}
    for line in sys.stdin:
        what, batch, name = line.split()
        try:
            if line not in prepared:
                prepared[line] = jobs[what](int(batch), name)
                prepared[line]()
            print(json.dumps({"ms": timed(prepared[line]), "version": version}), flush=True)
        except Exception as error:  # the reason is the answer
            print(json.dumps({"note": (str(error) or repr(error)).split("\n")[0][:80]}), flush=True)
