/** The compiler: `import { build, check } from "tilescript/compiler"`. */

export type { TritonText } from "./backends/triton/emit/index.js";
export {
  type EnsureOptions,
  EnvironmentError,
  type EnvironmentErrorCode,
  ensureEnvironment,
  type PythonEnvironment,
} from "./backends/triton/index.js";
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
  type DiagnosticJson,
  diagnosticsToJson,
  type Note,
  type ReadSource,
  type RenderOptions,
  renderDiagnostic,
  renderDiagnostics,
} from "./diagnostics/index.js";
export {
  createFrontend,
  type Description,
  type Frontend,
  type FrontendOptions,
  type Lowered,
  type LoweredFile,
  type LowerOptions,
  type Texts,
} from "./frontend/index.js";
export {
  type Attr,
  type Attrs,
  type Budget,
  type Build,
  type CompileOptions,
  type ConstValue,
  type DeviceFunction,
  type Dim,
  type DimExpression,
  type DimOp,
  type Expr,
  type Kernel,
  type Limit,
  type Param,
  type Promises,
  printKernel,
  type Shape,
  type Span,
  type Stmt,
  type Type,
} from "./ir/index.js";
