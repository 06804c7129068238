export { bytesOfData, given, normal, type TuningData, zeroed } from "./data.js";
export {
  type Tuning,
  type TuningArgument,
  type TuningArguments,
  type TuningLaunch,
  type TuningOptions,
  type TuningShape,
  tuning,
} from "./tuning.js";
