// Writes test/fixtures/greedy-second-model.json, what the float32 reference answers with the second model:
//
//   node test/reference/make-second-model-fixture.mjs PYTHON MODEL.gguf      PYTHON has numpy; takes some minutes
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createTokenizer } from "../../dist/runtime/tokenizer/index.js";
import { openGguf } from "../../dist/runtime/weights/index.js";

const NAMES = new Set(
  "numbers photosynthesis-french repeat-german repeat-chinese code-python multiples arithmetic long-text".split(" "),
);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [python, model] = process.argv.slice(2);
const tokenizer = createTokenizer(openGguf(model).metadata);
const prompts = JSON.parse(readFileSync(at("prompts.json"), "utf8")).filter(({ name }) => NAMES.has(name));
const asked = await Promise.all(prompts.map(({ messages }) => tokenizer.encodeChat(messages)));
const { status, stdout } = spawnSync(
  python,
  [
    at("families/run.py"),
    ...[model, "--dtype", "float32", "--greedy", "48"],
    ...asked.flatMap((ids) => ["--tokens", ids.join(",")]),
  ],
  { maxBuffer: 1 << 28, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
);
if (status !== 0) throw new Error(`the reference ended with ${status}`);
const cases = JSON.parse(stdout).map(({ greedy, gaps }, index) => {
  const end = greedy.findIndex((id) => tokenizer.eosIds.includes(id));
  const count = end < 0 ? greedy.length : end + 1;
  const ids = greedy.slice(0, count);
  const text = tokenizer.decode(ids, { skipSpecial: true });
  return { ...prompts[index], promptIds: asked[index], ids, gaps: gaps.slice(0, count), text };
});
writeFileSync(
  at("../fixtures/greedy-second-model.json"),
  `[\n${cases.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`,
);
