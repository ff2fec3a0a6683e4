import { add, constant, differentiate, divide, negate, substitute, variable, type Expression } from '../expression';

/** 0 and 1 are the targets of a binary loss, between them soft ones; `mean` is the mean of the losses of both. */
export type Target = number | 'mean';

/** A loss as the catalogue gives it, over the logit `z` and the target `t`. */
export interface LossOverLogit {
  /** As the framework computes it. */
  readonly loss: Expression;
  /** d loss / dz as the framework's backward pass computes it. */
  readonly gradient: Expression;
  /** What the loss stands for in exact arithmetic. */
  readonly ideal: Expression;
}

/**
 * A loss for one target, over the *margin* `m`: the logit for target 1, minus the logit for target 0, so that larger
 * is better and the right side is m > 0. Gradients stay derivatives with respect to the logit, except that of a
 * mean, which is with respect to the margin.
 */
export interface Subject {
  readonly target: Target;
  readonly loss: Expression;
  readonly gradient: Expression;
  /** The mathematical loss and its derivative. */
  readonly exactLoss: Expression;
  readonly exactGradient: Expression;
}

/** The name of a subject's only variable. */
export const margin = 'm';

/** 1 where the logit is the margin, -1 where it is its negative. */
export function orientation(target: Target): 1 | -1 {
  return target === 'mean' || target >= 0.5 ? 1 : -1;
}

export function subjectAt(form: LossOverLogit, target: Target): Subject {
  if (target === 'mean') return meanOf(subjectAt(form, 0), subjectAt(form, 1));
  const m = variable(margin);
  const bindings = new Map<string, Expression>([
    ['z', orientation(target) === 1 ? m : negate(m)],
    ['t', constant(target)],
  ]);
  const at = (expression: Expression): Expression => substitute(expression, bindings);
  return {
    target,
    loss: at(form.loss),
    gradient: at(form.gradient),
    exactLoss: at(form.ideal),
    exactGradient: at(differentiate(form.ideal, 'z', 'mathematical')),
  };
}

/** What a framework reports for a batch of two samples, one of each target, at the same margin. */
function meanOf(zero: Subject, one: Subject): Subject {
  const mean = (a: Expression, b: Expression): Expression => divide(add(a, b), 2);
  // d/dm: the logit of target 0 is -m.
  return {
    target: 'mean',
    loss: mean(zero.loss, one.loss),
    gradient: mean(negate(zero.gradient), one.gradient),
    exactLoss: mean(zero.exactLoss, one.exactLoss),
    exactGradient: mean(negate(zero.exactGradient), one.exactGradient),
  };
}
