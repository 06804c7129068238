/*
 * The way of a kernel from its text to what runs, a stage a line. `check` goes as far as the first two, the CPU executor one further; a
 * bundle for GPUs is all the others.
 */

/** Typed IR → Python for Triton: one text for all builds, with the place in the TypeScript of each of its lines. */
export { emitTriton } from "./backends/triton/emit/index.js";
/** Specialised IR → WebAssembly for the CPU. */
export { compileForCpu } from "./backends/wasm/index.js";
/** All of it for files: nothing where nothing changed. */
export { build } from "./build/build.js";
/** Units → cubins and whatever else is asked for, or what is wrong with them at its place in the TypeScript. */
export { compileForGpu } from "./build/compile.js";
/** Kernels → their cubins → a bundle, all or nothing. */
export { bundleKernels } from "./build/from-kernels.js";
/** Typed IR and architectures → units: a kernel, a build, an architecture, and what is taken for granted of arguments. */
export { planUnits, type Unit } from "./build/plan.js";
/** Files of TypeScript → typed IR, symbolic in its constants, and every problem on the way; each build is tried by the next stage. */
export { type Checked, type CheckOptions, check } from "./check.js";
/** Typed IR and a build → IR with numbers for its constants, and known branches taken. */
export { specialize } from "./passes/index.js";
