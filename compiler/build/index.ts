/** From kernels to a bundle on disk. */

export { type BuildOptions, type BuildResult, build } from "./build.js";
export { type BuildRequest, type CompileBuildsOptions, compileBuilds } from "./compile-builds.js";
export { BuildError } from "./error.js";
export { dropBundle } from "./folder.js";
export { keptBundle } from "./kept.js";
export { buildsOf, type Unit } from "./plan.js";
export type { BuildProgress } from "./progress.js";
export { projectOf } from "./project.js";
