import type { Expression } from '../../expression';
import type { PythonAnalysis } from '../../python';
import type { Hit } from '../rule';

/** What the rest of a file says about a value. */

/** Longer products are no loss. */
const mostFactors = 32;

/** What is multiplied, through signs; a quotient is one factor. */
export function multiplicandsOf(product: Expression): readonly Expression[] {
  const found: Expression[] = [];
  const visit = (node: Expression): void => {
    if (found.length >= mostFactors) return;
    if (node.kind === 'withGradient') visit(node.value);
    else if (node.kind === 'operation' && (node.operator === 'multiply' || node.operator === 'negate')) {
      found.push(node);
      for (const operand of node.operands) visit(operand);
    } else found.push(node);
  };
  visit(product);
  return found;
}

const productsKnown = new WeakMap<PythonAnalysis, ReadonlyMap<Expression, readonly Expression[]>>();

/** The products that a value is a factor of, wherever in the file they are formed. */
export function productsWith({ analysis }: Hit, factor: Expression): readonly Expression[] {
  let products = productsKnown.get(analysis);
  if (!products) {
    const all = new Map<Expression, Expression[]>();
    const put = (key: Expression, product: Expression): void => {
      const list = all.get(key);
      if (list) list.push(product);
      else all.set(key, [product]);
    };
    for (const { alternatives, loss } of analysis.sites) {
      if (loss !== undefined) continue;
      for (const [value] of alternatives) {
        if (value?.kind !== 'operation' || value.operator !== 'multiply') continue;
        for (const each of multiplicandsOf(value)) put(each, value);
      }
    }
    products = all;
    productsKnown.set(analysis, products);
  }
  return products.get(factor) ?? [];
}

/** The other factors of the products that a value is a factor of. */
export function companions(hit: Hit, factor: Expression): readonly Expression[] {
  return productsWith(hit, factor).flatMap((product) => multiplicandsOf(product).filter((each) => each !== factor));
}

/** What `x -= x.mean()` leaves is called x. */
export const nameIn = (code: string): string => /^([\w.]+)\s*[-+*/]=/.exec(code)?.[1] ?? code;

/** What the code calls a value, if it has a short name for it where the finding is. */
export function nameOf({ analysis, site }: Hit, value: Expression | undefined): string | undefined {
  const origin = value && analysis.originOf(value);
  if (!origin || (origin.within !== site.within && !origin.anywhere)) return undefined;
  const text = nameIn(analysis.text.slice(origin.start, origin.end));
  return text.length <= 24 && !/[\r\n#]/.test(text) ? text : undefined;
}
