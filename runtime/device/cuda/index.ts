export { CudaBuffer } from "./buffer.js";
export { CudaDevice, type CudaOptions } from "./device.js";
export { CudaGroup } from "./group.js";
