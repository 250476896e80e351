"""Opens a model file in Keras, predicts, and saves it again: what the reader of somebody else makes of our files.

Reads {"model", "inputs": [{"shape", "data"}], "save": [paths]} as JSON on stdin, and writes {"keras", "probabilities"} as the last
line on stdout.
"""

import json
import sys

import keras
import numpy

task = json.load(sys.stdin)
model = keras.models.load_model(task["model"], compile=False)
inputs = [numpy.asarray(given["data"], "float32").reshape(given["shape"]) for given in task["inputs"]]
probabilities = model.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
for path in task["save"]:
    model.save(path)
print(json.dumps({"keras": keras.__version__, "probabilities": numpy.asarray(probabilities).ravel().tolist()}))
