/** Where the documentation speaks of a code: the page has a heading for each, and a heading's anchor is its text in small letters. */
export const ERRORS_PAGE = "docs/errors.md";

export const placeOnPage = (code: string): string => `${ERRORS_PAGE}#${code.toLowerCase()}`;
