/** Tools that a model may call: what is asked, how models write calls, and calls read from answers. */
export { CallReader, type Heard } from "./call-reader.js";
export { aboutTools, callOr, forcedCall } from "./forced.js";
export type { Form } from "./form.js";
export { formOf, signsOf } from "./forms.js";
export { saysSame } from "./says-same.js";
export { type Tool, type ToolCall, type ToolChoice, type ToolUse, toolUse } from "./tools.js";
