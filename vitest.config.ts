import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^tilescript$/, replacement: at("./dsl/index.ts") },
      { find: /^tilescript\/compiler$/, replacement: at("./compiler/index.ts") },
      { find: /^tilescript\/runtime$/, replacement: at("./runtime/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/gpu/**", "test/fixtures/**"],
    testTimeout: 60_000,
    maxWorkers: 2,
    pool: "forks",
  },
});
