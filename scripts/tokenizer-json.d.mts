import type { GgufMetadata } from "../runtime/weights/index.js";

export declare const preTokenizersOf: Readonly<Record<string, readonly [preTokenizer: object, normalizer?: object]>>;
export declare function tokenizerJson(metadata: GgufMetadata): { tokenizer: object; config: object };
