// Puts the tables of measurements into README.md and docs/results.md, from bench/results/*.json: between <!-- results --> and
// <!-- /results -->.
//
//   node scripts/readme-tables.mjs [--check]      --check changes nothing and fails where a page says something else
import { existsSync, readFileSync } from "node:fs";
import { at, put } from "./written-pages.mjs";

/** Of the GPU, or of no device in particular. */
const read = (name) => {
  const path = [`${name}-nvidia-h200`, name].map((one) => at(`bench/results/${one}.json`)).find(existsSync);
  return path && JSON.parse(readFileSync(path, "utf8"));
};

const table = (head, rows) =>
  [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
const whole = (value) => Math.round(value).toLocaleString("en");
const tokens = (count) => (count >= 1 << 20 ? `${count >> 20}M` : `${count >> 10}k`);
const about = (count) => {
  const [unit, suffix] = count < 1 << 20 ? [1 << 10, "k"] : [1 << 20, "M"];
  return `${Number((count / unit).toPrecision(2))}${suffix}`;
};
const source = ({ device, driver, commit, date }) =>
  `${device}, driver ${driver}, ${date.slice(0, 10)}, commit \`${commit}\``;

/** Of what was run at several times. */
const commitsOf = (runs) => {
  const commits = [...new Set(runs.map(({ commit }) => `\`${commit}\``))];
  return `commit${commits.length > 1 ? "s" : ""} ${commits.join(", ")}`;
};

const model =
  (name, weights) =>
  ({ ours, peer, prefill, ...run }) => {
    const row = (name, rates) => [name, whole(rates.prefillTokensPerSecond), whole(rates.decodeTokensPerSecond)];
    const ratio = (key) => `${(ours[key] / peer[key]).toFixed(2)} ×`;
    const rows = [row(`TileScript, ${weights}`, ours)];
    if (!peer.absent) {
      rows.push(row(`transformers ${peer.version}, bf16, compiled static cache`, peer));
      rows.push(["ratio", ratio("prefillTokensPerSecond"), ratio("decodeTokensPerSecond")]);
    }
    return `${name}, one sequence, tokens a second (\`tilescript bench model\`; ${source(run)}):\n\n${table(["", `prefill of ${prefill}`, "decode"], rows)}`;
  };

function retrieval({ results, peer, exact, ...run }) {
  const rows = results.flatMap(({ heads, kvHeads, headSize, points }) =>
    points
      .filter(
        ({ what }, index, all) =>
          what.includes("retrieval") &&
          all.findIndex((one) => one.what === what && one.keys === all[index].keys) === index,
      )
      .map(({ what, queries, keys, ms, terabytesPerSecond, teraflops }) => {
        const torch = headSize === 128 ? peer?.points?.find((one) => one.keys === keys) : undefined;
        const theirs = torch?.[queries === 1 ? "decodeMs" : "prefillMs"];
        return [
          `${what}, ${queries === 1 ? "1 query" : `${queries} queries`}, ${heads}/${kvHeads} heads of ${headSize}, ${tokens(keys)} keys`,
          ms.toFixed(3),
          teraflops ? `${whole(teraflops)} TFLOP/s` : `${terabytesPerSecond.toFixed(2)} TB/s`,
          theirs ? theirs.toFixed(2) : "",
        ];
      }),
  );
  const rowsExact = exact ? Object.values(exact).flat() : [];
  const checked = rowsExact.reduce((sum, one) => sum + (one.rows ?? 0), 0);
  const sure = checked > 0 ? ` Picks of ${whole(checked)} rows agree with float64.` : "";
  return `Exact top-4 retrieval of ReAttention, a layer (\`tilescript bench retrieval\`; ${source(run)}).${sure}\n\n${table(["", "ms", "", "torch matmul + topk, ms"], rows)}`;
}

/** Sentences on where ReAttention overtakes dense attention; older results do not say. */
function overtaking(crossovers = []) {
  const where = ({ tokens: count, outside }) => {
    if (outside === "beyond") return `not within ${tokens(count)} tokens`;
    return outside === "below" ? `at every length, from ${tokens(count)} tokens on` : `from ${about(count)} tokens on`;
  };
  return crossovers
    .map(({ attention, firstToken, token }) => [
      attention.split(":")[0],
      ...(firstToken ? [`answers its first token earlier than dense attention ${where(firstToken)}`] : []),
      ...(token ? [`makes a token faster ${where(token)}`] : []),
    ])
    .filter(({ length }) => length > 1)
    .map(([name, ...facts]) => `\n\n\`${name}\` ${facts.join(", and ")}.`)
    .join("");
}

function sessions({ rows, peer, ...run }) {
  const theirs = new Map(peer?.rows?.map((row) => [row.sessions, row]));
  const body = rows.map(({ sessions: count, tokensPerSecond, firstTokenMs }) => {
    const other = theirs.get(count);
    return [
      ...[String(count), whole(tokensPerSecond), (tokensPerSecond / count).toFixed(1), whole(firstTokenMs)],
      ...(other ? [whole(other.tokensPerSecond), (tokensPerSecond / other.tokensPerSecond).toFixed(1)] : []),
    ];
  });
  const columns = ["answers at once", "tokens a second", "of each", "first token, ms"];
  if (theirs.size) columns.push(`${peer.name}, tokens a second`, "ratio");
  const beside = theirs.size
    ? `, beside the continuous batching of ${peer.name} with its attention "${peer.attention}"`
    : "";
  return `Llama-3.1-8B's shape in bf16 with random weights, answers at once, tokens a second of all together${beside} (\`tilescript bench sessions\`; ${source(run)}):\n\n${table(columns, body)}`;
}

/** Launches of two builds of a kernel stand beside each other. */
const step =
  (model) =>
  ({ kernels, depth, stepUs, hostUs, ...run }) => {
    const body = kernels.map(({ kernel, launches, inStepUs, aloneUs, apartUs, bytes }) => [
      ...[`\`${kernel}\``, String(launches), ...[inStepUs, aloneUs, apartUs].map((us) => us.toFixed(1))],
      bytes > 0 ? (bytes / 1e6).toFixed(2) : "",
    ]);
    return `A decode step of ${model} after ${depth} tokens: ${whole(stepUs)} µs, for which the host takes ${hostUs.toFixed(0)}. Microseconds of a launch: what the step would take less without it; in a row of nothing but such; and there, none begun before the one ahead has ended (\`tilescript bench step\`; ${source(run)}):\n\n${table(["kernel", "launches", "in the step", "alone", "apart", "MB to read"], body)}`;
  };

const longContext =
  (name, model) =>
  ({ rows, crossovers, ...run }) => {
    const charts = ["token", "first-token"].map((kind) => `../bench/results/${name}-nvidia-h200-${kind}.png`);
    const body = rows.map((one) => [
      tokens(one.tokens),
      one.attention.split(":")[0],
      one.firstTokenMs === undefined ? "" : (one.firstTokenMs / 1000).toFixed(2),
      one.tokenMs.toFixed(2),
      (one.memoryBytes / 2 ** 30).toFixed(2),
    ]);
    return `${model} by length of the context (\`tilescript bench long-context\`; ${source(run)}):\n\n${table(
      ["tokens", "attention", "first token, s", "a token, ms", "memory, GiB"],
      body,
    )}${overtaking(crossovers)}\n\n![Time per token](${charts[0]})\n![Time to first token](${charts[1]})`;
  };

function launch({ nanoseconds, launches }) {
  const us = (value) => `${(value / 1000).toFixed(2)} µs`;
  return `One launch from JavaScript, the median of ${whole(launches)} (\`bench/launch.mjs\`): ${us(nanoseconds.prepared.median)} prepared, of which the driver's own \`cuLaunchKernelEx\` is nearly all; ${us(nanoseconds.graphOf20.median)} inside a graph.`;
}

function tutorials({ rows, versions, ...run }) {
  const body = rows.map(({ name, ms, tritonMs, ratio }) => [
    name,
    ...[ms, tritonMs].map((time) => time.toPrecision(3)),
    ratio.toFixed(2),
  ]);
  return `What Triton's tutorials do, by the kernels of \`examples/\` and by such as an author of Triton writes (\`bench/tutorials/triton\`), compiled by the same Triton ${versions.triton} and launched in turns, milliseconds (\`bench/tutorials\`; ${source(run)}):\n\n${table(["", "TileScript", "Triton", "ratio"], body)}`;
}

function load({ bytes, tensors, plainSeconds, uploadSeconds, ratio, rssBytes, ...run }) {
  const speed = (time) => `${time.toFixed(2)} s, ${(bytes / time / 1e9).toFixed(1)} GB/s`;
  const grown = Math.max(0, Math.round((rssBytes.most - rssBytes.before) / 2 ** 20));
  return `Loading ${(bytes / 1e9).toFixed(1)} GB in ${tensors} tensors from the page cache to the GPU (\`bench/load.mjs\`; ${source(run)}): ${speed(uploadSeconds)}, which is ${ratio.toFixed(2)} × the time of plain copies from pinned memory (${speed(plainSeconds)}). The process had ${grown} MiB more meanwhile, for the buffers that are pinned once.`;
}

/** Right answers over all depths, and both kinds of question, by attention and context. */
function answers({ cells }) {
  const contexts = [...new Set(cells.map(({ context }) => context))].sort((a, b) => a - b);
  const modes = [...new Set(cells.map(({ attention }) => attention))];
  const share = (attention, context) => {
    const runs = cells
      .filter((cell) => cell.attention === attention && cell.context === context)
      .flatMap(({ runs }) => runs);
    return runs.length > 0 ? `${runs.filter(({ right }) => right).length} of ${runs.length}` : "";
  };
  const rows = modes.map((mode) => [`\`${mode}\``, ...contexts.map((context) => share(mode, context))]);
  const each = (of) => contexts.map((context) => of(cells.filter((cell) => cell.context === context)));
  const depths = each((some) => [...new Set(some.map(({ depth }) => depth))].sort((a, b) => a - b).join(", "));
  const needles = each((some) => Math.max(...some.flatMap(({ runs }) => runs.map(({ needle }) => needle + 1))));
  return table(
    ["", ...contexts.map(tokens)],
    [...rows, ["depths, percent", ...depths], ["needles a depth", ...needles]],
  );
}

const asked = ({ device, date }) => `(\`tilescript eval niah\`; ${device.name}, ${(date ?? "").slice(0, 10)})`;

const needles = (name, model) => (results) =>
  `Questions for a needle in a haystack of ${results.hay.name} that ${model}, which was trained for ${tokens(results.model.trainedContext)} tokens, answered right, each asked with and without the answer's beginning ${asked(results)}:\n\n${answers(results)}\n\n![Needles](../bench/results/${name}-nvidia-h200.png)`;

const parameters = (results) =>
  `The same questions in ${results.hay.name} with other parameters ${asked(results)}:\n\n${answers(results)}`;

function fuzz({ targets, date }) {
  const rows = targets.map(({ target, inputs, errors, crashes, hangs, peakMiB }) => [
    target,
    ...[inputs, errors, crashes, hangs, peakMiB].map(whole),
  ]);
  const head = ["target", "inputs", "untyped errors", "crashes", "hangs", "peak memory, MiB"];
  const how = `\`node scripts/fuzz.mjs\`; ${date.slice(0, 10)}, ${commitsOf(targets)}`;
  return `Hostile inputs, and what came of them (${how}):\n\n${table(head, rows)}`;
}

function sanitizer({ runs, device, driver, date }) {
  const tools = [...new Set(runs.map(({ tool }) => tool))];
  const of = (tool, test) => runs.find((run) => run.tool === tool && run.test === test);
  const rows = [...new Set(runs.map(({ test }) => test))].map((test) => [
    test,
    ...tools.map((tool) => {
      const run = of(tool, test);
      return run ? `${run.findings} in ${whole(run.passed)} tests` : "";
    }),
  ]);
  return `Findings of NVIDIA's compute-sanitizer (\`scripts/compute-sanitizer.mjs\`; ${device}, driver ${driver}, ${date.slice(0, 10)}, ${commitsOf(runs)}):\n\n${table(["tests", ...tools], rows)}`;
}

const here = ({ device, processors, node, commit, date }) =>
  `${device}, ${processors} processors, Node ${node.slice(1)}, ${date.slice(0, 10)}, commit \`${commit}\``;
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function installing({ rows, ...run }) {
  const seconds = (value) => (value === undefined ? "" : value.toFixed(1));
  const lines = rows.map(({ name, version, bytes, installSeconds, firstTokenSeconds, firstTokenAgainSeconds }) => [
    `${name} ${version}`,
    `${whole(bytes / 1e6)} MB`,
    seconds(installSeconds),
    seconds(firstTokenSeconds),
    seconds(firstTokenAgainSeconds && middle(firstTokenAgainSeconds)),
  ]);
  const head = ["package", "installed", "seconds to install", "to the first token, the first time", "later"];
  return `From an empty folder to the first token of SmolLM2-135M on a CPU (\`node bench/install.mjs\`; ${here(run)}; transformers.js reads no GGUF files):\n\n${table(head, lines)}`;
}

function steady({ rows, ...run }) {
  const lines = rows.map(({ kind, count, megabytes }) => [
    `${whole(count)} ${kind}`,
    ...megabytes.map((size) => `${whole(size)} MB`),
  ]);
  return `Memory of the process over much work, eight at once, a tenth of it left early (\`node --expose-gc scripts/steady.mjs\`; ${here(run)}):\n\n${table(["", "after a fifth", "after half", "at the end"], lines)}`;
}

/** What each page shows, in order. */
const PAGES = {
  "README.md": [
    ["model", model("SmolLM2-135M", "Q4_1 weights")],
    ["model-llama-8b", model("Llama-3.1-8B's shape with random weights", "bf16 weights")],
    ["model-qwen2.5-coder-0.5b", model("Qwen2.5-Coder-0.5B-Instruct", "Q4_K_M weights")],
    ["load", load],
    ["long-context-llama-8b", longContext("long-context-llama-8b", "Llama-3.1-8B's shape")],
  ],
  "docs/results.md": [
    ["launch", launch],
    ["tutorials", tutorials],
    ["sessions-llama-8b", sessions],
    ["sessions-llama-8b-transformers", sessions],
    ["step", step("SmolLM2-135M in Q4_1")],
    ["step-llama-8b", step("Llama-3.1-8B's shape in bf16")],
    ["reattention", retrieval],
    ["long-context", longContext("long-context", "SmolLM2-135M")],
    ["niah-qwen2.5-coder-0.5b", needles("niah-qwen2.5-coder-0.5b", "Qwen2.5-Coder-0.5B-Instruct in Q4_K_M")],
    ["niah", needles("niah", "SmolLM2-135M")],
    ["niah-text", needles("niah-text", "SmolLM2-135M")],
    ["niah-parameters", parameters],
    ["install", installing],
    ["steady", steady],
    ["fuzz", fuzz],
    ["compute-sanitizer", sanitizer],
  ],
};

const block = /(<!-- results -->\n)[\s\S]*?(\n<!-- \/results -->)/;

/** The page with its tables as the results are, whose pictures lie beside it or above. */
function updated(page, sections) {
  const before = readFileSync(at(page), "utf8");
  if (!block.test(before)) throw new Error(`${page} has no <!-- results --> … <!-- /results -->`);
  const text = sections
    .flatMap(([name, render]) => {
      const result = read(name);
      return result ? [render(result)] : [];
    })
    .join("\n\n");
  const placed = page.includes("/") ? text : text.replaceAll("](../bench/", "](bench/");
  return before.replace(block, (_, start, end) => `${start}${placed}${end}`);
}

put(
  Object.entries(PAGES).map(([page, sections]) => [page, updated(page, sections)]),
  "bench/results",
  "readme-tables",
);
