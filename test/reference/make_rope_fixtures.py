"""Prints the rotary frequencies of many configurations as JSON, in float64 by the rules that transformers 5 follows in float32.

    python test/reference/make_rope_fixtures.py > test/fixtures/rope.json
    python test/reference/make_rope_fixtures.py --check   compares them with transformers, where it is installed
"""

import argparse
import json
import math

LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
SHORT = [1.0 + 0.05 * i for i in range(48)]
LONG = [1.0 + 1.25 * i for i in range(48)]
LONGROPE = {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG}

# (what, family, head size, window, keys of config.json, tokens that are looked at)
CASES = [
    ("default", "llama", 64, 8192, {"rope_theta": 10000.0}, 100),
    ("linear", "llama", 128, 16384, {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 4.0}}, 16384),
    ("llama3", "llama", 128, 131072, {"rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", **LLAMA3}}, 100),
    ("llama3, 5.x", "llama", 64, 131072, {"rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", **LLAMA3, "factor": 32.0}}, 100),
    ("dynamic within", "llama", 128, 4096, {"rope_theta": 1e6, "rope_scaling": {"type": "dynamic", "factor": 2.0}}, 100),
    ("dynamic beyond", "llama", 128, 4096, {"rope_theta": 1e6, "rope_scaling": {"type": "dynamic", "factor": 2.0}}, 65536),
    ("yarn", "llama", 128, 32768, {"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}}, 100),
    ("yarn, all options", "llama", 64, 65536, {"rope_parameters": {"rope_type": "yarn", "rope_theta": 150000.0, "factor": 32.0, "beta_fast": 24.0,
        "beta_slow": 2.0, "truncate": False, "mscale": 0.7, "mscale_all_dim": 1.1, "original_max_position_embeddings": 4096}}, 100),
    ("yarn, attention factor", "llama", 64, 65536, {"rope_theta": 10000.0, "rope_scaling": {"rope_type": "yarn", "factor": 8.0, "attention_factor": 1.5,
        "original_max_position_embeddings": 8192}}, 100),
    ("yarn, short window", "llama", 16, 64, {"rope_theta": 10000.0, "rope_scaling": {"rope_type": "yarn", "factor": 2.0}}, 100),
    ("longrope short", "phi3", 96, 131072, {"rope_theta": 10000.0, "rope_scaling": LONGROPE, "original_max_position_embeddings": 4096}, 4096),
    ("longrope long", "phi3", 96, 131072, {"rope_theta": 10000.0, "rope_scaling": LONGROPE, "original_max_position_embeddings": 4096}, 4097),
    ("su, partial", "phi3", 128, 131072, {"partial_rotary_factor": 0.75, "rope_scaling": {"type": "su", "short_factor": SHORT, "long_factor": LONG, "original_max_position_embeddings": 4096},
        "original_max_position_embeddings": 4096}, 131072),
]


def config_of(family, head_size, window, keys):
    return {"model_type": family, "hidden_size": 2 * head_size, "num_attention_heads": 2, "max_position_embeddings": window, **keys}


def mscale(factor, weight=1.0):
    return 1.0 if factor <= 1 else 0.1 * weight * math.log(factor) + 1.0


def yarn(given, powers, base, rotated, window):
    factor, original = given["factor"], given.get("original_max_position_embeddings", window)

    def pair(turns):
        return rotated * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = pair(given.get("beta_fast", 32)), pair(given.get("beta_slow", 1))
    if given.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rotated - 1)
    if low == high:
        high += 0.001
    ramp = [min(max((i - low) / (high - low), 0), 1) for i in range(rotated // 2)]
    magnitude = given.get("attention_factor")
    if magnitude is None and given.get("mscale"):
        magnitude = mscale(factor, given["mscale"]) / mscale(factor, given["mscale_all_dim"])
    if magnitude is None:
        magnitude = mscale(factor)
    return [f / factor * r + f * (1 - r) for f, r in zip(powers, ramp)], magnitude


def llama3(given, powers):
    factor, low, high = given["factor"], given["low_freq_factor"], given["high_freq_factor"]
    original = given["original_max_position_embeddings"]
    scaled = []
    for f in powers:
        wavelength = 2 * math.pi / f
        smooth = (original / wavelength - low) / (high - low)
        kept = f if wavelength < original / high else f / factor
        between = original / high <= wavelength <= original / low
        scaled.append((1 - smooth) * f / factor + smooth * f if between else kept)
    return scaled


def frequencies(config, tokens):
    given = config.get("rope_scaling") or config.get("rope_parameters") or {}
    kind = given.get("rope_type", given.get("type", "default"))
    base = given.get("rope_theta", config.get("rope_theta", 10000.0))
    head_size, window = config["hidden_size"] // config["num_attention_heads"], config["max_position_embeddings"]
    rotated = int(head_size * config.get("partial_rotary_factor", 1.0))
    powers = [base ** (-2 * i / rotated) for i in range(rotated // 2)]
    if kind == "default":
        return powers, 1.0
    if kind == "linear":
        return [f / given["factor"] for f in powers], 1.0
    if kind == "llama3":
        return llama3(given, powers), 1.0
    if kind == "yarn":
        return yarn(given, powers, base, rotated, window)
    if kind == "dynamic":
        length = max(tokens, window)
        base *= (given["factor"] * length / window - (given["factor"] - 1)) ** (rotated / (rotated - 2))
        return [base ** (-2 * i / rotated) for i in range(rotated // 2)], 1.0
    original = config["original_max_position_embeddings"]
    divisors = given["long_factor"] if tokens > original else given["short_factor"]
    factor = window / original
    return [f / d for f, d in zip(powers, divisors)], math.sqrt(1 + math.log(factor) / math.log(original))


def check(config, tokens, expected, magnitude):
    """Compares with transformers' own function; float32 has 24 bits, and its power function loses some."""
    import copy

    from transformers import AutoConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    keys = copy.deepcopy(config)
    made = AutoConfig.for_model(keys.pop("model_type"), **keys)
    kind = made.rope_parameters["rope_type"]
    if kind == "default":
        return
    got, factor = ROPE_INIT_FUNCTIONS[kind](made, "cpu", seq_len=tokens)
    worst = max(abs(g / e - 1) for g, e in zip(got.tolist(), expected, strict=True))
    assert worst < 2e-6, (config, worst)
    assert abs(factor - magnitude) < 1e-9, (config, factor, magnitude)
    print(f"{kind}: worst relative difference {worst:.1e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    cases = []
    for what, family, head_size, window, keys, tokens in CASES:
        config = config_of(family, head_size, window, keys)
        expected, magnitude = frequencies(config, tokens)
        if arguments.check:
            check(config, tokens, expected, magnitude)
        cases.append({"what": what, "config": config, "tokens": tokens, "frequencies": expected, "magnitude": magnitude})
    if not arguments.check:
        print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
