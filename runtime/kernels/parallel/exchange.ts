/** What `status` of an exchange says: 0 while all is well, 1 + the rank that did not answer in time, or that the host has ended it. */
export const ABORTED = 1 << 30;

/** Nanoseconds between two looks at what may end a wait. */
export const LOOK = 1_000_000;
