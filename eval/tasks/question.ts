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
  /** The model continues the text as it stands, behind the token with which its texts begin: no chat template even where there is one, and no line feed more. */
  readonly bare?: true;
  /**
   * What is left out of a prompt that is too long. "document-end", as where there is nothing here: the document's last tokens. "prompt-middle": the middle of
   * the whole message (before, document and after as one text), of which the first and the last half of the room's tokens stay, whatever they are.
   */
  readonly cut?: "document-end" | "prompt-middle";
  /** Texts of which each ends the answer, once that has a token, and are not in it. */
  readonly stop?: readonly string[];
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
  /** Parts of its task whose means are told beside the task's own: "8k+", or "hard" and "long". */
  readonly groups?: readonly string[];
  /** Longest answer. */
  readonly maxTokens: number;
  /** What is asked next, of who has thought about it: then the answer to that is judged. */
  readonly then?: { readonly maxTokens: number; readonly ask: (thought: string) => Asking };
  readonly judge: (answer: string) => Scores;
}
