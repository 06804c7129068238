import { afterEach, expect, it, vi } from "vitest";
import { ensureEnvironment, startTriton } from "../../../../compiler/backends/triton/index.js";
import { lackOfRoom } from "../../../../compiler/backends/triton/temporary-folder.js";
import { add } from "./kernels.js";

afterEach(() => vi.unstubAllEnvs());

it("a folder for temporary files that is not there is named, and no kernel is blamed", async () => {
  const environment = { ...(await ensureEnvironment({ extras: ["model", "test"] })), python: "/bin/false" };
  vi.stubEnv("TMPDIR", "/nowhere");
  using triton = await startTriton({ environment });
  await expect(triton.compile(add)).rejects.toMatchObject({
    code: "temporary-folder",
    missing: "The folder for temporary files, /nowhere, does not exist.",
    hint: expect.stringContaining("TMPDIR"),
  });
});

it.each([
  ["ptxas", "[Errno 28] No space left on device", ""],
  ["mlir", "[Errno 122] Disk quota exceeded", ""],
  ["crash", "Triton crashed", "LLVM ERROR: IO failure on output stream: No space left on device"],
] as const)("a full one is told from a wrong kernel: %s", (stage, message, detail) => {
  expect(lackOfRoom({ stage, message, detail, calls: [] })).toMatchObject({
    code: "temporary-folder",
    missing: expect.stringContaining("became full"),
  });
});

it("what is wrong with a kernel stays so", () => {
  const failure = { stage: "ptxas", message: "Illegal operand", detail: "line 3; error", calls: [] } as const;
  expect(lackOfRoom(failure)).toBeUndefined();
  vi.stubEnv("TMPDIR", "/nowhere");
  expect(lackOfRoom(failure)).toMatchObject({ code: "temporary-folder" });
});
