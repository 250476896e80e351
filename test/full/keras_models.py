"""Models that the real Keras builds and saves, for the reader of its files: every class of layer, in every form of file.

Reads {"folder", "models": [names], "forms": [".keras", ".h5", ".weights.h5"]} as JSON on stdin. Saves each model as NAME and
form, weights alone with NAME.json, .onnx by tf2onnx, and writes {NAME: {"shape", "input", "output"}} as the last line on stdout. Weights are random, the moving
averages of batch normalisation too.
"""

import json
import os
import subprocess
import sys

import keras
import numpy
from keras import layers as L

BATCH = 3
MODELS = {}


def model(build):
    MODELS[build.__name__] = build
    return build


@model
def sequential():
    return keras.Sequential(
        [
            keras.Input((17, 14, 1)),
            L.Conv2D(6, (3, 2), padding="same", activation="relu"),
            L.BatchNormalization(scale=False),
            L.ELU(alpha=0.7),
            L.SpatialDropout2D(0.2),
            L.MaxPooling2D(2),
            L.ZeroPadding2D(((1, 0), (2, 1))),
            L.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same"),
            L.BatchNormalization(center=False),
            L.LeakyReLU(negative_slope=0.1),
            L.SeparableConv2D(5, 3, use_bias=False, activation="elu"),
            L.Flatten(),
            L.Dense(9, use_bias=False),
            L.BatchNormalization(),
            L.Activation("tanh"),
            L.Dropout(0.5),
            L.Dense(4, activation="softmax"),
        ]
    )


@model
def functional():
    images = keras.Input((20, 18, 3))
    x = L.Conv2D(8, 3, strides=(2, 1), use_bias=False)(images)
    x = L.ReLU(max_value=6)(x)
    left = L.SeparableConv2D(8, 3, padding="same", depth_multiplier=2)(x)
    left = L.MaxPooling2D(3, strides=2, padding="same")(L.SpatialDropout2D(0.1)(left))
    right = L.BatchNormalization(axis=2)(L.AveragePooling2D(2, padding="same")(x))
    x = L.Add()([left, right])
    x = L.Concatenate()([x, L.Activation("sigmoid")(x), L.Conv2D(3, 1, activation="leaky_relu")(x)])
    x = L.GlobalAveragePooling2D()(x)
    x = L.Dense(6, activation="relu6")(L.Dropout(0.3)(x))
    return keras.Model(images, L.Softmax()(L.Dense(5)(x)))


@model
def nested():
    """A base with a frozen layer and a head of its own, in a list of layers; the end is plain numbers."""
    images = keras.Input((16, 12, 1))
    x = L.Conv2D(5, 3, trainable=False)(images)
    head = keras.Sequential([keras.Input((14, 10, 5)), L.BatchNormalization(), L.Conv2D(5, 3, padding="same"), L.ReLU()])
    base = keras.Model(images, L.Add()([head(x), x]), name="base")
    return keras.Sequential([keras.Input((16, 12, 1)), base, L.GlobalAveragePooling2D(), L.Dense(4)])


@model
def transferred():
    """A base in a functional model, as transfer learning writes it."""
    base = keras.Sequential(
        [keras.Input((18, 18, 3)), L.Conv2D(6, 3, strides=2), L.BatchNormalization(), L.LeakyReLU()], name="backbone"
    )
    base.trainable = False
    images = keras.Input((18, 18, 3))
    x = base(images, training=False)
    x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(x))
    return keras.Model(images, L.Dense(4, activation="softmax")(x))


def randomise(built, seed):
    rng = numpy.random.default_rng(seed)
    for weight in built.weights:
        positive = "variance" in weight.path
        scale = 1 / numpy.sqrt(max(1, numpy.prod(weight.shape[:-1]))) if len(weight.shape) > 1 else 0.2
        value = rng.normal(size=weight.shape) * scale
        if "gamma" in weight.path:
            value = 1 + value
        weight.assign(numpy.abs(value) + 0.5 if positive else value)


@model
def prepared():
    """Augmentation and preprocessing as layers, for pixels from 0 to 255."""
    images = keras.Input((16, 15, 1))
    x = keras.Sequential([keras.Input((16, 15, 1)), L.RandomFlip(), L.RandomRotation(0.1), L.RandomZoom(0.1)])(images)
    x = L.Resizing(16, 15)(x)
    x = L.GaussianNoise(0.1)(L.Rescaling(1 / 127.5, offset=-1)(L.RandomContrast(0.2)(x)))
    x = L.ActivityRegularization(0.01)(L.Conv2D(6, 3, activation="relu")(x))
    x = L.GaussianDropout(0.2)(L.Flatten()(x))
    return keras.Model(images, L.Dense(4, activation="softmax")(x))


@model
def cropped():
    """The middle of images that are resized first, rescaled after, and cut again between layers."""
    images = keras.Input((16, 15, 1))
    x = L.Rescaling(1 / 255)(L.CenterCrop(13, 10)(L.Resizing(16, 15)(images)))
    x = L.Cropping2D(((1, 0), (0, 2)))(L.Conv2D(6, 3, activation="relu")(x))
    x = L.Flatten()(L.CenterCrop(7, 3)(x))
    return keras.Model(images, L.Dense(4, activation="softmax")(x))


@model
def attention():
    """Squeeze and excitation, spatial attention, learnt slopes, and the activations of newer networks."""
    images = keras.Input((15, 13, 3))
    x = L.Conv2D(8, 3, dilation_rate=(2, 1), activation="swish")(images)
    x = L.Conv2D(8, 3, groups=4, padding="same", activation="gelu")(x)
    x = L.LayerNormalization()(L.PReLU(shared_axes=[1, 2])(x))
    x = L.DepthwiseConv2D(3, dilation_rate=2, padding="same")(x)
    x = L.SeparableConv2D(8, (3, 2), dilation_rate=(1, 2), padding="same")(x)
    s = L.Reshape((1, 1, 8))(L.GlobalAveragePooling2D()(x))
    s = L.Conv2D(8, 1, activation="sigmoid")(L.Conv2D(2, 1, activation="silu")(s))
    x = L.Multiply()([x, s])
    x = L.Multiply()([x, L.Conv2D(1, 7, padding="same", activation="hard_sigmoid")(x)])
    x = L.MaxPooling2D((2, 3), strides=(1, 2))(x)
    peak = L.Flatten()(L.GlobalMaxPooling2D(keepdims=True)(x))
    x = L.Flatten()(L.Permute((3, 1, 2))(L.PReLU()(x)))
    x = L.Concatenate()([L.Dense(6, activation="selu")(x), peak])
    return keras.Model(images, L.Dense(4, activation="sigmoid")(x))


@model
def channels_first():
    return keras.Sequential(
        [
            keras.Input((3, 14, 12)),
            L.Conv2D(6, 3, data_format="channels_first", activation="relu"),
            L.BatchNormalization(axis=1),
            L.MaxPooling2D(2, data_format="channels_first"),
            L.SpatialDropout2D(0.2, data_format="channels_first"),
            L.Conv2D(4, 3, data_format="channels_first"),
            L.Flatten(data_format="channels_last"),
            L.Dense(4, activation="softmax"),
        ]
    )


def application(build, size):
    MODELS[build.__name__.lower()] = lambda: build(weights=None, classes=4, input_shape=(size, size, 3))


application(keras.applications.EfficientNetB0, 64)
application(keras.applications.MobileNetV2, 48)
application(keras.applications.ResNet50, 48)
application(keras.applications.VGG16, 48)  # its weights need more than 128 MiB
application(keras.applications.Xception, 71)


def probabilities(built, images):
    """What the model says; plain numbers go through a softmax, sigmoids are divided by their sum."""
    output = numpy.asarray(built.predict_on_batch(images))
    if getattr(built.layers[-1], "activation", None) is keras.activations.sigmoid:
        return output / output.sum(axis=1, keepdims=True)
    if numpy.allclose(output.sum(axis=1), 1, atol=1e-4):
        return output
    powers = numpy.exp(output - output.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def save(built, path, form):
    if form == ".onnx":
        built.export(path + ".saved", format="tf_saved_model", verbose=False)
        convert = ["-m", "tf2onnx.convert", "--opset", "17", "--saved-model", path + ".saved"]
        subprocess.run([sys.executable, *convert, "--output", path + form], check=True, capture_output=True)
        return
    if form != ".weights.h5":
        built.save(path + form)
        return
    built.save_weights(path + form)
    with open(path + ".json", "w") as file:
        file.write(built.to_json())


def main():
    task = json.load(sys.stdin)
    answers = {}
    for number, name in enumerate(task["models"]):
        keras.utils.clear_session()
        built = MODELS[name]()
        randomise(built, number)
        path = os.path.join(task["folder"], name)
        for form in task["forms"]:
            save(built, path, form)
        shape = built.input_shape[1:]
        images = numpy.random.default_rng(100 + number).random((BATCH, *shape), "float32")
        answers[name] = {
            "shape": shape,
            "input": images.ravel().tolist(),
            "output": probabilities(built, images).ravel().tolist(),
        }
        print(name, file=sys.stderr)
    print(json.dumps(answers))


main()
