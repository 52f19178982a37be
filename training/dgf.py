"""The draft network: Dynamic Gating Fusion (arXiv 2412.18934), then decoder layers, read by the target's head.

Position t pairs H[t], the target's feature of token t, with E[t+1], the target's embedding of the token after it, and
guesses H[t+1], from which the head tells token t+2. Row vectors: `x @ W`.
"""

import torch
import torch.nn.functional as F
from torch import nn

from llama import Attention, Mlp, RMSNorm, Shape, angles


class DraftLayer(nn.Module):
    """As the target's, but that the first has no norm before attention: the fusion's output is its input."""

    def __init__(self, shape: Shape, first: bool):
        super().__init__()
        self.input_layernorm = None if first else RMSNorm(shape.hidden, shape.eps)
        self.self_attn = Attention(shape.hidden, shape.heads, shape.kv_heads, shape.head_dim)
        self.post_attention_layernorm = RMSNorm(shape.hidden, shape.eps)
        self.mlp = Mlp(shape.hidden, shape.feed_forward)

    def forward(self, x, cos, sin, seen: torch.Tensor, past: list) -> torch.Tensor:
        """One level of guessing for every position at once; `past` collects each level's keys and values.

        At level j a position t stands for the j-th guess behind the verified position t-j. It attends to the verified
        positions up to t-j as level 0 left them, and to the guesses between: level i's at position t-j+i.

        seen: `[batch][tokens][tokens]`, what level 0 at a position may attend to.
        """
        h = x if self.input_layernorm is None else self.input_layernorm(x)
        q, k, v = self.self_attn.project(h, cos, sin)
        past.append((k, v))
        level = len(past) - 1
        scale = q.shape[-1] ** -0.5
        k0, v0 = past[0]
        if level == 0:
            attended = F.scaled_dot_product_attention(q, k0, v0, attn_mask=seen[:, None])
        else:
            verified = seen.roll(level, 1)[:, None]
            scores = [(q @ k0.transpose(-1, -2) * scale).float().masked_fill(~verified, float("-inf"))]
            guesses = [(k_i.roll(level - i, 2), v_i.roll(level - i, 2)) for i, (k_i, v_i) in enumerate(past) if i > 0]
            scores += [((q * k_i).sum(-1, keepdim=True) * scale).float() for k_i, _ in guesses]
            weights = torch.cat(scores, -1).softmax(-1).to(v0.dtype)
            tokens = k0.shape[2]
            attended = weights[..., :tokens] @ v0
            for i, (_, v_i) in enumerate(guesses):
                attended = attended + weights[..., tokens + i, None] * v_i
        x = x + self.self_attn.merge(attended)
        return x + self.mlp(self.post_attention_layernorm(x))


class Draft(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        d = shape.hidden
        self.W_1 = nn.Parameter(torch.eye(d))
        self.W_2 = nn.Parameter(torch.randn(d, d) * 0.02)
        self.W_z = nn.Parameter(torch.randn(2 * d, d) * 0.02)
        self.input_layernorm = RMSNorm(d, shape.eps)
        self.layers = nn.ModuleList(DraftLayer(shape, i == 0) for i in range(shape.layers))
        for layer in self.layers:
            for projection in (layer.self_attn.o_proj, layer.mlp.down_proj):
                nn.init.normal_(projection.weight, std=0.005)

    def fuse(self, features: torch.Tensor, embeddings: torch.Tensor) -> torch.Tensor:
        h1 = features @ self.W_1
        h2 = F.silu(self.input_layernorm(embeddings) @ self.W_2)
        z = torch.sigmoid(torch.cat((h1, h2), -1) @ self.W_z)
        return z * h1 + (1 - z) * h2

    def forward(self, features, embeddings, positions, seen, levels: int) -> list[torch.Tensor]:
        """Guessed features, one `[batch][tokens][d]` a level: level j's at t is the guess of H[t+1] by one that knows
        H only up to t-j, and has guessed the features between itself. Tokens are the true ones at every level, since
        only a path of right guesses goes on. A level is meaningless at the first j positions of a text.

        features: H `[batch][tokens][d]`; embeddings: `[batch][tokens][d]`, of the tokens after; positions: `[tokens]`
        or `[batch][tokens]`; seen: `[batch][tokens][tokens]`.
        """
        cos, sin = angles(positions.reshape(-1), self.shape.head_dim, self.shape.theta)
        shape = (-1, 1, positions.shape[-1], self.shape.head_dim)
        cos, sin = cos.view(shape), sin.view(shape)
        pasts: list[list] = [[] for _ in self.layers]
        guesses = []
        for _ in range(levels):
            x = self.fuse(features, embeddings)
            for layer, past in zip(self.layers, pasts):
                x = layer(x, cos, sin, seen, past)
            guesses.append(x)
            features = x.roll(1, 1)
        return guesses
