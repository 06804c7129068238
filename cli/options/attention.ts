import { InvalidArgumentError } from "commander";
import { type AttentionRequest, parseAttention } from "../../runtime/reattention/index.js";

/** An attention mode; its parameters are judged when the model is known. */
export function attention(text: string): AttentionRequest {
  try {
    return parseAttention(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
