import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { bringUpToDate } from "./scripts/dist.mjs";

/**
 * Files that leave nothing changed that others see: no module is mocked, no variable of the environment stays set, what is printed is caught for
 * a command line and no longer, and no first time is compared with a second. They share a process and the modules in it, since to import the compiler takes longer than most of them run.
 */
const PURE = [
  ...["backends/wasm", "bundle", "diagnostics", "emit", "frontend", "ir", "library", "limits", "ops", "passes"].map(
    (name) => `test/compiler/${name}{.test.ts,/**/*.test.ts}`,
  ),
  "test/compiler/{corners,build/{plan,references,compile-builds,tuned},build/specialization/*,cache/key,store/places}.test.ts",
  ...["generate", "models/families", "tokenizer", "tuning"].map((name) => `test/runtime/${name}/**/*.test.ts`),
  "test/runtime/{integers,device/arrays,device/cpu/addresses,reattention/*,weights/*,weights/hub/{names,refusals}}.test.ts",
  "test/runtime/models/{batch,cache,context,no-numbers,rope-frequencies,shaped}.test.ts",
  ...["bench", "chart", "dsl", "eval"].map((name) => `test/${name}/**/*.test.ts`),
  "test/{model-kernels/*,operands/*,wrong-programs/*,fuzz/kernel-text,reference/{fixtures,triton-interpreter}}.test.ts",
  "test/cli/{build,check,check-explain,eval,explain,inspect,kernel-imports,printable,progress,tune/buffers,usage,watched-folders}.test.ts",
  "test/runtime/{parallel/*,device/cpu/beside}.test.ts",
  "test/runtime/device/cpu/{checked,closing,device,growable,grown-memory,traced}.test.ts",
  "test/{serve/*,tiny,model/{config,dry-run,second-model,tokenizer},compiler/backends/triton/{content,failures}}.test.ts",
  "test/{docs,error-pages,errors,imports,language-reference,public-surface,readme-tables,triton-names}.test.ts",
];
const NONE = ["test/gpu/**", "test/fixtures/**"];

/** The longest first, so that none runs alone at the end; all others by the size of the file. */
const LONGEST = [
  ...["fuzz/fuzz", "random/random", "package/package", "model/generate", "compiler/emit/compile", "cli/tune"],
  ...["model/reattention", "model-kernels/kernels", "model/families", "cli/generate", "cli/run-checked", "readme"],
  ...[
    "compiler/backends/triton/environment",
    "reference/families",
    "model/bench",
    "compiler/check",
    "operands/operands",
  ],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What the sources make under test and what dist/ makes is the same, and each would make anew what the other has stored under its name. */
const NAMED_AS_BUILT = { find: /^\.\/fingerprint\.js$/, replacement: at("./dist/compiler/store/fingerprint.js") };
/** With --watch the sources change, and dist/ does not. */
const once = process.argv.includes("run");
if (once) bringUpToDate();
// What tests start need not look again.
if (once) process.env.TILESCRIPT_AS_BUILT = "1";

export default defineConfig({
  resolve: {
    alias: [
      ...(once ? [NAMED_AS_BUILT] : []),
      { find: /^tilescript$/, replacement: at("./dsl/index.ts") },
      { find: /^tilescript\/compiler$/, replacement: at("./compiler/index.ts") },
      { find: /^tilescript\/runtime$/, replacement: at("./runtime/index.ts") },
    ],
  },
  test: {
    // Tells a test that hangs from one on a machine that is slow or does other things: no test measures time by it.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
    pool: "forks",
    setupFiles: [at("./test/tidy.setup.ts")],
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: [...NONE, ...PURE] } },
      { extends: true, test: { name: "together", include: PURE, exclude: NONE, isolate: false } },
    ],
  },
});
