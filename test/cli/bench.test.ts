import { afterEach, describe, expect, it, vi } from "vitest";
import { cli } from "./run-cli.js";

afterEach(() => vi.unstubAllEnvs());

describe("tilescript bench", () => {
  it.each<[string[], RegExp]>([
    [[], /missing required argument 'task'/],
    [["speed"], /'speed' is invalid for argument 'task'. Allowed choices are long-context, retrieval, model/],
    [["long-context", "--lengths", "8k;16k"], /512, 8k or 1M/],
    [["long-context", "--decode-only", "none"], /512, 8k or 1M/],
    [["long-context", "--attention", "dense"], /Dense attention is measured beside it: --dense says/],
    [["long-context", "--attention", "reattention:clap=2"], /reattention has no clap/],
    [["long-context", "--device", "gpu"], /Allowed choices are cpu, cuda/],
    [["long-context", "--lengths", "none"], /nothing to measure: name lengths by --dense or --decode-only/],
    [["long-context", "--prefill", "8k"], /--prefill says nothing to bench long-context: it is for bench model/],
    [["long-context", "--no-peer"], /--no-peer says nothing.*bench retrieval and bench model/],
    [["retrieval", "--decode-only", "8k"], /--decode-only says nothing to bench retrieval.*bench long-context/],
    [["retrieval", "--lengths", "none"], /nothing to measure/],
    [["model", "--fresh"], /--fresh says nothing to bench model/],
    [["model", "--decode", "1"], /at least 2/],
    [["model", "--out", ""], /Expected the path/],
  ])("%j is wrong usage", async (args, message) => {
    expect(await cli("bench", ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it.each(["long-context", "retrieval", "model"])("%s without a GPU says so, and what to do", async (task) => {
    vi.stubEnv("TILESCRIPT_NATIVE", "/nowhere/tilescript.node");
    vi.stubEnv("TILESCRIPT_DEVICE", "");
    expect(await cli("bench", task)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/error: there is no GPU to measure: .+\nhint: .*--device cpu/),
    });
  });

  it("says which model file is missing", async () => {
    for (const task of ["long-context", "model"])
      expect(await cli("bench", task, "--device", "cpu", "--model", "nowhere.gguf")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("nowhere.gguf"),
      });
  });
});
