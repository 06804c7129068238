import { type Type, typeText } from "../../ir/index.js";

export const both = (a: Type, b: Type): string => `${typeText(a)} and ${typeText(b)}`;
