/** What a task set asks, and how answers are judged. */

/** What a model is told and asked, around a document that may have to be cut. */
export interface Asking {
  readonly system?: string;
  /** The user's message, up to the document and behind it. */
  readonly before: string;
  readonly document: string;
  readonly after: string;
  /** How the answer begins. */
  readonly opening?: string;
}

/** Numbers from 0 to 100 by name; the first is the task's own. */
export type Scores = Readonly<Record<string, number>>;

export interface Question extends Asking {
  readonly task: string;
  /** Which of the task's questions: "3.2" is the third one about the fourth document. */
  readonly id: string;
  /** Which document it is about: answers about one are not independent. */
  readonly about: string;
  /** Kinds of questions whose means have the same weight, however many are asked of each. */
  readonly kind?: string;
  /** Longest answer. */
  readonly maxTokens: number;
  readonly judge: (answer: string) => Scores;
}
