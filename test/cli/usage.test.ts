import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { architectures } from "../../cli/options/architectures.js";
import { cli } from "./run-cli.js";

const commands = readdirSync(new URL("../../cli/commands/", import.meta.url)).map((name) => name.replace(".ts", ""));

test("--help lists every command, --version prints one", async () => {
  const { code, stdout } = await cli("--help");
  expect(code).toBe(0);
  for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  for (const flag of ["--version", "-v"]) expect((await cli(flag)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each(commands)("%s --help shows examples", async (name) => {
  const { code, stdout } = await cli(name, "--help");
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`\\nExamples:\\n  \\$ .*tilescript ${name}`));
});

test("wrong usage ends with 2 and says what was meant", async () => {
  expect(await cli("chekc")).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean check?") });
  expect(await cli("check", "--jsn", "x")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean --json?"),
  });
  expect(await cli("check")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("missing required argument 'files'"),
  });
  expect(await cli("build", "x.ts", "--arch", "sm_91")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("sm_91 is not among sm_80"),
  });
  expect(await cli("generate", "--max-tokens", "many")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("512, 8k or 1M"),
  });
  expect(await cli("print", "x.ts#k", "--arch", "none")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/none is not among sm_80, [^,]*,.* sm_120\.$/m),
  });
  expect(await cli("run", "--devce", "cpu", "x.ts")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean --device?"),
  });
  expect(await cli("print", "x.ts#k", "--stage", "asm")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Allowed choices are ir, triton"),
  });
});

test.each([
  ["--top-p 0", "above 0 and at most 1"],
  ["--top-p 1.1", "above 0 and at most 1"],
  ["--min-p 2", "a number from 0 to 1"],
  ["--repetition-penalty 0", "from 0.01 to 100"],
  ["--presence-penalty x", "from -100 to 100"],
  ["--temperature 101", "from 0 to 100"],
  ["--seed 5000000000", "from 0 to 4294967295"],
  ["--stop ", "at least one character"],
  ["--model ", "Expected the path of a file"],
  ["--prompt-file b", "cannot be used with option '-p, --prompt"],
])("generate %s is wrong usage", async (options, message) => {
  const [name = "", value = ""] = options.split(" ");
  const wrong = await cli("generate", "--prompt", "a", name, value);
  expect(wrong).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
});

test("wrong input ends with 1 and says what would be right", async () => {
  expect(await cli("check", "nowhere.ts")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/nowhere\.ts does not exist\nhint: Give the path/),
  });
  expect(await cli("run", "nowhere.ts")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nowhere.ts does not exist"),
  });
});

/** Each option of each command that takes a value, with two values that it takes, by what --help says of it. */
const VALUES: Readonly<Record<string, readonly [string, string]>> = {
  arch: ["sm_90", "sm_80"],
  attention: ["reattention", "streaming"],
  decode: ["2", "3"],
  device: ["cpu", "cuda"],
  prefix: ["with", "both"],
  stage: ["ir", "ptx"],
  model: ["a.gguf", "b.gguf"],
  stop: ["a", "b"],
};
const SEVERAL = [
  "inspect --set",
  "build --arch",
  "build --model",
  "tune --shapes",
  "generate --stop",
  "chat --stop",
  "eval --attention",
  "build --attention",
  "bench --attention",
];
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  eval: ["niah"],
  bench: ["long-context"],
  print: ["x.ts#k"],
  run: ["x.ts"],
};

test.each(commands)("no option of %s that is given twice loses the first in silence", async (name) => {
  const { stdout } = await cli(name, "--help");
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?--([\w-]+) <([^>]+)>/gm)].map(([, option]) => option!);
  for (const option of options) {
    const [first, second] = VALUES[option] ?? ["1", "2"];
    if (SEVERAL.includes(`${name} --${option}`)) continue;
    const { code, stderr } = await cli(name, `--${option}`, first, `--${option}`, second, ...(ARGUMENTS[name] ?? []));
    expect({ option, code, stderr }).toEqual({
      option,
      code: 2,
      stderr: expect.stringContaining(`It was given as '${first}' before, and can be given only once.`),
    });
  }
});

test("--arch given twice means both", async () => {
  expect(architectures("sm_80", architectures("sm_90"))).toEqual([80, 90]);
  expect(await cli("build", "x.ts", "--arch", "none", "--arch", "sm_90")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("none and architectures were both given"),
  });
});
