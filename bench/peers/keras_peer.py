"""Keras 3 on TensorFlow as a peer, on the CPU: python3 keras_peer.py [xla]; see peers.mjs for the protocol."""
import os
import sys

os.environ |= {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
import keras
import numpy as np
import tensorflow as tf
from keras import layers

from protocol import answer

xla = "xla" in sys.argv


def network(blocks, convolutions, dense):
    model = keras.Sequential([keras.Input((48, 48, 1))])
    for filters in blocks:
        for _ in range(convolutions):
            for layer in [layers.Conv2D(filters, 3, padding="same"), layers.ELU(), layers.BatchNormalization()]:
                model.add(layer)
        model.add(layers.MaxPooling2D())
        model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())
    for units in dense:
        for layer in [layers.Dense(units), layers.ELU(), layers.BatchNormalization(), layers.Dropout(0.5)]:
            model.add(layer)
    model.add(layers.Dense(7, activation="softmax"))
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", jit_compile=xla)
    return model


models = {
    "fer-cnn": network((32, 64, 128, 256), 1, (64, 64)),
    "fer-vgg": network((16, 64, 128, 256), 2, (128,)),
}


def images(batch):
    return tf.constant(np.random.standard_normal((batch, 48, 48, 1)), tf.float32)


def train(batch, name):
    x, y = images(batch), tf.constant(np.random.randint(0, 7, batch))
    return lambda: models[name].train_on_batch(x, y)


def infer(batch, name):
    x = images(batch)
    predict = tf.function(lambda x: models[name](x, training=False), jit_compile=xla)
    return lambda: predict(x).numpy()


answer(f"Keras {keras.__version__}, TensorFlow {tf.__version__}", {"train": train, "infer": infer})
