/** What to do where files have no kernel, a misspelled import of the language being one reason. */
export const EXPORT_A_KERNEL = 'Export one: export const name = kernel(…), with kernel imported from "tilescript".';
