"""Exports networks of PyTorch to ONNX, by both of its exporters, and computes them in ONNX Runtime.

Reads a JSON task from stdin: {"folder", "models"}; writes {file: {"shape", "input", "output"}}, with images [N, C, H, W].
"""

import json
import logging
import sys
import warnings

import numpy
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
BATCH = 3


class Separable(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, filters, 1, bias=False)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x):
        return self.norm(self.pointwise(self.depthwise(x)))


class XceptionBlock(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.first = Separable(channels, filters)
        self.second = Separable(filters, filters)
        self.skip = nn.Conv2d(channels, filters, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x):
        y = F.relu(self.second(F.relu(self.first(x))))
        return F.max_pool2d(y, 3, 2, 1) + self.norm(self.skip(x))


class MiniXception(nn.Module):
    shape = (1, 48, 48)

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.blocks = nn.Sequential(XceptionBlock(8, 16), XceptionBlock(16, 32))
        self.head = nn.Conv2d(32, 7, 3, padding=1)

    def forward(self, x):
        x = self.head(self.blocks(F.relu(self.norm(self.stem(x)))))
        return torch.softmax(F.adaptive_avg_pool2d(x, 1).flatten(1), 1)


class Vgg(nn.Module):
    """Ends in plain numbers; the dense layer takes a flattened image; the image is reshaped by its size."""

    shape = (1, 48, 40)

    def __init__(self):
        super().__init__()

        def block(channels, filters):
            return [nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]

        layers = [*block(1, 8), *block(8, 8), nn.MaxPool2d(2), *block(8, 16), nn.MaxPool2d(2), nn.Dropout(0.3)]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(16 * 12 * 10, 32), nn.BatchNorm1d(32), nn.ELU(), nn.Dropout(0.5), nn.Linear(32, 7)
        )

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.size(0), -1))


class Basic(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        plain = stride == 1 and channels == filters
        skip = [nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)]
        self.downsample = nn.Identity() if plain else nn.Sequential(*skip)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class ResNet18(nn.Module):
    shape = (3, 64, 64)

    def __init__(self, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        blocks, channels = [], width
        for stage, filters in enumerate([width, 2 * width, 4 * width, 8 * width]):
            blocks += [Basic(channels, filters, 1 if stage == 0 else 2), Basic(filters, filters, 1)]
            channels = filters
        self.layers = nn.Sequential(*blocks)
        self.fc = nn.Linear(8 * width, 7)

    def forward(self, x):
        x = self.layers(self.maxpool(F.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


class Inverted(nn.Module):
    def __init__(self, channels, filters, stride, factor):
        super().__init__()
        wide = channels * factor
        self.body = nn.Sequential(
            *[nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()],
            *[nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()],
            *[nn.Conv2d(wide, filters, 1, bias=False), nn.BatchNorm2d(filters)],
        )
        self.skip = stride == 1 and channels == filters

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


class MobileNetV2(nn.Module):
    shape = (3, 48, 48)

    def __init__(self):
        super().__init__()
        stem = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6()]
        blocks = [Inverted(8, 8, 1, 1), Inverted(8, 12, 2, 6), Inverted(12, 12, 1, 6)]
        self.features = nn.Sequential(*stem, *blocks, nn.Conv2d(12, 32, 1), nn.ReLU6())
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(32, 7))

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3]))


class Mixed(nn.Module):
    """Branches side by side, pools that count their padding, logarithms of probabilities, normalised inside."""

    shape = (1, 30, 26)

    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 4, (3, 5), padding=(1, 2))
        self.right = nn.Conv2d(1, 6, 1)
        self.fc = nn.Linear(10 * 8 * 7, 7)

    def forward(self, x):
        x = (x - 0.45) / 0.22
        x = torch.cat([F.leaky_relu(self.left(x), 0.1), torch.sigmoid(self.right(x))], 1)
        x = F.avg_pool2d(torch.tanh(F.avg_pool2d(x, 3, 2, 1)), 2, ceil_mode=True)
        x = self.fc(torch.flatten(x, 1))
        return F.log_softmax(x, 1)


class Squeeze(nn.Module):
    def __init__(self, channels, few):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, few, 1)
        self.fc2 = nn.Conv2d(few, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.silu(self.fc1(F.adaptive_avg_pool2d(x, 1)))))


class EfficientNet(nn.Module):
    """Squeeze and excitation, SiLU; slopes, GELU, groups and dilation besides."""

    shape = (3, 48, 48)

    def __init__(self):
        super().__init__()
        stem = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU()]
        depthwise = [nn.Conv2d(8, 8, 3, (1, 2), 1, groups=8, bias=False), nn.BatchNorm2d(8), nn.SiLU(), Squeeze(8, 4)]
        groups = [nn.Conv2d(8, 12, 3, (2, 1), padding=2, dilation=2, groups=4), nn.PReLU(12), nn.MaxPool2d((2, 3))]
        self.features = nn.Sequential(*stem, *depthwise, *groups, nn.SELU(), nn.AdaptiveMaxPool2d(1))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(12, 7))

    def forward(self, x):
        return self.classifier(self.features(x))


class ConvNext(nn.Module):
    """Layer normalisation of maps and of vectors, GELU, dilated depthwise convolutions, slopes for every channel."""

    shape = (1, 40, 36)

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 16, 3, groups=8, dilation=2, padding=2)
        self.slopes = nn.PReLU(16)
        self.norm = nn.LayerNorm(16, eps=1e-6)
        self.fc1 = nn.Linear(16 * 10 * 9, 20)
        self.norm1 = nn.LayerNorm(20)
        self.fc2 = nn.Linear(20, 7)

    def forward(self, x):
        x = self.slopes(self.depthwise(F.gelu(self.stem(x))))
        x = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = F.gelu(self.fc1(torch.flatten(F.max_pool2d(x, 4), 1)))
        return self.fc2(self.norm1(x))


NETWORKS = [MiniXception, Vgg, ResNet18, MobileNetV2, EfficientNet, Mixed, ConvNext]
MODELS = {one.__name__: one for one in NETWORKS}


def built(name):
    torch.manual_seed(7)
    model = MODELS[name]()
    for part in model.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(part.running_mean, -0.5, 0.5)
            nn.init.uniform_(part.running_var, 0.5, 2)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.uniform_(part.bias, -0.5, 0.5)
    return model.eval()


def exports(model, images, path):
    """Files of one model: of the old exporter, folded and as it is, and of the new one, with weights in a second file or not."""
    old = {"dynamo": False, "input_names": ["images"], "dynamic_axes": {"images": {0: "batch"}}}
    torch.onnx.export(model, (images,), f"{path}-old.onnx", **old)
    whole = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False, "opset_version": 13}
    torch.onnx.export(model, (images,), f"{path}-whole.onnx", **old, **whole)
    dynamic = ({0: torch.export.Dim("batch")},)
    torch.onnx.export(model, (images,), f"{path}-new.onnx", dynamo=True, dynamic_shapes=dynamic, verbose=False)
    torch.onnx.export(model, (images,), f"{path}-one.onnx", dynamo=True, external_data=False, verbose=False)
    return [f"{path}-{form}.onnx" for form in ["old", "whole", "new", "one"]]


def main():
    task = json.load(sys.stdin)
    answers = {}
    for name in task["models"]:
        model = built(name)
        images = torch.randn(BATCH, *model.shape)
        for path in exports(model, images, f"{task['folder']}/{name}"):
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            (output,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
            flat = [numpy.asarray(one, dtype="float64").ravel().tolist() for one in (images.numpy(), output)]
            answers[path] = {"shape": model.shape, "input": flat[0], "output": flat[1]}
    print(json.dumps(answers))


main()
