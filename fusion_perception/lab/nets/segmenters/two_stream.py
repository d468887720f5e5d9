# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our segmenter: one EfficientNet-Lite stream a sensor, which meet late, so that each sensor can be asked alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.efficientnet_lite import (
    STAGES,
    STEM,
    STEM_STRIDES,
    lite_stages,
    lite_stem,
    take_over,
)
from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle

MEETING = 5
"""The sensors meet after this stage, at 1/16 of what the streams look at."""

LAST = 6
"""Last stage of the encoder."""

SKIPS = (5, 3, 2, 1)
"""Stages whose features the decoder sees again, coarse to fine."""

LEAST_CONTRAST = 4 / 255
"""An image whose brightest and darkest value differ by no more than this holds nothing: its sensor is absent."""


Meet = Callable[[tuple[Tensor, Tensor], int], Tensor]
"""Features of thermal and RGB, and the number of their place (0: the meeting, then the skips) -> common ones."""


class Features(NamedTuple):
    """What one sensor says, before it meets the other.

    Attributes:
        deep: (B, C, h, w) at the meeting.
        skips: for the decoder, of the stages before the meeting, coarse to fine.
        present: (B, 1, 1, 1), 1 where the image shows anything, else 0.
        gates: (B, 1, h, w) of every place where the sensors meet: how much this one counts beside the other one, as a
            logit; empty: both alike.
    """

    deep: Tensor
    skips: tuple[Tensor, ...]
    present: Tensor
    gates: tuple[Tensor, ...] = ()


def shows_anything(image: Tensor) -> Tensor:
    """(B, C, H, W) in 0..1 -> (B, 1, 1, 1) bool: whether the sensor counts as there.

    Each channel on its own: a picture of one colour holds as little as a grey one.
    """
    contrast = image.amax((2, 3), keepdim=True) - image.amin((2, 3), keepdim=True)
    return contrast.amax(1, keepdim=True) > LEAST_CONTRAST


class Stream(nn.Module):
    """The way of one sensor's image.

    Args:
        in_channels: 1 or 3.
        reduce: 1 or 2, see ``lite_stem``.
        meeting: its last stage; 0: the first convolution is all there is.
        widths: stage before the meeting -> channels of the decoder there, coarse to fine.
        gated: judge, place by place, how much this sensor counts.
    """

    def __init__(
        self, in_channels: int, reduce: int, meeting: int, widths: Mapping[int, int], gated: bool = False
    ) -> None:
        super().__init__()
        self.stem = lite_stem(in_channels, reduce)
        self.stages = lite_stages(1, meeting)
        self.seen = tuple(widths)
        channels = _width(meeting)
        self.meet = nn.Conv2d(channels, channels, 1)
        self.laterals = nn.ModuleList(nn.Conv2d(_width(stage), width, 1) for stage, width in widths.items())
        # In place of what an absent sensor would say.
        self.absent = nn.ParameterList(nn.Parameter(torch.zeros(1, n, 1, 1)) for n in (channels, *widths.values()))
        self.gates = nn.ModuleList(nn.Conv2d(n, 1, 1) for n in (channels, *widths.values()) if gated)
        for parameter in self.gates.parameters():
            nn.init.zeros_(parameter)  # the mean of both, to begin with
        nn.init.eye_(self.meet.weight[:, :, 0, 0])
        with torch.no_grad():
            self.meet.weight *= 0.5
        nn.init.zeros_(self.meet.bias)  # type: ignore[arg-type]
        self.folded = False

    def fold(self) -> None:
        """Let the first convolution double the image, in place: one pass over it less, and the same numbers."""
        if not self.folded:
            self.folded = True
            with torch.no_grad():
                self.stem.conv.weight *= 2

    def forward(self, image: Tensor) -> Features:
        """(B, C, H, W) in 0..1 -> features."""
        x = self.stem(image - 0.5 if self.folded else image * 2 - 1)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        skips = tuple(lateral(maps[stage - 1]) for lateral, stage in zip(self.laterals, self.seen, strict=True))
        deep = self.meet(x)
        gates = tuple(gate(said) for gate, said in zip(self.gates, (deep, *skips), strict=False))
        return Features(deep, skips, shows_anything(image).to(x.dtype), gates)


class TwoStreamSegmenter(nn.Module):
    """Two encoders with ImageNet's start, a common trunk and a light decoder.

    Every sensor has a stream of its own up to the meeting, by default at 1/16. There the two meet as the mean over
    the sensors that are present, weighted by the sigmoid of the difference of their ``gates`` if there are such; the
    rest of the encoder and the decoder see the common features. So the answers to each sensor alone (``states``) need
    the streams once, and trunk and decoder as one batch: the later the meeting, the less they cost.

    A sensor whose image is black, or constant, is absent: constants take the place of its features, which are learned,
    and with neither sensor the answer is ``prior``.

    Args:
        classes: number of classes.
        reduce: 2: the first convolution halves the image on its way, for speed; 1: for accuracy.
        decoder: channels of the decoder at 1/32, 1/16, 1/8, 1/4 and 1/2 of what the streams look at.
        trunk: blocks of the encoder's last stage, 1..4.
        meeting: stage after which the sensors meet, 0..5; 0: after the first convolution, which is then about what one
            over the channels of both sensors would be.
        gated: let each sensor say how much it counts, place by place: a dark picture has nothing to say of what thermal
            shows, but in their plain mean counts as much.
    """

    stride = 32
    """Height and width must be multiples of this."""
    inputs = "sensors"
    """Sees both sensors, not a fused image."""
    pretrained_parts = ("thermal.stem", "thermal.stages", "rgb.stem", "rgb.stages", "trunk")
    """Beginnings of the names of weights that ``start_from`` sets."""
    zero_at_first = (".gates.",)
    """Parts of the names of weights without which a network is what it is with zeros there."""
    has_states = True
    """Can be asked what each sensor says alone."""
    packed: bool
    """Leave the pixels as the last convolution has them: logits (B, classes, f², h w) of f x f pixels at each of h x w
    places, which ``pixel_shuffle`` would bring in order. For those who work pixel by pixel, and order less afterwards.
    """

    def __init__(
        self,
        classes: int = 9,
        reduce: int = 2,
        decoder: Sequence[int] = (128, 96, 64, 48, 32),
        trunk: int = 4,
        meeting: int = MEETING,
        gated: bool = False,
    ) -> None:
        super().__init__()
        if reduce not in STEM_STRIDES:
            raise ValueError(f"reduce is one of {', '.join(map(str, STEM_STRIDES))}, got {reduce}")
        if not 0 <= meeting < LAST:
            raise ValueError(f"meeting is a stage of 0..{LAST - 1}, got {meeting}")
        self.meeting = meeting
        top, widths = decoder[0], dict(zip(SKIPS, decoder[1:], strict=True))
        apart = {stage: width for stage, width in widths.items() if stage < meeting}
        self.thermal = Stream(1, reduce, meeting, apart, gated)
        self.rgb = Stream(3, reduce, meeting, apart, gated)
        self.trunk = lite_stages(meeting + 1, LAST)
        self.trunk[-1] = self.trunk[-1][:trunk]  # type: ignore[index]
        deep = _width(LAST)
        self.context = ConvBNReLU(deep, top, kernel=1)
        self.scene = nn.Conv2d(deep, top, 1)
        self.lateral = nn.Conv2d(_width(SKIPS[0]), widths[SKIPS[0]], 1)
        self.laterals = nn.ModuleList(nn.Conv2d(_width(n), widths[n], 1) for n in SKIPS[1:] if n >= meeting)
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(decoder))
        self.smooth = nn.ModuleList(ConvBNReLU(width, width) for width in decoder[1:])
        self.dropout = nn.Dropout2d(0.1)
        self.shuffle = reduce
        self.packed = False
        self.head = nn.Conv2d(decoder[-1], classes * reduce**2, 1)
        self.prior = nn.Parameter(torch.zeros(classes))

    def start_from(self, published: dict[str, Tensor]) -> None:
        """Take over ImageNet's weights, see ``efficientnet_lite.take_over``."""
        for stream in (self.thermal, self.rgb):
            take_over(stream.stem, stream.stages, published)
        take_over(None, self.trunk, published, first=self.meeting + 1)

    def start_from_smaller(self, smaller: TwoStreamSegmenter) -> None:
        """Take over the weights of a network with ``reduce`` 2; this one has 1.

        What that one says of an image, this one says of the same image at half the size. The first convolution adds up
        the weights of 2x2 pixels, the head takes the mean of its four answers.

        Raises:
            RuntimeError: the networks differ in more than ``reduce`` and ``zero_at_first``.
        """
        late = {
            key: value for key, value in self.state_dict().items() if any(part in key for part in self.zero_at_first)
        }
        weights = {**{key: torch.zeros_like(value) for key, value in late.items()}, **smaller.state_dict()}
        for stream in ("thermal", "rgb"):
            name = f"{stream}.stem.conv.weight"
            out, channels, height, width = weights[name].shape
            weights[name] = weights[name].view(out, channels, height // 2, 2, width // 2, 2).sum((3, 5))
        for name in ("head.weight", "head.bias"):
            weights[name] = weights[name].unflatten(0, (-1, smaller.shuffle**2)).mean(1)
        self.load_state_dict(weights)

    def forward(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        """Segment.

        Args:
            thermal: (B, 1, H, W) in 0..1, H and W multiples of 32.
            rgb: (B, 3, H, W) in 0..1.

        Returns:
            (B, classes, H / 2, W / 2) logits.
        """
        return self.decode(*self.see(thermal, rgb))

    def see(self, thermal: Tensor, rgb: Tensor) -> tuple[Features, Features]:
        """Return what each sensor says before they meet; arguments as in ``forward``."""
        return self.thermal(thermal), self.rgb(rgb)

    def states(self, thermal: Tensor, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of both sensors, of thermal alone and of RGB alone; arguments as in ``forward``."""
        features = self.see(thermal, rgb)
        alone_thermal, alone_rgb = self.alone(*features).chunk(2)
        return self.decode(*features), alone_thermal, alone_rgb

    def alone(self, thermal: Features, rgb: Features) -> Tensor:
        """Return the logits (2B, classes, H / 2, W / 2) of thermal alone, then of RGB alone, from one batch of both.

        ``decode`` has no part in it, so that a graph that is asked for the common answer only computes no other.
        """

        def meet(maps: tuple[Tensor, Tensor], number: int) -> Tensor:
            return torch.cat(
                [maps[0] * 2 + self.rgb.absent[number], maps[1] * 2 + self.thermal.absent[number]],
            )

        return self._answer(thermal, rgb, meet, torch.cat([thermal.present, rgb.present]))

    def both_and_alone(self, thermal: Tensor, rgb: Tensor, thermal_alone: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of both sensors, and of one of them for every sample, for training.

        Args:
            thermal: (B, 1, H, W) in 0..1.
            rgb: (B, 3, H, W) in 0..1.
            thermal_alone: (B, 1, 1, 1) bool: True thermal alone, False RGB alone.
        """
        t, r = self.thermal(thermal), self.rgb(rgb)
        keep = thermal_alone.to(t.present.dtype)
        logits = self.decode(
            _repeated(t, torch.cat([t.present, t.present * keep])),
            _repeated(r, torch.cat([r.present, r.present * (1 - keep)])),
        )
        both, alone = logits.chunk(2)
        return both, alone

    def decode(self, thermal: Features, rgb: Features) -> Tensor:
        """Bring the sensors together, and answer; logits (B, classes, H / 2, W / 2)."""
        count = thermal.present + rgb.present
        sides = ((self.thermal, thermal), (self.rgb, rgb))

        def meet(maps: tuple[Tensor, Tensor], number: int) -> Tensor:
            gate = torch.sigmoid(thermal.gates[number] - rgb.gates[number]) if thermal.gates else 0.5
            shares = (  # of 2, which is what a sensor that is alone has
                thermal.present * (2 - 2 * rgb.present * (1 - gate)),
                rgb.present * (2 - 2 * thermal.present * gate),
            )
            said = [m * share for m, share in zip(maps, shares, strict=True)]
            unsaid = [stream.absent[number] * (1 - features.present) for stream, features in sides]
            return said[0] + said[1] + (unsaid[0] + unsaid[1])

        return self._answer(thermal, rgb, meet, (count > 0).to(thermal.deep.dtype))

    def _answer(self, thermal: Features, rgb: Features, meet: Meet, any_sensor: Tensor) -> Tensor:
        """Trunk and decoder on features that ``meet`` brings together; the prior where there is no sensor."""
        x = meet((thermal.deep, rgb.deep), 0)
        maps = {self.meeting: x}
        for number, stage in enumerate(self.trunk, self.meeting + 1):
            maps[number] = x = stage(x)
        x = self.context(x) + self.scene(x.mean((2, 3), keepdim=True))
        together = [n for n in SKIPS if n >= self.meeting]
        skips = [lateral(maps[n]) for lateral, n in zip((self.lateral, *self.laterals), together, strict=True)]
        skips += [meet(pair, i) for i, pair in enumerate(zip(thermal.skips, rgb.skips, strict=True), 1)]
        for narrow, smooth, skip in zip(self.narrow, self.smooth, skips, strict=True):
            up = F.interpolate(narrow(x), scale_factor=2.0, mode="nearest")
            # An odd side is rounded up on the way down, so its double is one too long.
            x = smooth(up[:, :, : skip.shape[2], : skip.shape[3]] + skip)
        logits = self.head(self.dropout(x))
        if self.packed:
            logits = logits.reshape(len(logits), len(self.prior), self.shuffle**2, -1)
        elif self.shuffle > 1:
            logits = pixel_shuffle(logits, self.shuffle)
        # Pictures say nothing of what to expect without any: the prior learns from the frequency of the classes alone.
        prior = self.prior.detach() if self.training else self.prior
        return logits * any_sensor + prior[None, :, None, None] * (1 - any_sensor)


def _width(stage: int) -> int:
    """Channels after a stage of the encoder, or after its first convolution (0)."""
    return STAGES[stage - 1][1] if stage else STEM


def _repeated(features: Features, present: Tensor) -> Features:
    """Repeat features along the batch, as often as ``present`` is longer, with another presence."""
    times = len(present) // len(features.present)
    # Tensor.repeat would give up the memory format that the convolutions are fastest in.
    deep, *skips = (torch.cat([x] * times) for x in (features.deep, *features.skips))
    return Features(deep, tuple(skips), present, tuple(torch.cat([x] * times) for x in features.gates))
