/** A file of logits that can't be taken: what is wrong, where, and what to do, in words for the user. */
export class SamplesError extends Error {}

/** Whoever wanted the samples does not want them any more. */
export class ReadingCancelled extends Error {
  constructor() {
    super('Cancelled.');
  }
}
