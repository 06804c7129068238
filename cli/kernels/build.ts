import type { BuildProgress, BuildResult } from "../../compiler/build/index.js";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { colours } from "../report/colours.js";
import { duration, plural, progress } from "../report/progress.js";
import { kernelFiles } from "./files.js";
import { targetArchitecture } from "./gpu-architecture.js";

interface BuildRequest {
  readonly paths: readonly string[];
  /** Models whose kernels are built, instead of paths. */
  readonly models: readonly string[];
  readonly attention?: readonly AttentionRequest[];
  readonly arch?: readonly number[];
  readonly out: string;
  readonly jobs?: number;
  readonly json?: boolean;
  readonly lineInfo?: boolean;
  readonly signal: AbortSignal;
}

function show({ folder, manifest, built, cached }: BuildResult, milliseconds: number): void {
  const variants = manifest.kernels.flatMap((kernel) => kernel.variants);
  const archs = [...new Set(variants.map(({ arch }) => `sm_${arch}`))].join(", ");
  const cubins =
    variants.length === 0
      ? "for the CPU executor"
      : `${plural(variants.length, "variant")} for ${archs}, ${built} compiled, ${cached} from the cache`;
  console.log(`${folder}: ${plural(manifest.kernels.length, "kernel")}, ${cubins} (${duration(milliseconds)})`);
  const spilled = variants.filter(({ resources }) => resources.spillBytes > 0).length;
  if (spilled > 0)
    console.log(colours(process.stdout).dim(`${plural(spilled, "variant")} spill registers; --json lists them`));
}

const asJson = ({ folder, manifest, built, cached }: BuildResult, milliseconds: number): string =>
  JSON.stringify(
    {
      folder,
      built,
      cached,
      milliseconds: Math.round(milliseconds),
      kernels: manifest.kernels.map(({ name, variants }) => ({
        name,
        variants: variants.map(({ arch, constants, dtypes, params, launch, resources }) => ({
          arch,
          constants,
          dtypes,
          divisible: params.flatMap(({ name, divisible }) => (divisible ? [name] : [])),
          one: params.flatMap((param) => (param.kind === "scalar" && param.one ? [param.name] : [])),
          ...resources,
          sharedBytes: launch.sharedBytes,
          warps: launch.warps,
        })),
      })),
    },
    null,
    2,
  );

async function built(
  { paths, models, attention, arch = [targetArchitecture()], ...rest }: BuildRequest,
  onProgress: (progress: BuildProgress) => void,
): Promise<BuildResult> {
  if (models.length === 0) {
    const { build } = await import("../../compiler/build/index.js");
    return build({ files: kernelFiles(paths), arch, ...rest, onProgress });
  }
  const [{ compileModels }, { modelPath }] = await Promise.all([
    import("./compile-models.js"),
    import("../generate/load-model.js"),
  ]);
  const files = await Promise.all(models.map((model) => modelPath(model, rest.signal)));
  return compileModels({ models: files, arch, attention, ...rest, onProgress });
}

/** Builds a bundle from files and folders, or for models, and says what it did. */
export async function buildFiles(request: BuildRequest): Promise<number> {
  const { json } = request;
  const started = performance.now();
  const line = progress();
  try {
    const result = await built(request, ({ text }) => line.show(text));
    line.clear();
    if (result.diagnostics.length > 0) {
      const { showDiagnostics } = await import("../report/diagnostics.js");
      showDiagnostics(result.diagnostics, process.stderr);
    }
    const milliseconds = performance.now() - started;
    if (json) console.log(asJson(result, milliseconds));
    else show(result, milliseconds);
    return 0;
  } finally {
    line.clear();
  }
}
