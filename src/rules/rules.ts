import { ownLogarithmOf } from './families/entropy';
import { distributionOfProbabilities, gumbelOfUniform } from './families/random';
import { crossEntropyOfGiven } from './families/crossEntropy';
import { branches } from './families/branches';
import { distributions } from './families/distributions';
import { exponentialQuotients } from './families/exponentialQuotients';
import { hyperbolic } from './families/hyperbolic';
import { contrastByHand, logsOfExponentials } from './families/logsOfExponentials';
import { ratios } from './families/ratios';
import { smallDifferences } from './families/smallDifferences';
import { logOfNegative } from './families/logOfNegative';
import { logOfZero } from './families/logOfZero';
import { logOfSigmoid } from './families/logOfSigmoid';
import { logOfSoftmax } from './families/logOfSoftmax';
import { formats } from './families/formats';
import { logOfMixture, logOfReciprocal } from './families/mixtures';
import { norms } from './families/norms';
import { powers } from './families/powers';
import { probabilities } from './families/probabilities';
import { products } from './families/products';
import { logOfSaturated } from './families/saturation';
import { rootOfExponential } from './families/roots';
import { statistics } from './families/statistics';
import { wiring } from './families/wiring';
import { zeroGradients } from './families/zeroGradients';
import type { Rule } from './rule';

/** Every rule, the more specific ones first: of two that fit at a place the first is reported. */
export const rules: readonly Rule[] = [
  ...probabilities,
  ...branches,
  ownLogarithmOf,
  gumbelOfUniform,
  distributionOfProbabilities,
  logOfSigmoid,
  logOfNegative,
  // Where both fit, similarities are spoken of.
  contrastByHand,
  logOfSoftmax,
  logOfMixture,
  logOfReciprocal,
  logOfSaturated,
  crossEntropyOfGiven,
  ...hyperbolic,
  ...distributions,
  ...logsOfExponentials,
  ...exponentialQuotients,
  rootOfExponential,
  ...wiring,
  ...zeroGradients,
  ...products,
  ...statistics,
  logOfZero,
  ...norms,
  ...powers,
  ...formats,
  ...ratios,
  // What costs a few digits at most comes last.
  ...smallDifferences,
];
