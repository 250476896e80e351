"""Answers the lines of bench/peers.mjs, as protocol.mjs does for peers in JavaScript."""
import json
import sys
import time

# A round is REPEAT repetitions, and more until it has taken LEAST_S; it ends after MOST_S (see protocol.mjs).
REPEAT = 5
LEAST_S = 0.5
MOST_S = 5


def timed(run):
    """Milliseconds of one run."""
    begin, runs, passed = time.perf_counter(), 0, 0
    while runs == 0 or ((runs < REPEAT or passed < LEAST_S) and passed < MOST_S):
        run()
        runs += 1
        passed = time.perf_counter() - begin
    return passed / runs * 1000


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
