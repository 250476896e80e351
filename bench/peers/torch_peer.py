"""PyTorch as a peer: python3 torch_peer.py [channels_last] [compiled]; see peers.mjs for the protocol."""
import functools
import os
import sys

import torch
from torch import nn

from protocol import answer

torch.set_num_threads(len(os.sched_getaffinity(0)))
layout = torch.channels_last if "channels_last" in sys.argv else torch.contiguous_format
built = functools.partial(torch.compile, dynamic=False) if "compiled" in sys.argv else lambda function: function


def network(blocks, convolutions, dense):
    layers, channels = [], 1
    for filters in blocks:
        for _ in range(convolutions):
            layers += [
                nn.Conv2d(channels, filters, 3, padding=1),
                nn.ELU(),
                nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01),
            ]
            channels = filters
        layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
    layers.append(nn.Flatten())
    features = 256 * 3 * 3
    for units in dense:
        layers += [
            nn.Linear(features, units),
            nn.ELU(),
            nn.BatchNorm1d(units, eps=1e-3, momentum=0.01),
            nn.Dropout(0.5),
        ]
        features = units
    return nn.Sequential(*layers, nn.Linear(features, 7)).to(memory_format=layout)


models = {
    "fer-cnn": network((32, 64, 128, 256), 1, (64, 64)),
    "fer-vgg": network((16, 64, 128, 256), 2, (128,)),
}
optimizers = {name: torch.optim.Adam(m.parameters(), 1e-3) for name, m in models.items()}
loss = nn.CrossEntropyLoss()


def images(batch):
    return torch.randn(batch, 1, 48, 48).contiguous(memory_format=layout)


def train(batch, name):
    model, optimizer = models[name], optimizers[name]
    x, y = images(batch), torch.randint(0, 7, (batch,))
    loss_of = built(lambda x, y: loss(model(x), y))

    def run():
        model.train()
        optimizer.zero_grad()
        loss_of(x, y).backward()
        optimizer.step()

    return run


def infer(batch, name):
    model = models[name]
    x = images(batch)
    shares = built(lambda x: torch.softmax(model(x), 1))

    def run():
        model.eval()
        with torch.no_grad():
            shares(x)

    return run


answer(f"PyTorch {torch.__version__}", {"train": train, "infer": infer})
