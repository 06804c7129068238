import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tritonContent } from "../../../../compiler/backends/triton/content.js";
import { type PythonEnvironment, startTriton } from "../../../../compiler/backends/triton/index.js";
import { add } from "./kernels.js";

let folder: string;
let environment: PythonEnvironment;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "content-")));
  environment = { folder, python: join(folder, "python"), pythonVersion: "3.11.7", sitePackages: join(folder, "site") };
  install();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FILES = {
  "triton/__init__.py": "__version__ = '3.9.0'",
  "triton/_C/libtriton.so": "library",
  "triton/backends/nvidia/bin/ptxas": "12.9",
  "triton/backends/nvidia/bin/ptxas-blackwell": "13.4",
};
const at = (name: string) => join(environment.sitePackages, name);

function write(name: string, text: string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}

/** What a wheel of these files leaves. */
function install(files: Readonly<Record<string, string>> = FILES, version = "3.9.0"): void {
  rmSync(environment.sitePackages, { recursive: true, force: true });
  const hash = (text: string) => createHash("sha256").update(text).digest("base64url");
  const lines = Object.entries(files).map(([name, text]) => `${name},sha256=${hash(text)},${text.length}`);
  for (const [name, text] of Object.entries(files)) write(name, text);
  write(`triton-${version}.dist-info/RECORD`, `${lines.join("\n")}\n`);
}

describe("the content of an environment's Triton", () => {
  it("is that of its files, wherever it is read from", async () => {
    const first = await tritonContent(environment);
    install();
    write("triton/__pycache__/x.pyc", "made by Python");
    expect(await tritonContent(environment)).toBe(first);
    install({ ...FILES, "triton/_C/libtriton.so": "another" });
    expect(await tritonContent(environment)).not.toBe(first);
  });

  it("is hashed once an environment", async () => {
    await tritonContent(environment);
    const memo = JSON.parse(readFileSync(join(folder, "tilescript-content.json"), "utf8"));
    install({ ...FILES, "triton/more.py": "" });
    await tritonContent(environment);
    install();
    await tritonContent(environment);
    const again = JSON.parse(readFileSync(join(folder, "tilescript-content.json"), "utf8"));
    expect([again.content, again.stamp === memo.stamp]).toEqual([memo.content, false]);
    writeFileSync(join(folder, "tilescript-content.json"), "null");
    expect(await tritonContent(environment)).toBe(memo.content);
  });

  it.each(Object.keys(FILES))("shows one changed byte of %s, also at its old size and time", async (name) => {
    await tritonContent(environment);
    const { atime, mtime, size } = statSync(at(name));
    writeFileSync(at(name), "x".repeat(size));
    utimesSync(at(name), atime, mtime);
    await expect(tritonContent(environment)).rejects.toMatchObject({
      name: "EnvironmentError",
      code: "changed",
      missing: expect.stringContaining(`site/${name} was changed`),
      hint: expect.stringContaining(`rm -r '${folder}'`),
    });
  });

  it("is not that of another version, nor of files that no wheel brought", async () => {
    install(FILES, "3.8.1");
    await expect(tritonContent(environment)).rejects.toMatchObject({
      code: "changed",
      missing: expect.stringMatching(/3\.8\.1, not 3\.9\.0/),
    });
    install();
    write("triton/knobs.py", "planted");
    await expect(tritonContent(environment)).rejects.toMatchObject({
      code: "changed",
      missing: expect.stringMatching(/knobs\.py was changed/),
    });
  });
});

describe("a worker", () => {
  /** Says what it is told to say of itself, runs a command for a job, and answers with an empty output. */
  function worker({ triton = "3.9.0", places = Object.keys(FILES).map(at), onJob = ":" } = {}): void {
    const ready = { python: "3.11.7", triton, ptxas: { legacy: "12.9", current: "13.4" }, places };
    const output = { metadata: { shared: 0, tmem: 0, numWarps: 4, numCtas: 1, parameters: [] } };
    writeFileSync(
      environment.python,
      `#!/bin/sh\necho '${JSON.stringify({ ready })}'\nread job\n${onJob}\necho '${JSON.stringify({ output })}'\nread job\n`,
      { mode: 0o755 },
    );
  }

  async function compiled() {
    using triton = await startTriton({ environment, jobs: 1 });
    return await triton.compile(add);
  }

  it("puts the content of its Triton into what it makes", async () => {
    worker();
    expect(await compiled()).toMatchObject({ ok: true, versions: { content: await tritonContent(environment) } });
  });

  it.each([
    ["is of another version", { triton: "9.9.9" }, /its Triton says that it is 9\.9\.9, not 3\.9\.0/],
    ["takes a part from elsewhere", { places: ["/bin/sh"] }, /it takes \/bin\/sh from elsewhere/],
  ])("that %s is refused", async (_what, facts, missing) => {
    worker(facts);
    await expect(compiled()).rejects.toMatchObject({
      name: "EnvironmentError",
      code: "changed",
      missing: expect.stringMatching(missing),
    });
  });

  it("whose assembler is replaced while it works gives nothing", async () => {
    worker({ onJob: `printf 13.5 > ${at("triton/backends/nvidia/bin/ptxas-blackwell")}` });
    await expect(compiled()).rejects.toMatchObject({ name: "EnvironmentError", code: "changed" });
  });
});
