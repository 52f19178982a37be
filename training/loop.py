"""What every training run here shares: optimisers, schedule, checkpoints, curves."""

import contextlib
import json
import math
import os
import pathlib
import time

import torch


def optimisers(model: torch.nn.Module, peak: float) -> list[torch.optim.Optimizer]:
    """Muon for matrices, AdamW for what it is not made for: norms, biases, embeddings, heads."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        table = "embed_tokens" in name or "lm_head" in name
        (matrices if parameter.ndim == 2 and not table else others).append(parameter)
    return [
        torch.optim.Muon(matrices, lr=peak, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=peak, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def cosine(step: int, steps: int, warm_up: int, floor: float = 0.05) -> float:
    """The share of the peak rate at a step."""
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class Exact(contextlib.nullcontext):
    """All products in f32."""


def mixed(device: torch.device):
    """bf16 products where the device has them in hardware (GPUs since compute capability 8.0, CPUs with
    AVX512_BF16); sums, norms and weights stay f32."""
    if device.type == "cpu":
        has = torch.cpu._is_avx512_bf16_supported()
    else:
        has = torch.cuda.get_device_capability(device) >= (8, 0)
    return torch.autocast(device.type, dtype=torch.bfloat16) if has else Exact()


class Run:
    """A folder with a run's checkpoint and curves; `resume` goes on where an earlier process stopped."""

    def __init__(self, folder: pathlib.Path, model, peak: float, steps: int, warm_up: int):
        self.folder, self.model, self.peak, self.steps, self.warm_up = folder, model, peak, steps, warm_up
        self.optimisers = optimisers(model, peak)
        self.step = 0
        self.curves: dict[str, list[tuple[int, float]]] = {}
        self.started = time.time()
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self) -> bool:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        self.step, self.curves = state["step"], state["curves"]
        torch.set_rng_state(state["chance"])
        if torch.cuda.is_available() and state["chance_on_gpu"] is not None:
            torch.cuda.set_rng_state(state["chance_on_gpu"])
        print(f"goes on after step {self.step}", flush=True)
        return True

    def save(self) -> None:
        """Writes the checkpoint and the curves, each whole or not at all."""
        part = self.folder / "checkpoint.pt.part"
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
                "step": self.step,
                "curves": self.curves,
                "chance": torch.get_rng_state(),
                "chance_on_gpu": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
            },
            part,
        )
        os.replace(part, self.folder / "checkpoint.pt")
        part = self.folder / "curves.json.part"
        part.write_text(json.dumps(self.curves))
        os.replace(part, self.folder / "curves.json")
        self.plot()

    def update(self, loss: torch.Tensor) -> None:
        """One step of both optimisers at the schedule's rate, gradients clipped to norm 1."""
        rate = self.peak * cosine(self.step, self.steps, self.warm_up)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1

    def note(self, **values: float) -> None:
        """Adds to the curves and says so."""
        for name, value in values.items():
            self.curves.setdefault(name, []).append((self.step, float(value)))
        shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        print(f"step {self.step}/{self.steps}  {time.time() - self.started:.0f} s  {shown}", flush=True)

    def plot(self) -> None:
        """Writes `curves.png`: one panel a curve; nothing where none has begun."""
        if not self.curves:
            return
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(len(self.curves), 1, figsize=(7, 2.2 * len(self.curves)), sharex=True, squeeze=False)
        for panel, (name, points) in zip(panels[:, 0], self.curves.items()):
            panel.plot(*zip(*points))
            panel.set_ylabel(name)
        panels[-1, 0].set_xlabel("step")
        figure.tight_layout()
        part = self.folder / "curves.png.part"
        figure.savefig(part, dpi=100, format="png")
        os.replace(part, self.folder / "curves.png")
        plt.close(figure)
