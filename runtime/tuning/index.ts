export { bytesOfData, given, normal, type TuningData, zeroed } from "./data.js";
export { type Tuning, type TuningArguments, type TuningLaunch, type TuningShape, tuning } from "./tuning.js";
