import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "./built-cli.js";
import { WarmCommand } from "./cli/warm-cli.js";
import { temporaryFolder } from "./temporary-folder.js";

const readme = readFileSync(join(root, "README.md"), "utf8");

interface Block {
  readonly language: string;
  /** Name of the file that the block is. */
  readonly file: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...readme.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(
  ([, language = "", file = "", text = ""]) => ({ language, file, text }),
);
const files = blocks.filter(({ language, file }) => language === "ts" && file !== "");
const sessions = blocks
  .filter(({ language }) => language === "console")
  .map(({ text }) => /^\$ npx tilescript (.*)\n([\s\S]*)$/.exec(text)!);

/** A project as a reader would set it up: the README's files, and the package. */
const project = temporaryFolder("readme");

const terminal = new WarmCommand();

async function shell(line: string): Promise<{ readonly output: string; readonly status: number }> {
  const done = await terminal.run(project, line.split(" "), { TILESCRIPT_DEVICE: "cpu" });
  return { output: done.stdout + (done.status === 0 ? "" : done.stderr), status: done.status };
}

beforeAll(() => {
  for (const { file, text } of files) writeFileSync(join(project, file), text);
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  mkdirSync(join(project, "node_modules"));
  symlinkSync(root, join(project, "node_modules/tilescript"));
});

test.each(sessions.map(([, command, output]) => [command!, output!] as const))(
  "tilescript %s prints what the README says",
  async (command, output) => {
    expect((await shell(command)).output.trimEnd()).toBe(output.trimEnd());
  },
);

test("plain tsc accepts every file of the README that is right", () => {
  const sources = files.map(({ file }) => file).filter((file) => !file.startsWith("wrong"));
  const options = [
    "--noEmit",
    "--strict",
    "--target",
    "es2022",
    "--lib",
    "es2023,esnext.disposable",
    "--module",
    "nodenext",
    "--types",
    "node",
    "--typeRoots",
    join(root, "node_modules/@types"),
    "--skipLibCheck",
  ];
  const done = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options, ...sources], {
    cwd: project,
    encoding: "utf8",
  });
  expect(done.stdout).toBe("");
});

test("the model answers as the README's program asks it to", async () => {
  const { output, status } = await shell("run answer.ts");
  expect(status).toBe(0);
  expect(output).toMatch(/Paris[\s\S]*\d+ tokens, [\d.]+ a second\n$/);
});

test("the README's conversations read only what is new", async () => {
  const { output, status } = await shell("run sessions.ts");
  expect(status).toBe(0);
  const read = [...output.matchAll(/\((\d+) tokens read\)/g)].map(([, count]) => Number(count));
  expect(read).toHaveLength(2);
  for (const count of read) expect(count).toBeLessThan(20);
});

test("the README opens with what this is and the two commands", () => {
  const opening = readme.split("\n## ")[0]!;
  expect(opening).toContain("GPU tile kernels in TypeScript");
  expect(opening).toMatch(/^npm ci && npm start/m);
  expect(opening).toMatch(/^npm ci && npm test/m);
  expect(readFileSync(join(root, ".ci/run"), "utf8")).toContain("npm ci && npm test");
});

test("every command and every folder that the README names exists", async () => {
  const { output } = await shell("--help");
  for (const [, command] of readme.matchAll(/^\| `tilescript (\w+)/gm))
    expect(output).toMatch(new RegExp(`^  ${command} `, "m"));
  for (const [, path] of readme.matchAll(/`((?:compiler|runtime|dsl|cli|examples|scripts)\/[\w./-]*)`/g))
    expect(() => execFileSync("ls", [join(root, path!)])).not.toThrow();
});
