import {
  inOrder,
  isTensorOperator,
  type Expression,
  type Operation,
  type Operator,
  type SpecialOperator,
} from '../../expression';
import type { NumberFormat } from '../format';
import { withoutValue } from '../refusal';
import { Assembler, type Imports, type Vector } from './assembler';
import { ElementaryFunctions } from './elementary';

/** Compiled for any thread: the module, and how to call it. */
export interface WasmProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Scalar functions to give it as `scalar`; `kernels.pow` for pow, else of `Math`. */
  readonly imports: Imports;
  /** The most points of one call. */
  readonly capacity: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Points of one call: input and output stay in a second-level cache. */
const capacity = 4096;

/**
 * Prints `outputs` as a WebAssembly loop over points: the same operations with the same roundings as `compileModel`, so
 * that the results are the same bits (NaNs being one value). Memory holds the inputs, one array of `capacity` float64
 * each, then the outputs; `run(bytes)` computes the first bytes / 8 points.
 *
 * @returns undefined where WebAssembly would gain nothing: for float64, whose results are those of JavaScript's functions to
 * the last bit, and for special functions that `Math` has not. The model evaluator in JavaScript computes them all.
 * @throws RangeError if an expression uses a variable that isn't listed.
 */
export function printWasm(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
): WasmProgram | undefined {
  if (format.computeFormat !== 'float32') return undefined;
  const isKernel = (node: Expression): boolean => node.kind === 'operation' && kernels.has(node.operator);
  if (inOrder(outputs).some(isKernel)) return undefined;
  const printer = new Printer(variables, format);
  const results = printer.print(outputs);
  results.forEach((result, j) => printer.assembler.store(variables.length + j, result));
  const { bytes, imports } = printer.assembler.module(variables.length + outputs.length);
  return { bytes, imports, capacity, inputs: variables.length, outputs: outputs.length };
}

/** Special functions that are kernels of the model evaluator alone. */
const kernels: ReadonlySet<Operator> = new Set<SpecialOperator>([
  'erf',
  'erfc',
  'erfcx',
  'normalCdf',
  'logNormalCdf',
  'logGamma',
  'digamma',
]);

/** Greatest whole exponent that is multiplied out. */
const largestPower = 7;

class Printer {
  readonly assembler = new Assembler(capacity);
  private readonly elementary = new ElementaryFunctions(this.assembler);
  private readonly vectors = new Map<Expression, Vector>();

  constructor(
    private readonly variables: readonly string[],
    private readonly format: NumberFormat,
  ) {}

  print(outputs: readonly Expression[]): Vector[] {
    for (const node of inOrder(outputs)) this.vectors.set(node, this.node(node));
    return outputs.map((output) => this.vectorOf(output));
  }

  private vectorOf(node: Expression): Vector {
    return this.vectors.get(node) as Vector;
  }

  private node(node: Expression): Vector {
    switch (node.kind) {
      case 'constant':
        return this.assembler.constant(this.format.round(node.value));
      case 'variable': {
        const index = this.variables.indexOf(node.name);
        if (index >= 0) return this.assembler.load(index);
        throw new RangeError(`variable "${node.name}" has no values; given are ${this.variables.join(', ')}`);
      }
      case 'withGradient':
        return this.vectorOf(node.value);
      case 'operation':
        return this.operation(node);
    }
  }

  private operation(node: Operation): Vector {
    const { assembler: a } = this;
    const operands = node.operands.map((operand) => this.vectorOf(operand));
    const [x, y, z] = operands as [Vector, Vector, Vector];
    const { operator } = node;
    if (isTensorOperator(operator)) throw withoutValue(operator);
    switch (operator) {
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
      case 'sqrt':
        return this.store(this.computed(operator, ...operands));
      case 'power':
        return this.store(this.power(x, y, node.operands[1] as Expression));
      case 'exp':
      case 'log':
      case 'log1p':
      case 'expm1':
      case 'tanh':
        return this.store(this.elementary.round(operator, x));
      case 'negate':
      case 'absolute':
      case 'floor':
        return a.do(operator, x);
      case 'round':
        return a.do('nearest', x);
      case 'sign': {
        const negative = a.do('bitSelect', a.constant(-1), x, a.do('less', x, a.constant(0)));
        return a.do('bitSelect', a.constant(1), negative, a.do('greater', x, a.constant(0)));
      }
      case 'minimum':
        return this.minimum(x, y);
      case 'maximum':
        return this.maximum(x, y);
      case 'clip':
        return this.minimum(this.maximum(x, y), z);
      case 'select':
        return a.do('bitSelect', y, z, this.isTrue(x));
      case 'less':
      case 'lessEqual':
      case 'equal':
        return this.truth(a.do(operator, x, y));
      case 'and':
      case 'or':
        return this.truth(a.do(operator, this.isTrue(x), this.isTrue(y)));
      case 'not':
        return this.truth(a.do('equal', x, a.constant(0)));
      case 'stopGradient':
        return x;
      case 'sigmoid': {
        const tail = this.elementary.round('exp', a.do('negate', x));
        return this.store(this.computed('divide', a.constant(1), this.computed('add', a.constant(1), tail)));
      }
      case 'logSigmoid':
        return this.store(this.computed('subtract', this.minimum(a.constant(0), x), this.log1pExpMinus(x)));
      case 'softplus': {
        const sum = this.elementary.round('log1p', this.elementary.round('exp', x));
        return this.store(a.do('bitSelect', x, sum, a.do('greater', x, a.constant(20))));
      }
      case 'logAddExp': {
        const tail = this.log1pExpMinus(this.computed('subtract', x, y));
        const sum = this.computed('add', this.maximum(x, y), tail);
        const sameInfinity = a.do('and', a.do('equal', x, y), this.isInfinite(x));
        return this.store(a.do('bitSelect', x, sum, sameInfinity));
      }
      case 'logSumExp': {
        const greatest = this.greatest(operands);
        const isFinite = a.do('less', a.do('absolute', greatest), a.constant(Infinity));
        const shift = a.do('and', greatest, isFinite);
        const logarithm = this.elementary.round('log', this.shiftedSum(operands, shift));
        return this.store(this.computed('add', logarithm, shift));
      }
      case 'softmax': {
        const greatest = this.greatest(operands);
        return this.store(this.computed('divide', this.shiftedExp(x, greatest), this.shiftedSum(operands, greatest)));
      }
      case 'logSoftmax': {
        const greatest = this.greatest(operands);
        const logarithm = this.elementary.round('log', this.shiftedSum(operands, greatest));
        return this.store(this.computed('subtract', this.computed('subtract', x, greatest), logarithm));
      }
      case 'sinh':
      case 'cosh':
      case 'asin':
      case 'acos':
      case 'atan2':
      case 'asinh':
      case 'acosh':
      case 'atanh':
        return this.store(a.do('promote', a.do('demote', a.call(operator, ...operands))));
      case 'erf':
      case 'erfc':
      case 'erfcx':
      case 'normalCdf':
      case 'logNormalCdf':
      case 'logGamma':
      case 'digamma':
        throw new RangeError(`${operator} has no function in Math`);
    }
  }

  /** In the compute type, float32. */
  private computed(operator: 'add' | 'subtract' | 'multiply' | 'divide' | 'sqrt', ...operands: Vector[]): Vector {
    const { assembler: a } = this;
    return a.do('promote', a.do('demote', a.do(operator, ...operands)));
  }

  private power(base: Vector, exponent: Vector, exponentNode: Expression): Vector {
    const { assembler: a } = this;
    const constant = exponentNode.kind === 'constant' ? this.format.round(exponentNode.value) : NaN;
    if (constant === 0) return a.constant(1);
    if (constant === 1) return base;
    if (Number.isInteger(constant) && Math.abs(constant) <= largestPower) {
      return this.elementary.roundPower(base, constant, exponent);
    }
    return a.do('promote', a.do('demote', a.call('pow', base, exponent)));
  }

  /** To the format, of a float32: nothing for float32, else its nearest value, ties to even. */
  private store(x: Vector): Vector {
    const { assembler: a, format } = this;
    if (format.name === format.computeFormat) return x;
    const { precision, minExponent, max } = format;
    const magnitude = a.do('absolute', x);
    // Normal numbers: add just under half of the last bit that stays, or half where that bit is 1, and cut off the rest.
    const cut = 53 - precision;
    const lastBit = a.do('and', a.shift('rightUnsigned', magnitude, cut), a.bits(1n));
    const half = a.do('addInteger', a.bits((1n << BigInt(cut - 1)) - 1n), lastBit);
    const raised = a.do('addInteger', magnitude, half);
    const normal = a.do('and', raised, a.bits(BigInt.asUintN(64, -1n << BigInt(cut))));
    // Subnormal numbers: the sum with a number whose last bit is theirs is rounded by float64 itself.
    const shifter = a.constant(2 ** (minExponent - precision + 1 + 52));
    const subnormal = a.do('subtract', a.do('add', magnitude, shifter), shifter);
    const isSubnormal = a.do('less', magnitude, a.constant(format.smallestNormal));
    const rounded = a.do('bitSelect', subnormal, normal, isSubnormal);
    const tooLarge = a.constant(format.hasInfinity ? Infinity : NaN);
    const limited = a.do('bitSelect', tooLarge, rounded, a.do('greater', rounded, a.constant(max)));
    // A NaN's bits may have become a number's.
    const number = a.do('bitSelect', limited, x, a.do('equal', x, x));
    return a.do('or', number, a.do('andNot', x, a.bits(0x7fff_ffff_ffff_ffffn)));
  }

  private isTrue(x: Vector): Vector {
    return this.assembler.do('notEqual', x, this.assembler.constant(0));
  }

  private truth(mask: Vector): Vector {
    return this.assembler.do('and', mask, this.assembler.constant(1));
  }

  private isInfinite(x: Vector): Vector {
    return this.assembler.do('equal', this.assembler.do('absolute', x), this.assembler.constant(Infinity));
  }

  /** a <= b ? a : b < a ? b : NaN */
  private minimum(x: Vector, y: Vector): Vector {
    const { assembler: a } = this;
    const second = a.do('bitSelect', y, a.constant(NaN), a.do('less', y, x));
    return a.do('bitSelect', x, second, a.do('lessEqual', x, y));
  }

  private maximum(x: Vector, y: Vector): Vector {
    const { assembler: a } = this;
    const second = a.do('bitSelect', y, a.constant(NaN), a.do('greater', y, x));
    return a.do('bitSelect', x, second, a.do('greaterEqual', x, y));
  }

  private greatest(operands: readonly Vector[]): Vector {
    return operands.reduce((greatest, operand) => this.maximum(greatest, operand));
  }

  /** log1p(exp(-|x|)) */
  private log1pExpMinus(x: Vector): Vector {
    const { assembler: a, elementary } = this;
    return elementary.round('log1p', elementary.round('exp', a.do('negate', a.do('absolute', x))));
  }

  private shiftedExp(x: Vector, shift: Vector): Vector {
    return this.elementary.round('exp', this.computed('subtract', x, shift));
  }

  private shiftedSum(operands: readonly Vector[], shift: Vector): Vector {
    const [first, ...rest] = operands.map((operand) => this.shiftedExp(operand, shift));
    return rest.reduce((sum, term) => this.computed('add', sum, term), first as Vector);
  }
}
