/** The compiler: `import { build, check } from "tilescript/compiler"`. */

export { EnvironmentError, ensureEnvironment } from "./backends/triton/index.js";
export {
  BuildError,
  type BuildOptions,
  type BuildProgress,
  type BuildRequest,
  type BuildResult,
  type CompileBuildsOptions,
  compileBuilds,
} from "./build/index.js";
export type { Manifest } from "./bundle/index.js";
export { build, type Checked, type CheckOptions, check, emitTriton, specialize } from "./compile.js";
export {
  type Diagnostic,
  DiagnosticError,
  diagnosticsToJson,
  type Note,
  renderDiagnostic,
  renderDiagnostics,
} from "./diagnostics/index.js";
export { createFrontend, type Frontend } from "./frontend/index.js";
export { type Build, type Kernel, type Param, printKernel, type Span } from "./ir/index.js";
