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


def network():
    layers, channels = [], 1
    for filters in (32, 64, 128, 256):
        layers += [
            nn.Conv2d(channels, filters, 3, padding=1),
            nn.ELU(),
            nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01),
            nn.MaxPool2d(2),
            nn.Dropout(0.2),
        ]
        channels = filters
    layers.append(nn.Flatten())
    features = 256 * 3 * 3
    for _ in range(2):
        layers += [
            nn.Linear(features, 64),
            nn.ELU(),
            nn.BatchNorm1d(64, eps=1e-3, momentum=0.01),
            nn.Dropout(0.5),
        ]
        features = 64
    return nn.Sequential(*layers, nn.Linear(64, 7)).to(memory_format=layout)


model = network()
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
loss = nn.CrossEntropyLoss()


def images(batch):
    return torch.randn(batch, 1, 48, 48).contiguous(memory_format=layout)


def train(batch):
    x, y = images(batch), torch.randint(0, 7, (batch,))

    def run():
        model.train()
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return run


def infer(batch):
    x = images(batch)

    def run():
        model.eval()
        with torch.no_grad():
            torch.softmax(model(x), 1)

    return run


prepared = {}
for line in sys.stdin:
    what, batch = line.split()
    if line not in prepared:
        prepared[line] = {"train": train, "infer": infer}[what](int(batch))
        prepared[line]()
    begin = time.perf_counter()
    for _ in range(REPEAT):
        prepared[line]()
    print(json.dumps({"ms": (time.perf_counter() - begin) / REPEAT * 1000}), flush=True)
