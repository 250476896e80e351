"""PyTorch as a peer: python3 torch_peer.py [channels_last]; see peers.mjs for the protocol."""
import json
import os
import sys
import time

import torch
from torch import nn

REPEAT = 5
torch.set_num_threads(len(os.sched_getaffinity(0)))
layout = torch.channels_last if "channels_last" in sys.argv else torch.contiguous_format


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

    def run():
        model.train()
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return run


def infer(batch, name):
    model = models[name]
    x = images(batch)

    def run():
        model.eval()
        with torch.no_grad():
            torch.softmax(model(x), 1)

    return run


prepared = {}
for line in sys.stdin:
    what, batch, name = line.split()
    if line not in prepared:
        prepared[line] = {"train": train, "infer": infer}[what](int(batch), name)
        prepared[line]()
    begin = time.perf_counter()
    for _ in range(REPEAT):
        prepared[line]()
    print(json.dumps({"ms": (time.perf_counter() - begin) / REPEAT * 1000}), flush=True)
