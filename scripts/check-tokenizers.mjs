// Checks the tokenizer against the vocabularies that llama.cpp tests its own with (models/ggml-vocab-*.gguf, each with
// texts in .inp and their ids in .out): from GGUF, and from a tokenizer.json made of it. Prints a line for each.
//
//   node scripts/check-tokenizers.mjs FOLDER [--cut FILE]
//
// --cut checks nothing and writes what test/fixtures/vocabularies.json has: some of the vocabularies, cut down to what
// their texts need.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bringUpToDate } from "./dist.mjs";
import { tokenizerJson } from "./tokenizer-json.mjs";

const [folder, cut, cutFile] = process.argv.slice(2);
if (!folder || !existsSync(folder) || (cut && (cut !== "--cut" || !cutFile))) {
  console.error(
    "Usage: node scripts/check-tokenizers.mjs FOLDER [--cut FILE]\nFOLDER has the files models/ggml-vocab-* of llama.cpp.",
  );
  process.exit(2);
}
bringUpToDate({ say: (text) => console.error(text) });
const { openGguf } = await import("../dist/runtime/weights/index.js");
const tokenizers = await import("../dist/runtime/tokenizer/index.js");
const { createTokenizer, readGgufTokenizer, readHuggingFaceTokenizer } = tokenizers;

const prefix = "ggml-vocab-";
const names = readdirSync(folder)
  .filter((file) => file.startsWith(prefix) && file.endsWith(".gguf"))
  .map((file) => file.slice(prefix.length, -".gguf".length));
const pathOf = (name) => join(folder, `${prefix}${name}.gguf`);
const separator = "\n__ggml_vocab_test__\n";
const textsOf = (name) => readFileSync(`${pathOf(name)}.inp`, "utf8").split(separator);
const idsOf = (line) => line.trim().split(" ").filter(Boolean).map(Number);
/** For vocabularies that come without texts: both ways of reading them must agree. */
const anyTexts = names.filter((name) => existsSync(`${pathOf(name)}.inp`)).flatMap(textsOf);

/** The same tokenizer by way of the files of a Hugging Face folder. */
function fromJson(metadata) {
  const place = mkdtempSync(join(tmpdir(), "tokenizer-"));
  try {
    const { tokenizer, config } = tokenizerJson(metadata);
    writeFileSync(join(place, "tokenizer.json"), JSON.stringify(tokenizer));
    writeFileSync(join(place, "tokenizer_config.json"), JSON.stringify(config));
    return createTokenizer(readHuggingFaceTokenizer(place));
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** A text of about a million tokens, as unlike real ones as can be: pieces of the vocabulary in random order. */
function longText(tokenizer) {
  let seed = 1;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const ids = Array.from({ length: 1_000_000 }, () => random(tokenizer.vocabularySize));
  return tokenizer.decode(ids, { skipSpecial: true }).replaceAll("\ufffd", "");
}

function tokensPerSecond(tokenizer) {
  const text = longText(tokenizer);
  const start = performance.now();
  const count = tokenizer.encode(text).length;
  const seconds = (performance.now() - start) / 1000;
  return `${(count / 1e6).toFixed(1)} M random tokens in ${seconds.toFixed(1)} s`;
}

function check(name) {
  const { metadata } = openGguf(pathOf(name));
  const start = performance.now();
  const gguf = createTokenizer(metadata);
  const loading = Math.round(performance.now() - start);
  const json = fromJson(metadata);
  const expected = existsSync(`${pathOf(name)}.out`);
  const lines = expected ? readFileSync(`${pathOf(name)}.out`, "utf8").split("\n") : [];
  const wrong = [];
  let exact = 0;
  const texts = expected ? textsOf(name) : anyTexts;
  texts.forEach((text, i) => {
    const [one, other] = [gguf, json].map((tokenizer) => tokenizer.encode(text, { addSpecial: false }));
    if (one.join() !== other.join()) wrong.push(`${JSON.stringify(text)}: GGUF ${one}, tokenizer.json ${other}`);
    const composes = gguf.decode(one) === text.normalize("NFC");
    if (gguf.decode(one) !== text && !composes)
      wrong.push(`${JSON.stringify(text)}: decoded to ${JSON.stringify(gguf.decode(one))}`);
    // The models' own tokenizers compose what llama.cpp leaves apart.
    const comparable = expected && !(composes && text !== text.normalize("NFC"));
    if (comparable && idsOf(lines[i]).join() !== one.join())
      wrong.push(`${JSON.stringify(text)}: ${one}, not ${lines[i]}`);
    if (comparable) exact++;
  });
  const what = expected ? `${exact} of ${texts.length} texts exact` : `${texts.length} texts without expected ids`;
  const apart =
    expected && exact < texts.length
      ? ` (${texts.length - exact} are decomposed, which this model's tokenizer composes)`
      : "";
  const speed = tokensPerSecond(gguf);
  console.log(
    `${wrong.length ? "WRONG" : "ok"}  ${name}: ${what}${apart}, GGUF and tokenizer.json alike; loads in ${loading} ms; ${speed}`,
  );
  for (const line of wrong.slice(0, 5)) console.log(`      ${line}`);
  return wrong.length === 0;
}

let failed = false;
for (const name of cutFile ? [] : names) {
  try {
    if (!check(name)) failed = true;
  } catch (error) {
    if (error.code !== "tokenizer-unsupported") throw error;
    console.log(`--  ${name}: refused, ${error.message}`);
  }
}

/** A map that remembers what was found in it. */
class Remembering extends Map {
  found = new Set();
  get(key) {
    const value = super.get(key);
    if (value !== undefined) this.found?.add(key);
    return value;
  }
}

/** One of each kind. */
const kept = ["llama-bpe", "deepseek-llm", "falcon", "command-r", "llama-spm", "phi-3", "gemma-4"];

/** The vocabulary with the tokens that its texts, and any single byte, may need; ids count from 0 again. */
function cutDown(name) {
  const { metadata } = openGguf(pathOf(name));
  const source = readGgufTokenizer(metadata);
  const { pieces, order } = source.model;
  const knownPieces = new Remembering(pieces);
  const ranks = new Remembering("ranks" in order ? order.ranks : []);
  const model = { ...source.model, pieces: knownPieces, order: "ranks" in order ? { ranks } : order };
  const tokenizer = createTokenizer({ ...source, model });
  const texts = textsOf(name);
  for (const text of texts) tokenizer.encode(text);
  const types = metadata.numbers("tokenizer.ggml.token_type");
  const wanted = new Set([
    ...knownPieces.found,
    ...[...ranks.found].flatMap((merge) => [...merge.split(" "), merge.replace(" ", "")]),
  ]);
  // Single bytes and characters of the alphabet, byte tokens, and the first special tokens.
  let special = 0;
  const ids = source.tokens.flatMap((token, id) => {
    const isSpecial = types[id] === 3 || types[id] === 2;
    const isByte =
      types[id] === 6 || (source.model.byteLevel || name === "falcon" ? Array.from(token).length === 1 : false);
    // Of runs of spaces all or none: merges are ranked by run, and scores are not.
    const isRun = /^▁+$/.test(token);
    return wanted.has(token) || isRun || isByte || (isSpecial && special++ < 6) || id === source.bosId ? [id] : [];
  });
  const newIds = new Map(ids.map((id, i) => [id, i]));
  const renamed = (id) => newIds.get(id) ?? fail(`${name}: token ${id} was cut away`);
  const scores = "scores" in order ? { scores: ids.map((id) => order.scores[id]) } : {};
  const lines = readFileSync(`${pathOf(name)}.out`, "utf8").split("\n");
  const settings = ["general.name", "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.add_space_prefix"];
  return {
    settings: Object.fromEntries(settings.filter((key) => metadata.has(key)).map((key) => [key, metadata.get(key)])),
    tokens: ids.map((id) => source.tokens[id]),
    types: ids.map((id) => types[id]).join(""),
    ...scores,
    ...("ranks" in order ? { merges: [...ranks.found].sort((a, b) => order.ranks.get(a) - order.ranks.get(b)) } : {}),
    ids: texts.map((_, i) => idsOf(lines[i]).map(renamed).join(" ")),
  };
}

function fail(message) {
  throw new Error(message);
}

if (cutFile) {
  const texts = textsOf(kept[0]);
  const same = kept.filter((name) => textsOf(name).join() === texts.join());
  const others = kept.filter((name) => !same.includes(name)).map((name) => [name, textsOf(name)]);
  const vocabularies = Object.fromEntries(kept.map((name) => [name, cutDown(name)]));
  writeFileSync(cutFile, `${JSON.stringify({ texts, otherTexts: Object.fromEntries(others), vocabularies })}\n`);
}
process.exit(failed ? 1 : 0);
