import { bceAfterSigmoid } from './bceAfterSigmoid';
import { logOfSigmoid } from './logOfSigmoid';
import { logOfSoftmax } from './logOfSoftmax';
import type { Rule } from './rule';

/** Every rule. A new family is one file and one line here. */
export const rules: readonly Rule[] = [logOfSigmoid, logOfSoftmax, bceAfterSigmoid];
