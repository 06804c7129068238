import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelImports } from "../../cli/run/kernel-imports.js";
import { temporaryFolder } from "../temporary-folder.js";

function program(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder("imports");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("kernel modules are found behind other modules, whatever the import looks like", () => {
  const folder = program({
    "main.ts": `import * as a from "./a.kernel.js";\nimport {\n  b,\n} from "./helper.js";\nconst c = await import("./c.kernel.ts");`,
    "helper.ts": `export { b } from "./b.kernel.js";\nimport "./main.js";`,
    "a.kernel.ts": "",
    "b.kernel.ts": "",
    "c.kernel.ts": "",
  });
  const found = kernelImports(join(folder, "main.ts"));
  expect([...found.values()].sort()).toEqual(["a", "b", "c"].map((name) => join(folder, `${name}.kernel.ts`)));
});

test("an import of types alone compiles nothing", () => {
  const folder = program({ "main.ts": `import type * as a from "./a.kernel.js";`, "a.kernel.ts": "" });
  expect(kernelImports(join(folder, "main.ts")).size).toBe(0);
});

test("in built JavaScript the kernel's TypeScript beside it is compiled", () => {
  const folder = program({ "main.js": `import { a } from "./a.kernel.js";`, "a.kernel.js": "", "a.kernel.ts": "" });
  expect([...kernelImports(join(folder, "main.js"))]).toEqual([
    [join(folder, "a.kernel.js"), join(folder, "a.kernel.ts")],
  ]);
});
