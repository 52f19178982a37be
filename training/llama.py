"""A llama or qwen2 decoder in PyTorch: the target, for training a small one and for features on a GPU."""

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a decoder's layers need to know; `head_dim` is `hidden / heads` unless a file says otherwise."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    feed_forward: int
    vocabulary: int
    context: int
    eps: float
    theta: float
    tied: bool
    bias: bool = False  # on q, k and v, as qwen2 has it


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # In f32 also under autocast: bf16 has too few bits for a sum of squares.
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def angles(positions: torch.Tensor, head_dim: int, theta: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines `[positions][head_dim]` for pairs (i, i + head_dim / 2)."""
    frequencies = theta ** (-torch.arange(0, head_dim, 2, device=positions.device).float() / head_dim)
    angle = positions.float()[:, None] * frequencies
    angle = torch.cat((angle, angle), -1)
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary embedding of `[..., positions, head_dim]`."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Attention(nn.Module):
    def __init__(self, hidden: int, heads: int, kv_heads: int, head_dim: int, bias: bool = False):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = heads, kv_heads, head_dim
        self.q_proj = nn.Linear(hidden, heads * head_dim, bias)
        self.k_proj = nn.Linear(hidden, kv_heads * head_dim, bias)
        self.v_proj = nn.Linear(hidden, kv_heads * head_dim, bias)
        self.o_proj = nn.Linear(heads * head_dim, hidden, False)

    def heads_of(self, x, cos, sin):
        """q as `[batch][heads][tokens][head_dim]`, k and v with `kv_heads`; q and k rotated."""
        batch, tokens, _ = x.shape
        q, k, v = (
            projection(x).view(batch, tokens, heads, self.head_dim).transpose(1, 2)
            for projection, heads in (
                (self.q_proj, self.heads),
                (self.k_proj, self.kv_heads),
                (self.v_proj, self.kv_heads),
            )
        )
        cos, sin = cos.to(q.dtype), sin.to(q.dtype)
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def project(self, x, cos, sin):
        """q, k, v as `[batch][heads][tokens][head_dim]`, k and v repeated for grouped queries."""
        q, k, v = self.heads_of(x, cos, sin)
        group = self.heads // self.kv_heads
        return q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)

    def merge(self, attended: torch.Tensor) -> torch.Tensor:
        batch, _, tokens, _ = attended.shape
        return self.o_proj(attended.transpose(1, 2).reshape(batch, tokens, self.heads * self.head_dim))


class Mlp(nn.Module):
    def __init__(self, hidden: int, feed_forward: int):
        super().__init__()
        self.gate_proj = nn.Linear(hidden, feed_forward, False)
        self.up_proj = nn.Linear(hidden, feed_forward, False)
        self.down_proj = nn.Linear(feed_forward, hidden, False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.input_layernorm = RMSNorm(shape.hidden, shape.eps)
        self.self_attn = Attention(shape.hidden, shape.heads, shape.kv_heads, shape.head_dim, shape.bias)
        self.post_attention_layernorm = RMSNorm(shape.hidden, shape.eps)
        self.mlp = Mlp(shape.hidden, shape.feed_forward)

    def forward(self, x, cos, sin):
        q, k, v = self.self_attn.project(self.input_layernorm(x), cos, sin)
        x = x + self.self_attn.merge(F.scaled_dot_product_attention(q, k, v, is_causal=True))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """`forward` gives features: hidden states after the final norm, `[batch][tokens][hidden]`."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.hidden, shape.eps)
        self.lm_head = None if shape.tied else nn.Linear(shape.hidden, shape.vocabulary, False)

    def head(self) -> torch.Tensor:
        """`[vocabulary][hidden]`."""
        return self.embed_tokens.weight if self.lm_head is None else self.lm_head.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        cos, sin = angles(positions, self.shape.head_dim, self.shape.theta)
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.norm(x)
