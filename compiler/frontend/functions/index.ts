/** Functions of the user's and of the language's library: each call becomes one of a device function, which is lowered at its first call. */

export { callFunction, callOfElements, chosen } from "./call.js";
export { forgetInside } from "./lower-function.js";
