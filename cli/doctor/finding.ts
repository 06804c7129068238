/** One line of `doctor`. */
export interface Finding {
  readonly name: string;
  /** `limited` works, but not as well as it could. */
  readonly state: "ok" | "limited" | "missing";
  readonly found: string;
  /** What does not work because of it. */
  readonly costs?: string;
  readonly remedy?: string;
}

/** Looks at one thing; gives one finding or several. Never throws. */
export type Examination = () => Promise<Finding | readonly Finding[]>;
