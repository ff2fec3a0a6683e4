import { inOrder, isTensorOperator, type Expression, type Operation } from '../../expression';
import type { NumberFormat } from '../../numeric';
import { BackendError } from '../backend';
import { libraryFor, literal, prelude, type Units } from './library';

/** Invocations of one workgroup: a multiple of what every GPU runs side by side. */
export const workgroupSize = 64;

/** Greatest whole exponent that is multiplied out, as the model evaluator does. */
const largestPower = 7;

/** Calls of larger functions that are printed in place: so few are compiled soon enough, and run faster. */
const fewCalls = 4;

/**
 * Prints `outputs` as a compute shader over points. A value of the format is a float32, kept as its bits; every operation
 * rounds to float32 and, where the format is narrower, to the format by integers: what the frameworks' kernels do with
 * half and 8-bit tensors.
 *
 * A longer shader is a loop of steps, the same for all points. A step does what is cheap in place, and ends with the call of at
 * most one larger function, so that the text of each of these is compiled once, however often it is called: drivers put
 * every call's text in its place, and would take seconds for a loss of some fifty operations.
 *
 * Bindings: 0 `parameters` (uniform): count of points, capacity, and a zero that the compiler can't know; 1 `inputs`, an
 * array of `capacity` float32 for each variable, one after the other; 2 `outputs` likewise.
 *
 * @param units what can be left to the device's own float32 units
 * @throws RangeError if an expression uses a variable that isn't listed, or an operation on tensors.
 * @throws BackendError for float64, which WGSL has not.
 */
export function printWgsl(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
  units: Units,
): string {
  if (format.computeFormat !== 'float32') {
    throw new BackendError(
      'unsupported',
      `WebGPU does not compute in ${format.name}: its shading language has no such type.`,
      'Choose float32 or a narrower format, or the backend "model".',
    );
  }
  const names = new Map<Expression, string>();
  const printer = new Printer(format, units);
  const nameOf = (node: Expression): string => names.get(node) as string;
  for (const node of inOrder(outputs)) {
    switch (node.kind) {
      case 'constant':
        names.set(node, literal(format.round(node.value)));
        break;
      case 'variable': {
        const index = variables.indexOf(node.name);
        if (index < 0) throw new RangeError(`variable "${node.name}" has no values; given are ${variables.join(', ')}`);
        names.set(node, `x${String(index)}`);
        break;
      }
      case 'withGradient':
        names.set(node, nameOf(node.value));
        break;
      case 'operation':
        names.set(node, printer.operation(node, node.operands.map(nameOf)));
        break;
    }
  }
  const steps = printer.steps(outputs.map(nameOf));
  const loads = variables.map((_, i) => `  let x${String(i)} = inputs[${String(i)}u * parameters.capacity + point];\n`);
  const body = `${format.name === 'float32' ? '' : printStore(format)}
@compute @workgroup_size(${String(workgroupSize)})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let point = invocation.x;
  if (point >= parameters.count) { return; }
${loads.join('')}${steps}}
`;
  return `struct Parameters { count: u32, capacity: u32, zero: u32, unused: u32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read_write> outputs: array<u32>;
${prelude}${libraryFor(body, units)}${body}`;
}

/** What is done at once, and the call that follows, whose result the next step begins with. */
interface Step {
  readonly lines: { readonly name: string; readonly text: string }[];
  call?: { readonly name: string; readonly operands: readonly string[]; readonly stored: boolean };
}

/** Functions of a few instructions: done in place. */
const inPlace: ReadonlySet<string> = new Set([
  ...['negate', 'magnitude', 'signum', 'minimum', 'maximum', 'pick', 'finiteOrZero'],
]);

class Printer {
  private readonly program: Step[] = [{ lines: [] }];
  /** Of each value its name. */
  private readonly known = new Map<string, string>();
  /** Of each name the step that gives it its value. */
  private readonly stepOf = new Map<string, number>();
  /** Names that later steps use. */
  private readonly kept = new Set<string>();
  private readonly direct: ReadonlySet<string>;

  constructor(
    private readonly format: NumberFormat,
    units: Units,
  ) {
    const names = { sum: 'add', product: 'multiply', quotient: 'divide', root: 'squareRoot' } as const;
    const byDevice = (['sum', 'product', 'quotient', 'root'] as const).filter((unit) => units[unit] === 'device');
    this.direct = new Set([...inPlace, ...byDevice.map((unit) => names[unit])]);
  }

  operation(node: Operation, operands: readonly string[]): string {
    const [a, b, c] = operands as [string, string, string];
    const { operator } = node;
    if (isTensorOperator(operator)) throw new RangeError(`${operator} has no value among scalars`);
    switch (operator) {
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        return this.stored(operator, a, b);
      case 'power':
        return this.power(a, b, node.operands[1] as Expression);
      case 'exp':
        return this.stored('exponential', a);
      case 'log':
        return this.stored('logarithm', a);
      case 'log1p':
      case 'expm1':
      case 'logGamma':
      case 'digamma':
        return this.stored(operator, a);
      case 'sqrt':
        return this.stored('squareRoot', a);
      case 'tanh':
        return this.stored('hyperbolicTangent', a);
      case 'sinh':
        return this.stored('hyperbolicSine', a);
      case 'cosh':
        return this.stored('hyperbolicCosine', a);
      case 'asin':
        return this.stored('arcsine', a);
      case 'acos':
        return this.stored('arccosine', a);
      case 'atan2':
        return this.stored('arctangent2', a, b);
      case 'asinh':
        return this.stored('hyperbolicAreaSine', a);
      case 'acosh':
        return this.stored('hyperbolicAreaCosine', a);
      case 'atanh':
        return this.stored('hyperbolicAreaTangent', a);
      case 'erf':
        return this.stored('errorFunction', a);
      case 'erfc':
        return this.stored('complementaryErrorFunction', a);
      case 'erfcx':
        return this.stored('scaledErrorFunction', a);
      // A composition, as torch.special.ndtr is: each of its operations is stored.
      case 'normalCdf': {
        const error = this.stored('errorFunction', this.stored('divide', a, literal(Math.SQRT2)));
        return this.stored('multiply', literal(0.5), this.stored('add', literal(1), error));
      }
      // Kernels: numeric/kernels.ts has their formulas. What they compute is stored once.
      case 'sigmoid':
        return this.stored('divide', literal(1), this.do('add', literal(1), this.exp(this.do('negate', a))));
      case 'logSigmoid':
        return this.stored('subtract', this.do('minimum', literal(0), a), this.log1pExpMinus(a));
      case 'softplus': {
        const sum = this.stored('log1p', this.exp(a));
        return this.do('pick', this.test(`less(${literal(20)}, ${a})`), a, sum);
      }
      case 'logAddExp': {
        const sum = this.stored('add', this.do('maximum', a, b), this.log1pExpMinus(this.do('subtract', a, b)));
        return this.do('pick', this.test(`equal(${a}, ${b}) && !isFinite(${a})`), a, sum);
      }
      case 'logSumExp': {
        const shift = this.do('finiteOrZero', this.greatest(operands));
        return this.stored('add', this.do('logarithm', this.shiftedSum(operands, shift)), shift);
      }
      case 'softmax': {
        const shift = this.greatest(operands);
        return this.stored('divide', this.exp(this.do('subtract', a, shift)), this.shiftedSum(operands, shift));
      }
      case 'logSoftmax': {
        const shift = this.greatest(operands);
        const logarithm = this.do('logarithm', this.shiftedSum(operands, shift));
        return this.stored('subtract', this.do('subtract', a, shift), logarithm);
      }
      case 'logNormalCdf':
        return this.logNormalCdf(a);
      // These give a value of the format for values of the format: nothing to round.
      case 'negate':
        return this.do('negate', a);
      case 'absolute':
        return this.do('magnitude', a);
      case 'sign':
        return this.do('signum', a);
      case 'floor':
        return this.do('roundDown', a);
      case 'round':
        return this.do('roundToEven', a);
      case 'minimum':
      case 'maximum':
        return this.do(operator, a, b);
      case 'clip':
        return this.do('minimum', this.do('maximum', a, b), c);
      case 'select':
        return this.do('pick', a, b, c);
      case 'less':
      case 'lessEqual':
      case 'equal':
        return this.test(`${operator}(${a}, ${b})`);
      case 'and':
        return this.test(`!isZero(${a}) && !isZero(${b})`);
      case 'or':
        return this.test(`!isZero(${a}) || !isZero(${b})`);
      case 'not':
        return this.test(`isZero(${a})`);
      case 'stopGradient':
        return a;
    }
  }

  /** The steps as statements, with those that store the outputs. */
  steps(outputs: readonly string[]): string {
    const stores = outputs.map((output, j) => {
      this.use(output);
      return `outputs[${String(j)}u * parameters.capacity + point] = ${output};`;
    });
    const lines = ({ lines: all }: Step): string[] =>
      all.map(({ name, text }) => `${this.kept.has(name) ? '' : 'let '}${name} = ${text};`);
    const last = this.program.length - 1;
    if (last <= fewCalls) return `  ${[...this.inPlace(), ...stores].join('\n  ')}\n`;
    const calls = [...new Set(this.program.flatMap(({ call }) => (call ? [call.name] : [])))];
    const cases = this.program.map((step, i) => {
      const next = step.call
        ? [
            `called = ${String(calls.indexOf(step.call.name))}u;`,
            ...step.call.operands.map((operand, k) => `operand${String(k)} = ${operand};`),
            ...(this.isNarrow ? [`isStored = ${String(step.call.stored)};`] : []),
          ]
        : [...stores, 'return;'];
      const text = [...lines(step), ...next].join('\n        ');
      return i < last
        ? `      case ${String(i)}u: {\n        ${text}\n      }`
        : `      default: {\n        ${text}\n      }`;
    });
    const callees = calls.map((name, i) => {
      const label = i < calls.length - 1 ? `case ${String(i)}u` : 'default';
      const arity = this.program.find(({ call }) => call?.name === name)?.call?.operands.length ?? 1;
      return `      ${label}: { result = ${name}(${arity === 1 ? 'operand0' : 'operand0, operand1'}); }`;
    });
    return `${[...this.kept].map((name) => `  var ${name} = 0u;\n`).join('')}  var result = 0u;
  var operand0 = 0u;
  var operand1 = 0u;
  var called = 0u;
${this.isNarrow ? '  var isStored = false;\n' : ''}  // From a 0 that the compiler can't know, so that it does not unroll the loop.
  for (var step = parameters.zero; step <= ${String(last)}u; step++) {
    switch step {
${cases.join('\n')}
    }
    switch called {
${callees.join('\n')}
    }
${this.isNarrow ? '    if (isStored) { result = store(result); }\n' : ''}  }
`;
  }

  /** All steps one after the other, each call where its result is named. */
  private inPlace(): string[] {
    return this.program.flatMap(({ lines }, i) =>
      lines.map(({ name, text }) => {
        const call = this.program[i - 1]?.call;
        if (text !== 'result' || !call) return `let ${name} = ${text};`;
        const called = `${call.name}(${call.operands.join(', ')})`;
        return `let ${name} = ${call.stored ? `store(${called})` : called};`;
      }),
    );
  }

  private get isNarrow(): boolean {
    return this.format.name !== 'float32';
  }

  /** A function of the library, its result a float32. */
  private do(name: string, ...operands: readonly string[]): string {
    if (name === 'subtract') {
      const [a, b] = operands as [string, string];
      return this.do('add', a, this.do('negate', b));
    }
    return this.direct.has(name)
      ? this.line(`${name}(${operands.join(', ')})`, operands)
      : this.call(name, operands, false);
  }

  /** A function of the library, its result rounded to the format. */
  private stored(name: string, ...operands: readonly string[]): string {
    if (!this.isNarrow) return this.do(name, ...operands);
    if (name === 'subtract') {
      const [a, b] = operands as [string, string];
      return this.stored('add', a, this.do('negate', b));
    }
    return this.call(name, operands, true);
  }

  /** 1 or 0. */
  private test(condition: string): string {
    return this.line(`truth(${condition})`, condition.match(/\b[tx]\d+\b/g) ?? []);
  }

  private line(text: string, operands: readonly string[]): string {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    operands.forEach((operand) => this.use(operand));
    const name = this.define(text);
    (this.program.at(-1) as Step).lines.push({ name, text });
    return name;
  }

  private call(name: string, operands: readonly string[], stored: boolean): string {
    const text = `${stored ? 'stored ' : ''}${name}(${operands.join(', ')})`;
    const known = this.known.get(text);
    if (known !== undefined) return known;
    operands.forEach((operand) => this.use(operand));
    const step = this.program.at(-1) as Step;
    step.call = { name, operands, stored };
    this.program.push({ lines: [] });
    const result = this.define(text);
    (this.program.at(-1) as Step).lines.push({ name: result, text: 'result' });
    return result;
  }

  private define(text: string): string {
    const name = `t${String(this.known.size)}`;
    this.known.set(text, name);
    this.stepOf.set(name, this.program.length - 1);
    return name;
  }

  private use(name: string): void {
    const step = this.stepOf.get(name);
    if (step !== undefined && step !== this.program.length - 1) this.kept.add(name);
  }

  private exp(x: string): string {
    return this.do('exponential', x);
  }

  /** log1p(exp(-|x|)) */
  private log1pExpMinus(x: string): string {
    return this.do('log1p', this.exp(this.do('negate', this.do('magnitude', x))));
  }

  private greatest(logits: readonly string[]): string {
    return logits.reduce((greatest, logit) => this.do('maximum', greatest, logit));
  }

  private shiftedSum(logits: readonly string[], shift: string): string {
    return logits.reduce((sum, logit) => this.do('add', sum, this.exp(this.do('subtract', logit, shift))), literal(0));
  }

  private logNormalCdf(x: string): string {
    const scaled = this.do('multiply', x, literal(Math.SQRT1_2));
    const half = this.do('divide', this.do('complementaryErrorFunction', scaled), literal(2));
    const inside = this.stored('log1p', this.do('negate', half));
    const tail = this.do('divide', this.do('scaledErrorFunction', this.do('negate', scaled)), literal(2));
    const outside = this.stored('subtract', this.do('logarithm', tail), this.do('multiply', scaled, scaled));
    return this.do('pick', this.test(`lessEqual(${literal(-1)}, ${x})`), inside, outside);
  }

  private power(base: string, exponent: string, exponentNode: Expression): string {
    const constant = exponentNode.kind === 'constant' ? this.format.round(exponentNode.value) : NaN;
    if (constant === 0) return literal(1);
    if (constant === 1) return base;
    // As one operation, so that they are rounded once.
    if (constant === 2) return this.stored('multiply', base, base);
    if (constant === -1) return this.stored('divide', literal(1), base);
    if (Number.isInteger(constant) && Math.abs(constant) <= largestPower) {
      return this.stored('wholePower', base, `${String(constant >>> 0)}u`);
    }
    return this.stored('power', base, exponent);
  }
}

/** Rounds a float32 to the nearest value of a narrower format, ties to even. */
function printStore({ precision, minExponent, max, hasInfinity }: NumberFormat): string {
  const tooLarge = literal(hasInfinity ? Infinity : NaN);
  // Below the smallest normal number the last bit stands still: more is cut off, all of it below half of the smallest.
  return `fn store(x: u32) -> u32 {
  let size = magnitude(x);
  if (size > ${literal(Infinity)}) { return x; }
  let exponent = i32(max(size >> 23u, 1u)) - 127;
  let cut = ${String(24 - precision)}u + u32(max(${String(minExponent)} - exponent, 0));
  if (cut > 24u) { return signOf(x); }
  let fraction = select((size & 0x7fffffu) | 0x800000u, size, size < 0x800000u);
  let isOdd = (fraction >> cut) & 1u;
  let rest = fraction & ((1u << cut) - 1u);
  let half = 1u << (cut - 1u);
  let isUp = rest > half || (rest == half && isOdd == 1u);
  let rounded = select(size - rest + select(0u, 1u << cut, isUp), 0u, !isUp && fraction == rest);
  return signOf(x) | select(rounded, ${tooLarge}, rounded > ${literal(max)});
}
`;
}
