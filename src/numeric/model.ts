import { inOrder, isTensorOperator, type Expression, type Operation } from '../expression';
import type { NumberFormat } from './format';
import * as kernels from './kernels';
import { withoutValue } from './refusal';

/**
 * The model evaluator: every operation rounded to the number format, the same on every machine. An expression is
 * printed as JavaScript and compiled, so that a million points cost a million passes of a flat loop.
 */
export interface ModelOptions {
  /** Results below the smallest normal number become zero of their sign, as on hardware that flushes subnormals. */
  readonly flushSubnormals?: boolean;
}

/**
 * Computes the outputs for `count` points; `inputs[i]` holds the values of variable i, `outputs[j]` receives those of
 * expression j. Inputs must be values of the format (see `NumberFormat.round`).
 */
export type ModelKernel = (count: number, inputs: readonly Float64Array[], outputs: readonly Float64Array[]) => void;

/**
 * Compiles `outputs`, which may share nodes, as functions of `variables` in `format`.
 *
 * Rounding: an arithmetic operation is computed in float64 and rounded to the compute type of the format (float32 for
 * the half and 8-bit formats), then, if that is another one, to the format, as the frameworks' kernels load, compute
 * and store. For + - * / sqrt this equals one correct rounding (the compute type has at least twice the precision and
 * two bits); for exp, log and the like it does except where the float64 result lies within an ULP of a tie.
 *
 * @throws RangeError if an expression uses a variable that isn't listed.
 */
export function compileModel(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
  options: ModelOptions = {},
): ModelKernel {
  const compute = format.computeFormat === 'float32' ? Math.fround : undefined;
  const store = storeRounding(format, options);
  const printer: Printer = {
    rounded: (text) => `${store ? 'S' : ''}(${compute ? 'R' : ''}(${text}))`,
    stored: (text) => (store ? `S(${text})` : text),
    narrow: compute !== undefined,
  };
  const lines: string[] = [];
  const names = new Map<Expression, string>();
  const known = new Map<string, string>();
  const nameOf = (node: Expression): string => names.get(node) as string;

  for (const node of inOrder(outputs)) {
    let text: string;
    switch (node.kind) {
      case 'constant':
        text = literal(store ? store(format.round(node.value)) : format.round(node.value));
        break;
      case 'variable': {
        const index = variables.indexOf(node.name);
        if (index < 0) throw new RangeError(`variable "${node.name}" has no values; given are ${variables.join(', ')}`);
        text = `i${String(index)}[k]`;
        break;
      }
      case 'withGradient':
        names.set(node, nameOf(node.value));
        continue;
      case 'operation':
        text = printOperation(node, node.operands.map(nameOf), printer);
        break;
    }
    let name = known.get(text);
    if (name === undefined) {
      name = `t${String(known.size)}`;
      known.set(text, name);
      lines.push(`const ${name} = ${text};`);
    }
    names.set(node, name);
  }

  const inputNames = variables.map((_, i) => `const i${String(i)} = inputs[${String(i)}];`).join(' ');
  const outputNames = outputs.map((_, j) => `const o${String(j)} = outputs[${String(j)}];`).join(' ');
  const stores = outputs.map((output, j) => `o${String(j)}[k] = ${nameOf(output)};`).join(' ');
  const source = `'use strict'; return (count, inputs, outputs) => { ${inputNames} ${outputNames}
    for (let k = 0; k < count; k++) {\n${lines.join('\n')}\n${stores}\n} };`;
  // The source is made of our own operator names and numbers alone: variables become indices, constants literals.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function('K', 'R', 'S', source)(kernels, compute ?? identity, store ?? identity) as ModelKernel;
}

/** The same for one point: a function from the variables' values to the outputs. */
export function compileModelAtPoint(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
  options: ModelOptions = {},
): (...values: number[]) => number[] {
  const kernel = compileModel(outputs, variables, format, options);
  const inputs = variables.map(() => new Float64Array(1));
  const results = outputs.map(() => new Float64Array(1));
  return (...values) => {
    inputs.forEach((input, i) => (input[0] = values[i] ?? NaN));
    kernel(1, inputs, results);
    return results.map((result) => result[0] as number);
  };
}

function identity(x: number): number {
  return x;
}

/** What storing does beyond rounding to the compute type; undefined if nothing. */
function storeRounding(format: NumberFormat, options: ModelOptions): ((x: number) => number) | undefined {
  const narrower = format.name !== format.computeFormat;
  if (!options.flushSubnormals) return narrower ? format.round : undefined;
  const { round, smallestNormal } = format;
  return (x) => {
    const value = round(x);
    return Math.abs(value) < smallestNormal ? value * 0 : value;
  };
}

function literal(value: number): string {
  return Object.is(value, -0) ? '-0' : value < 0 ? `(${String(value)})` : String(value);
}

/** How results become values of a format. */
interface Printer {
  /** Rounded to the compute type and stored. */
  readonly rounded: (text: string) => string;
  /** Of the compute type already. */
  readonly stored: (text: string) => string;
  /** Whether the compute type is float32. */
  readonly narrow: boolean;
}

function printOperation({ operator }: Operation, operands: readonly string[], printer: Printer): string {
  const [a, b, c] = operands as [string, string, string];
  const { rounded, stored, narrow } = printer;
  if (isTensorOperator(operator)) throw withoutValue(operator);
  switch (operator) {
    case 'add':
      return rounded(`${a} + ${b}`);
    case 'subtract':
      return rounded(`${a} - ${b}`);
    case 'multiply':
      return rounded(`${a} * ${b}`);
    case 'divide':
      return rounded(`${a} / ${b}`);
    case 'power':
      return rounded(`K.pow(${a}, ${b})`);
    case 'exp':
    case 'log':
    case 'log1p':
    case 'expm1':
    case 'sqrt':
    case 'tanh':
    case 'sinh':
    case 'cosh':
    case 'asin':
    case 'acos':
    case 'asinh':
    case 'acosh':
    case 'atanh':
      return rounded(`Math.${operator}(${a})`);
    // These give a value of the format for values of the format: nothing to round.
    case 'negate':
      return `-${a}`;
    case 'absolute':
      return `Math.abs(${a})`;
    case 'sign':
      return `Math.sign(${a})`;
    case 'floor':
      return `Math.floor(${a})`;
    case 'round':
      return `K.roundToEven(${a})`;
    case 'minimum':
    case 'maximum':
      return `K.${operator}(${a}, ${b})`;
    case 'clip':
      return `K.minimum(K.maximum(${a}, ${b}), ${c})`;
    case 'select':
      return `${a} !== 0 ? ${b} : ${c}`;
    case 'less':
      return `${a} < ${b} ? 1 : 0`;
    case 'lessEqual':
      return `${a} <= ${b} ? 1 : 0`;
    case 'equal':
      return `${a} === ${b} ? 1 : 0`;
    case 'and':
      return `${a} !== 0 && ${b} !== 0 ? 1 : 0`;
    case 'or':
      return `${a} !== 0 || ${b} !== 0 ? 1 : 0`;
    case 'not':
      return `${a} !== 0 ? 0 : 1`;
    case 'stopGradient':
      return a;
    case 'sigmoid':
    case 'logSigmoid':
    case 'softplus':
      return stored(`K.${operator}(${a}, R)`);
    case 'logAddExp':
      return stored(`K.logAddExp(${a}, ${b}, R)`);
    case 'logSumExp':
    case 'softmax':
    case 'logSoftmax':
      return stored(`K.${operator}([${operands.join()}], R)`);
    case 'atan2':
      return rounded(`Math.atan2(${a}, ${b})`);
    case 'erf':
    case 'erfc':
    case 'erfcx':
    case 'logGamma':
    case 'digamma':
      return rounded(`K.${operator}(${a})`);
    // torch.special.ndtr is a composition (aten/src/ATen/native/UnaryOps.cpp): each of its operations is stored. Code in
    // float64 is SciPy's more often than not, and that is a kernel.
    case 'normalCdf': {
      if (!narrow) return rounded(`K.normalCdf(${a})`);
      const error = rounded(`K.erf(${rounded(`${a} / ${String(Math.fround(Math.SQRT2))}`)})`);
      return rounded(`0.5 * ${rounded(`1 + ${error}`)}`);
    }
    case 'logNormalCdf':
      return stored(`K.logNormalCdf(${a}, R)`);
  }
}
