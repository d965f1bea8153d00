# mypy: disable-error-code="misc"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The networks of the foundry: painters, stylist and the perceptual features they are trained with.

All convolutions mirror their borders, so no frame is painted around a picture. Every normalisation
is written out with explicit statistics, so a picture can be painted with the statistics of another
one (a thumbnail for seamless tiles, the last frame for steady video).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CODE_SIZE = 128
"""Length D of a style code; both painters and the stylist share it."""

STYLIST_SIDE = 256
"""Side of the square picture the stylist looks at."""


class MirrorConv(nn.Module):
    """A convolution that mirrors its border; (B,i,H,W) -> (B,o,H/stride,W/stride)."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride)
        self.border = (kernel - stride + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        b = self.border
        out: Tensor = self.conv(F.pad(x, (b, b, b, b), mode="reflect"))
        return out


@dataclass
class Conditioning:
    """What a forward pass carries from layer to layer, each layer taking the next two pieces."""

    scale_shift: tuple[Tensor, ...]  # of every layer its scale and its shift, each (B,n,1,1)
    given: tuple[Tensor, ...]  # of every layer the mean and the deviation handed in, each (1 or B,n,1,1)
    hold: Tensor  # ()
    free: Tensor  # () 1 - hold
    used: list[Tensor]


def normalise(x: Tensor, c: Conditioning) -> Tensor:
    """Conditional instance normalisation with explicit statistics.

    The statistics used are ``hold * given + (1 - hold) * own``; they are appended to ``c.used`` as mean
    and deviation, so that ``state_out`` of one picture reproduces it as ``state`` with ``hold = 1``.
    Dumoulin et al. 2017 (many styles), Chen et al. 2022 (thumbnail statistics).
    """
    x = x.float()  # under autocast: two moments of bfloat16 numbers would cancel
    at = len(c.used)
    mean = F.adaptive_avg_pool2d(x, 1)
    # The two-moment form reads the picture once; ONNX Runtime pools it without leaving its blocked layout.
    spread = (F.adaptive_avg_pool2d(x * x, 1) - mean * mean).clamp_min(0.0)
    deviation = (spread + 1e-5).sqrt()
    mean = c.hold * c.given[at] + c.free * mean
    deviation = c.hold * c.given[at + 1] + c.free * deviation
    c.used += [mean, deviation]
    slope = c.scale_shift[at] / deviation
    return x * slope + (c.scale_shift[at + 1] - mean * slope)


class Block(nn.Module):
    """Residual block whose branch starts near zero, so that a young network keeps the picture."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = MirrorConv(width, width)
        self.second = MirrorConv(width, width)

    def forward(self, x: Tensor, c: Conditioning) -> Tensor:
        y = F.relu(normalise(self.first(x), c))
        return x + normalise(self.second(y), c)


class Painter(nn.Module):
    """Paint a picture in the style of a code.

    ``image`` (B,3,H,W) RGB 0..1, ``code`` (B,D), ``state`` (1 or B,K), ``hold`` () 0..1
    -> painted (B,3,H,W) 0..1 and the statistics used (B,K). Any H and W from 64: the picture is
    mirrored up to a multiple of four inside and cropped again.
    """

    def __init__(self, width: int = 64, blocks: int = 5, tail: int = 32) -> None:
        super().__init__()
        self.width, self.depth, self.tail_width = width, blocks, tail
        self.stem = MirrorConv(3, width, 8, 4)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.rise = MirrorConv(width, tail)
        self.out = MirrorConv(tail, 12)
        sizes = [width] + [width, width] * blocks + [tail]
        self.cuts = [n for n in sizes for _ in range(2)]
        self.state_size = 2 * sum(sizes)
        self.modulate = nn.Linear(CODE_SIZE, self.state_size)
        self._start(sizes)

    def _start(self, sizes: list[int]) -> None:
        with torch.no_grad():
            self.modulate.weight.normal_(0.0, 0.02)
            at = 0
            for i, n in enumerate(sizes):
                second = 0 < i < len(sizes) - 1 and i % 2 == 0
                self.modulate.bias[at : at + n] = 0.2 if second else 1.0
                self.modulate.bias[at + n : at + 2 * n] = 0.0
                at += 2 * n
            # ICNR: the four phases of the depth-to-space start alike, which leaves no two-pixel grid.
            w = self.out.conv.weight
            w.copy_((w[::4] * 0.5).repeat_interleave(4, 0))
            assert self.out.conv.bias is not None
            self.out.conv.bias.zero_()

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels, an output pixel sees (with ``hold = 1``), rounded up to a multiple of four."""
        return 4 * (2 * self.depth + 1) + 8

    def forward(self, image: Tensor, code: Tensor, state: Tensor, hold: Tensor) -> tuple[Tensor, Tensor]:
        h, w = image.shape[2], image.shape[3]
        x = F.pad(image, (0, (4 - w % 4) % 4, 0, (4 - h % 4) % 4), mode="reflect")
        # Cut once: a slice for every layer would be a hundred small nodes in the exported graph.
        pieces = (t[:, :, None, None].split(self.cuts, 1) for t in (self.modulate(code), state))
        c = Conditioning(next(pieces), next(pieces), hold, 1 - hold, [])
        x = F.relu(normalise(self.stem(x * 2 - 1), c))
        for block in self.blocks:
            x = block(x, c)
        x = F.relu(normalise(self.rise(F.interpolate(x, scale_factor=2.0, mode="nearest")), c))
        x = F.pixel_shuffle(self.out(x), 2).sigmoid()
        return x[:, :, :h, :w], torch.cat(c.used, 1).flatten(1)

    def paint(self, image: Tensor, code: Tensor) -> Tensor:
        """Plain instance normalisation (``hold = 0``): (B,3,H,W), (B,D) -> (B,3,H,W)."""
        zero = image.new_zeros(())
        out: Tensor = self(image, code, image.new_zeros(1, self.state_size), zero)[0]
        return out


def quality_painter() -> Painter:
    """The painter for pictures: 64 channels, five blocks."""
    return Painter(64, 5, 32)


def live_painter() -> Painter:
    """The painter for video: a quarter of the work, the same codes."""
    return Painter(32, 3, 16)


class LowRank(nn.Module):
    """A 3x3 convolution through few channels and back, with ReLU: (B,i,H,W) -> (B,o,H,W)."""

    def __init__(self, inputs: int, rank: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, rank, 3, bias=False)
        self.widen = nn.Conv2d(rank, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.widen(self.narrow(F.pad(x, (1, 1, 1, 1), mode="reflect"))))


class Features(nn.Module):
    """Our perceptual network: RGB 0..1 (B,3,H,W) -> relu1_1 (B,64,H,W), relu2_1 (B,128,H/2,W/2),
    relu3_1 (B,256,H/4,W/4).

    It has the shape of VGG-19 (Simonyan and Zisserman 2015) up to relu3_1 with every layer passed
    through a few channels (Zhang et al. 2016), about a fifth of the work.
    """

    def __init__(self, ranks: tuple[int, int, int, int] = (24, 40, 56, 80)) -> None:
        super().__init__()
        self.ranks = ranks
        self.conv1_1 = nn.Conv2d(3, 64, 3)
        self.conv1_2 = LowRank(64, ranks[0], 64)
        self.conv2_1 = LowRank(64, ranks[1], 128)
        self.conv2_2 = LowRank(128, ranks[2], 128)
        self.conv3_1 = LowRank(128, ranks[3], 256)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        one = F.relu(self.conv1_1(F.pad(x, (1, 1, 1, 1), mode="reflect")))
        two = self.conv2_1(F.max_pool2d(self.conv1_2(one), 2, 2, ceil_mode=True))
        three = self.conv3_1(F.max_pool2d(self.conv2_2(two), 2, 2, ceil_mode=True))
        return one, two, three


class Vgg(nn.Module):
    """The VGG-19 encoder up to relu3_1 from an ``.npz`` (keys ``conv1_1.weight`` ...), same outputs as Features."""

    def __init__(self, arrays: dict[str, Tensor]) -> None:
        super().__init__()
        shapes = {
            "conv1_1": (3, 64),
            "conv1_2": (64, 64),
            "conv2_1": (64, 128),
            "conv2_2": (128, 128),
            "conv3_1": (128, 256),
        }
        for name, (i, o) in shapes.items():
            conv = nn.Conv2d(i, o, 3)
            weight, bias = arrays[f"{name}.weight"].float(), arrays[f"{name}.bias"].float()
            if name == "conv1_1" and "preprocess.weight" in arrays:
                # Folding the colour transform into the first layer is exact, for mirroring comes before both.
                turn = arrays["preprocess.weight"][:, :, 0, 0].float()
                bias = bias + torch.einsum("oikl,i->o", weight, arrays["preprocess.bias"].float())
                weight = torch.einsum("oikl,ij->ojkl", weight, turn)
            if tuple(weight.shape) != (o, i, 3, 3) or tuple(bias.shape) != (o,):
                raise ValueError(f"{name} has the wrong shape")
            conv.weight.data, conv.bias.data = weight.contiguous(), bias.contiguous()
            setattr(self, name, conv)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        def conv(name: str, t: Tensor) -> Tensor:
            return F.relu(getattr(self, name)(F.pad(t, (1, 1, 1, 1), mode="reflect")))

        one = conv("conv1_1", x)
        two = conv("conv2_1", F.max_pool2d(conv("conv1_2", one), 2, 2, ceil_mode=True))
        three = conv("conv3_1", F.max_pool2d(conv("conv2_2", two), 2, 2, ceil_mode=True))
        return one, two, three


class Stylist(nn.Module):
    """Read the style of any picture: (B,3,256,256) RGB 0..1 -> code (B,D).

    Frozen perceptual features describe the picture by channel means, deviations and a compressed
    covariance at two scales; a small perceptron turns that description into a code (after Ghiasi 2017).
    """

    def __init__(self, features: Features, hidden: int = 256) -> None:
        super().__init__()
        self.features = features
        for p in self.features.parameters():
            p.requires_grad_(False)
        self.turn2 = nn.Conv2d(128, 16, 1, bias=False).requires_grad_(False)
        self.turn3 = nn.Conv2d(256, 24, 1, bias=False).requires_grad_(False)
        self.size = 2 * (2 * (64 + 128 + 256) + 16 * 16 + 24 * 24)
        self.centre = nn.Parameter(torch.zeros(1, self.size), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(1, self.size), requires_grad=False)
        self.first = nn.Linear(self.size, hidden)
        self.second = nn.Linear(hidden, CODE_SIZE)

    def describe(self, x: Tensor) -> Tensor:
        """(B,3,256,256) -> description (B,size), not yet standardised."""
        parts: list[Tensor] = []
        for level in (x, F.avg_pool2d(x, 2)):
            one, two, three = self.features(level)
            for f in (one, two, three):
                mean = f.mean((2, 3), keepdim=True)
                parts += [mean.flatten(1), (f - mean).square().mean((2, 3)).add(1e-4).sqrt()]
            for f, turn in ((two, self.turn2), (three, self.turn3)):
                v = turn(f).flatten(2)
                v = v - v.mean(2, keepdim=True)
                parts.append((v @ v.transpose(1, 2) / float(256 * 256 / 16 / 4)).flatten(1))
        return torch.cat(parts, 1)

    def read(self, description: Tensor) -> Tensor:
        """Description (B,size) -> code (B,D)."""
        d = ((description - self.centre) * self.scale).clamp(-6, 6)
        code: Tensor = self.second(F.leaky_relu(self.first(d), 0.1))
        return code

    def forward(self, x: Tensor) -> Tensor:
        return self.read(self.describe(x))
