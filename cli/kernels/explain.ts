import { EXPLAINED, type Explained, explained } from "../../compiler/build/explain.js";
import { configurationText } from "../../compiler/build/failure.js";
import { promisesText } from "../../compiler/build/variants.js";
import { check, compileForGpu, planUnits, type Unit } from "../../compiler/compile.js";
import { isError } from "../../compiler/diagnostics/index.js";
import { colours } from "../report/colours.js";
import { showDiagnostics } from "../report/diagnostics.js";
import { progress } from "../report/progress.js";
import { kernelFiles } from "./files.js";
import { targetArchitecture } from "./gpu-architecture.js";

interface ExplainRequest {
  /** Files and folders of kernels that `check` finds nothing wrong with. */
  readonly paths: readonly string[];
  readonly arch?: number;
  readonly signal: AbortSignal;
}

function buildText(unit: Unit): string {
  const { kernel } = unit;
  return `${kernel.name} (${kernel.file}:${kernel.span.line}) ${configurationText(unit)}`;
}

/** Lines of a table: place, what the author wrote there, what it became. */
function rows(found: readonly Explained[], own: string): string[] {
  const cells = found.map(({ file, line, kind, how, count }) => [
    file === own ? `${line}` : `${file}:${line}`,
    kind,
    count > 0 ? `${count} × ${how}` : how,
  ]);
  const width = Math.max(...cells.map(([place]) => place!.length));
  return cells.map(([place, kind, how]) => `    ${place!.padStart(width)}  ${kind!.padEnd(6)}  ${how}`);
}

/** Compiles every variant of every build and prints what its lines became. Gives 1 where one cannot be compiled. */
export async function explainFiles({ paths, arch, signal }: ExplainRequest): Promise<number> {
  const { kernels } = check(kernelFiles(paths), { builds: false });
  const units = planUnits(kernels, [arch ?? targetArchitecture()]);
  const line = progress();
  const { made, problems } = await compileForGpu(units, {
    signal,
    ...EXPLAINED,
    onProgress: line.show,
    onDone: ({ kernel }, done, total) => line.show(`Compiling kernels: ${done} of ${total} (${kernel.name})`),
  }).finally(line.clear);
  const { bold, dim } = colours(process.stdout);
  let shown: Unit | undefined;
  for (const one of made) {
    const { unit } = one;
    if (unit.kernel !== shown?.kernel || unit.build !== shown.build) console.log(`\n${bold(buildText(unit))}`);
    shown = unit;
    console.log(`  ${promisesText(unit)}`);
    const found = rows(explained(one), unit.kernel.file);
    console.log(found.length > 0 ? found.join("\n") : dim("    no accesses"));
  }
  if (problems.length > 0) showDiagnostics(problems, process.stdout);
  return problems.some(isError) ? 1 : 0;
}
