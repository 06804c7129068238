/** Limits and marks of the rendering under way; there is one at a time. */
export const state = { limits: undefined, marks: undefined };
