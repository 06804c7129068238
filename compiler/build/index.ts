/** From kernels to a bundle on disk. */

export { type BuildOptions, type BuildProgress, type BuildResult, build } from "./build.js";
export { BuildError } from "./error.js";
export { jobOf, type PlannedJob } from "./job.js";
export { buildsOf, type Unit } from "./plan.js";
