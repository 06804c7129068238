"""Top-4 retrieval by torch alone, for bench/reattention: matmul and topk, with the keys laid out as suits them best.

    python torch_topk.py --lengths 131072,1048576

Prints one JSON object: milliseconds of a decode step (one query of 32 heads) and of a chunk of 512 queries, over 8 KV heads of 128, the rate
of a copy in TB/s, and of a large matrix product in TFLOP/s. Medians of CUDA graphs' times; a chunk only where its scores fit.
"""

import argparse
import json
import statistics

import torch

HEADS, KV_HEADS, SIZE, TOP = 32, 8, 128, 4


def milliseconds(work, rounds=15) -> float:
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    times = []
    for _ in range(rounds):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times)


def normal(*shape):
    return torch.randn(shape, device="cuda", dtype=torch.bfloat16)


def retrieval(keys, queries: int) -> float:
    q = normal(KV_HEADS, HEADS // KV_HEADS * queries, SIZE)
    return milliseconds(lambda: torch.topk(q @ keys.transpose(1, 2), TOP, dim=-1))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lengths", default="131072,1048576")
    lengths = [int(length) for length in parser.parse_args().lengths.split(",")]
    points = []
    for length in lengths:
        keys = normal(KV_HEADS, length, SIZE)
        point = {"keys": length, "decodeMs": retrieval(keys, 1)}
        scores = HEADS * 512 * length * 2
        if scores * 2 < torch.cuda.mem_get_info()[0]:
            point["prefillMs"] = retrieval(keys, 512)
        points.append(point)
        del keys
        torch.cuda.empty_cache()
    source, target = normal(1 << 29), normal(1 << 29)
    copy = milliseconds(lambda: target.copy_(source))
    a, b = normal(8192, 8192), normal(8192, 8192)
    product = milliseconds(lambda: a @ b)
    print(json.dumps({
        "name": "torch", "version": torch.__version__, "points": points,
        "copyTerabytesPerSecond": 4 * source.numel() / copy / 1e9,
        "matmulTeraflops": 2 * 8192**3 / product / 1e9,
    }))  # yapf: disable


if __name__ == "__main__":
    main()
