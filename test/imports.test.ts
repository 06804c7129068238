import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const layers = ["dsl", "compiler", "runtime", "chart", "eval", "serve", "ai-sdk", "family-kernels", "bench", "cli"];

/** What a layer may import besides itself, as beginnings of paths. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  dsl: [],
  compiler: ["dsl/"],
  runtime: [
    "dsl/",
    "compiler/ir/",
    "compiler/backends/wasm/",
    "compiler/bundle/",
    "compiler/passes/",
    "compiler/store/",
  ],
  chart: [],
  eval: ["dsl/", "runtime/", "chart/"],
  serve: ["dsl/", "runtime/"],
  "ai-sdk": ["runtime/"],
  "family-kernels": ["compiler/", "runtime/"],
  bench: ["dsl/", "compiler/", "runtime/", "chart/"],
  cli: ["dsl/", "compiler/", "runtime/", "chart/", "eval/", "serve/", "bench/"],
};

const sources = layers.flatMap((layer) =>
  readdirSync(join(root, layer), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${layer}/${name}`),
);

/** Every module that a file imports, static or dynamic: a path from the root for a relative one. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8").replace(/^\s*(?:\/\/|\*).*$/gm, "");
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) =>
    name!.startsWith(".") ? normalize(join(dirname(file), name!)).replace(/\.js$/, ".ts") : name!,
  );
}

const isOurs = (name: string): boolean => layers.some((layer) => name.startsWith(`${layer}/`));

test("imports go one way: dsl ← compiler ← runtime ← eval, bench ← cli", () => {
  const wrong = sources.flatMap((file) => {
    const layer = file.split("/")[0]!;
    const allowed = [`${layer}/`, ...ALLOWED[layer]!];
    return importsOf(file)
      .filter((name) => isOurs(name) && !allowed.some((start) => name.startsWith(start)))
      .map((name) => `${file} imports ${name}`);
  });
  expect(wrong).toEqual([]);
});

test("only the front end loads TypeScript", () => {
  const importers = sources.filter((file) =>
    importsOf(file).some((name) => /(?:^|\/)typescript(?:\.mjs)?$/.test(name)),
  );
  expect(importers.length).toBeGreaterThan(0);
  expect(importers.filter((file) => !file.startsWith("compiler/frontend/"))).toEqual([]);
});

test("the Hub's client is loaded by a pull and by nothing else", () => {
  const importers = sources.filter((file) => importsOf(file).includes("@huggingface/hub"));
  expect(importers).toEqual(["runtime/weights/hub/listing.ts"]);
  expect(readFileSync(join(root, importers[0]!), "utf8")).not.toMatch(/from "@huggingface\/hub"/);
});

const FRONT_END = /(?:^|\/)typescript(?:\.mjs)?$|compiler\/frontend\//;
const PYTHON = /(?:^|\/)execa$|compiler\/(?:backends\/triton|build)\//;
/** Of that back end, what the text of every op is made with. */
const EMITTED = /compiler\/backends\/triton\/emit\//;

test("what a host program loads reaches neither TypeScript nor Python", () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    if (isOurs(file)) for (const name of importsOf(file)) visit(name);
  };
  visit("runtime/index.ts");
  const wrong = [...reached].filter((name) => FRONT_END.test(name) || (PYTHON.test(name) && !EMITTED.test(name)));
  expect(wrong).toEqual([]);
});

test("what scripts import of the built product has a source, with the names that they take", () => {
  const scripts = ["scripts", "bench", "test"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.m[jt]s$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const taken = scripts.flatMap((file) =>
    [
      ...readFileSync(join(root, file), "utf8").matchAll(/\{([^{}]*)\} = await import\(\s*"[^"]*\bdist\/([^"]+)\.js"/g),
    ].map(([, names, module]) => ({
      file,
      names: names!.split(",").map((name) => name.trim().split(":")[0]!),
      module,
    })),
  );
  expect(taken.length).toBeGreaterThan(5);
  for (const { file, names, module } of taken) {
    const source = join(root, `${module}.ts`);
    expect(existsSync(source), `${file} imports ${module}`).toBe(true);
    const text = readFileSync(source, "utf8");
    // What a module hands on from others is not looked for.
    if (text.includes("export *")) continue;
    for (const name of names.filter(Boolean))
      expect(text, `${file} takes it of ${module}`).toMatch(new RegExp(`\\b${name}\\b`));
  }
});
