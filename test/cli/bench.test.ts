import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { finish } from "../../cli/bench/model.js";
import { temporaryFolder } from "../temporary-folder.js";
import { cli } from "./run-cli.js";

afterEach(() => vi.unstubAllEnvs());

describe("tilescript bench", () => {
  it.each<[string[], RegExp]>([
    [[], /missing required argument 'task'/],
    [
      ["speed"],
      /'speed' is invalid for argument 'task'. Allowed choices are long-context, retrieval, model, sessions, step/,
    ],
    [["long-context", "--lengths", "8k;16k"], /512, 8k or 1M/],
    [["long-context", "--decode-only", "none"], /512, 8k or 1M/],
    [["long-context", "--attention", "dense"], /dense attention is measured beside other modes: --dense says/],
    [["long-context", "--attention", "reattention:clap=2"], /reattention has no clap/],
    [["long-context", "--device", "gpu"], /Allowed choices are cpu, cuda/],
    [["long-context", "--lengths", "none"], /nothing to measure: name lengths by --dense or --decode-only/],
    [["long-context", "--prefill", "8k"], /--prefill says nothing to bench long-context: it is for bench model/],
    [["long-context", "--no-peer"], /--no-peer says nothing.*bench retrieval and bench model/],
    [["retrieval", "--decode-only", "8k"], /--decode-only says nothing to bench retrieval.*bench long-context/],
    [["retrieval", "--lengths", "none"], /nothing to measure/],
    [["model", "--fresh"], /--fresh says nothing to bench model/],
    [["sessions", "--prefill", "8k"], /--prefill says nothing to bench sessions: it is for bench model/],
    [["sessions", "--sessions", "1,65"], /at most 64/],
    [["step", "--decode", "8"], /--decode says nothing to bench step: it is for bench model and bench sessions/],
    [["model", "--depth", "8k"], /--depth says nothing to bench model: it is for bench step/],
    [["step", ..."--attention streaming --attention reattention".split(" ")], /bench step takes one --attention/],
    [["model", "--decode", "1"], /at least 2/],
    [["model", "--out", ""], /Expected the path of a folder/],
  ])("%j is wrong usage", async (args, message) => {
    expect(await cli("bench", ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it.each(["long-context", "retrieval", "model", "sessions", "step"])(
    "%s without a GPU says so, and what to do",
    async (task) => {
      vi.stubEnv("TILESCRIPT_NATIVE", "/nowhere/tilescript.node");
      vi.stubEnv("TILESCRIPT_DEVICE", "");
      expect(await cli("bench", task)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(/error: there is no GPU to measure: .+\nhint: .*--device cpu/),
      });
    },
  );

  it("says which model file is missing", async () => {
    for (const task of ["long-context", "model", "sessions", "step"])
      expect(await cli("bench", task, "--device", "cpu", "--model", "nowhere.gguf")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("nowhere.gguf"),
      });
  });

  // Node's own recursive mkdir would never come back from /proc.
  it.runIf(process.platform === "linux")("tells before it measures that results cannot be written", async () => {
    const file = join(temporaryFolder("bench"), "a-file");
    writeFileSync(file, "");
    for (const [out, cause] of [
      ["/proc/foo", "permission denied"],
      [join(file, "deeper"), "a part of the path is a file, not a folder"],
      [file, "there is a file of that name"],
    ] as const)
      expect(await cli("bench", "retrieval", "--device", "cpu", "--out", out)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(
          new RegExp(`error: --out: results cannot be written to the folder ${out}: .*${cause}.*\nhint: .*--out`),
        ),
      });
  });

  describe("when it is through", () => {
    const results = (commit: string) => ({ device: "A GPU", commit });
    const said = (out: string, commit: string) => {
      const texts: string[] = [];
      const spies = [
        vi.spyOn(console, "log").mockImplementation((text) => void texts.push(String(text))),
        vi.spyOn(process.stderr, "write").mockImplementation((text) => texts.push(String(text)) > 0),
      ];
      try {
        finish("model", results(commit), "the table", { out });
      } catch (error) {
        texts.push((error as Error).message);
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
      return texts;
    };

    it("prints what was measured before it says that it cannot be written", () => {
      const out = join(temporaryFolder("bench"), "a-file");
      writeFileSync(out, "");
      expect(said(out, "a")).toEqual([
        "the table",
        expect.stringMatching(/^--out: results cannot be written to the folder/),
      ]);
    });

    it("keeps results of another commit under another name", () => {
      const out = join(temporaryFolder("bench"), "out");
      for (const commit of ["a", "a", "b"]) said(out, commit);
      expect(readdirSync(out).sort()).toEqual(["model-a-gpu.earlier-1.json", "model-a-gpu.json"]);
      const commitOf = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8")).commit;
      expect(["model-a-gpu.earlier-1.json", "model-a-gpu.json"].map(commitOf)).toEqual(["a", "b"]);
    });
  });
});
