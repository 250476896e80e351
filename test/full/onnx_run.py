"""Checks ONNX files with the checker of onnx, and computes them in ONNX Runtime.

Reads a JSON task from stdin: {"runs": [{"file", "dims", "type", "values"}]}; writes a list of what each gives.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

answers = []
for run in json.load(sys.stdin)["runs"]:
    onnx.checker.check_model(run["file"], full_check=True)
    session = onnxruntime.InferenceSession(run["file"], providers=["CPUExecutionProvider"])
    images = numpy.array(run["values"], dtype=run["type"]).reshape(run["dims"])
    (output,) = session.run(None, {session.get_inputs()[0].name: images})
    answers.append(numpy.asarray(output, dtype="float64").ravel().tolist())
print(json.dumps(answers))
