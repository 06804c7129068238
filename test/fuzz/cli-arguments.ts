/** Command lines: right and wrong options, values, files and places for output, in any order. Some go through the real command. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { CliCommand } from "../../cli/command.js";
import { main } from "../../cli/main.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { attempts } from "./harness/target.js";

export const name = "cli-arguments";

const root = fileURLToPath(new URL("../../", import.meta.url));
const commands = await Promise.all(
  readdirSync(join(root, "cli/commands")).map(
    async (file) => ((await import(`../../cli/commands/${file}`)) as { default: CliCommand }).default,
  ),
);
/** `--watch` waits for changes for ever, as it should. */
const optionsOf = ({ options }: CliCommand): string[] =>
  options.flatMap(({ flags }) => flags.match(/--?[\w-]+/g) ?? []).filter((flag) => flag !== "--watch");

const folder = newFolder();
const kernel = `import { arange, type Const, kernel, load, type Ptr, store } from "tilescript";
export const twice = kernel(
  ({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => store(x + arange(0, B), load(x + arange(0, B)) * 2),
  { builds: [{ constants: { B: 64 } }] },
);
`;
const files = {
  "good.kernel.ts": kernel,
  "bad.kernel.ts": kernel.replace("arange(0, B)", "arange(0, 100)"),
  "broken.kernel.ts": "export const (",
  "empty.kernel.ts": "",
  "zero\u0001.kernel.ts": kernel,
  "script.ts": "export const main = (...args: string[]) => console.log(args.length);",
  "text.txt": "some text",
  "bad.gguf": "GGUF\x03\0\0\0",
  "package.json": '{"name":"fuzzed","type":"module"}',
};
for (const [name, text] of Object.entries(files)) writeAnew(join(folder, name), text);
mkdirSync(join(folder, "folder"));
mkdirSync(join(folder, "webapp/src"), { recursive: true });
writeAnew(join(folder, "webapp/manifest.json"), '{"name":"an app"}');
writeAnew(join(folder, "webapp/src/app.ts"), "precious");
execFileSync("mkfifo", [join(folder, "fifo"), join(folder, "fifo.kernel.ts")]);
process.chdir(folder);
// No model of this machine is loaded, and nobody is asked for one.
Object.assign(process.env, {
  TILESCRIPT_MODEL: join(folder, "bad.gguf"),
  HF_HUB_OFFLINE: "1",
  HF_HOME: folder,
  NO_COLOR: "1",
});
Object.assign(process.env, { TILESCRIPT_AS_BUILT: "1", TILESCRIPT_DEVICE: "cpu" });

/** Nothing here is outside of the folder but what cannot be written to: the fuzzer may be root. */
const value = fc.constantFrom(
  ...Object.keys(files),
  "folder",
  "webapp",
  "out",
  "text.txt/x",
  "missing.ts",
  "fifo",
  "fifo.kernel.ts",
  "good.kernel.ts#twice",
  "good.kernel.ts#",
  "good.kernel.ts#nothing",
  "",
  " ",
  "-",
  "--",
  "---",
  "-1",
  "0",
  "1",
  "1e9",
  "1e400",
  "NaN",
  "8k",
  "1M",
  "0x10",
  "none",
  "sm_90",
  "sm_91",
  "cpu",
  "cuda",
  "ir",
  "triton",
  "dense",
  "streaming",
  "reattention:local=2k,topK=4",
  "reattention:local=",
  "reattention:local=-1,local=2",
  "hf:owner/model",
  "hf:a",
  "hf:../..:x@y",
  "a\nb",
  "é",
  "\ud800",
  "x".repeat(300),
  "x".repeat(200_000),
  "niah",
  "long-context",
  "retrieval",
  "model",
  "/proc/self/mem",
  "/nowhere/x",
  "../../../../nowhere/x",
);
const words = commands.map((command) =>
  fc.record({
    command: fc.constant(command.name),
    args: fc.array(
      fc.oneof(
        { weight: 2, arbitrary: value },
        fc.constantFrom(...optionsOf(command), "--help", "--verbose", "--version"),
      ),
      { maxLength: 7 },
    ),
  }),
);
/** What takes Python or a GPU is another test's; and what measures takes as long as it is told to. */
const usable = ({ command, args }: { command: string; args: readonly string[] }): boolean =>
  !args.some((arg) => /^sm_9/.test(arg) || arg === "cuda") && !(command === "bench" && args.includes("retrieval"));
const inputs = fc.record({
  line: fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .oneof(...words)
        .filter(usable)
        .map(({ command, args }) => [command, ...args]),
    },
    fc.array(value, { maxLength: 3 }),
  ),
  real: fc.oneof({ weight: 60, arbitrary: fc.constant(false) }, fc.constant(true)),
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In this process, which is a hundred times faster. */
async function inProcess(line: readonly string[]): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  const names = ["stdout", "stderr"] as const;
  const writes = names.map((name) => process[name].write);
  const { log } = console;
  for (const name of names)
    process[name].write = (text: string | Uint8Array) => {
      said[name] += String(text);
      return true;
    };
  console.log = (...texts) => void process.stdout.write(`${texts.join(" ")}\n`);
  try {
    await main(line);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    for (const [index, name] of names.entries()) Object.assign(process[name], { write: writes[index] });
    console.log = log;
    process.exitCode = undefined;
  }
}

function throughBin(line: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "cli/bin.mjs"), ...line], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { code: status, stdout, stderr };
}

export const { run, replay } = attempts({
  inputs,
  right: [
    { line: ["check", "good.kernel.ts"], real: false },
    { line: ["build", "good.kernel.ts", "--arch", "none", "--out", "built"], real: false },
    { line: ["--help"], real: true },
  ],
  refusals: [],
  async attempt({ line, real }) {
    // An argument of a process cannot have a NUL in it, nor all of them together be too long.
    // The language server ends the process that it runs in.
    const { code, stdout, stderr } = await ((real || line.includes("lsp")) && line.join("").length < 1000
      ? throughBin(line)
      : inProcess(line));
    assert.ok(code === 0 || code === 1 || code === 2, `exit code ${code}: ${stderr.slice(0, 500)}`);
    if (code !== 0) assert.notEqual((stdout + stderr).trim(), "", "it failed without a word");
    const verbose = line.includes("--verbose");
    const untyped = /--verbose shows where/.test(stderr) || (!verbose && /^\s+at .*:\d+:\d+\)?$/m.test(stderr));
    assert.ok(!untyped, `an error that is none of the project's own: ${stderr.slice(0, 500)}`);
    assert.deepEqual(
      readdirSync(join(folder, "webapp")),
      ["manifest.json", "src"],
      "a folder that is no bundle was changed",
    );
  },
});
