import { inOrder, isTensorOperator, type Expression, type Operation } from '../../expression';
import type { NumberFormat } from '../../numeric';
import { withoutValue } from '../../numeric/refusal';
import { BackendError } from '../backend';
import { Tensors, type Tensor, type Tfjs } from './tensors';

/**
 * Computes the outputs of inputs of one length. The inputs stay as they are; the outputs are the caller's to dispose of,
 * and nothing else is left. An output without variables has one element.
 */
export type TensorProgram = (inputs: readonly Tensor[]) => Tensor[];

/** Whether the values are numbers, or truths as TensorFlow has them. */
type Kind = 'number' | 'truth';

interface Step {
  readonly operands: readonly number[];
  readonly compute: (...operands: Tensor[]) => Tensor;
  readonly kind: Kind;
  /** A constant other than NaN. */
  readonly isKnown: boolean;
}

/**
 * Prints `outputs` as operations of TensorFlow.js on tensors: primitive ones in the order of the graph, never its
 * automatic differentiation. Framework primitives are composed of the operations of `numeric/kernels.ts`, each of which
 * TensorFlow rounds to float32. Values that no later operation needs are disposed of at once.
 *
 * @throws BackendError for a format other than float32
 * @throws RangeError if an expression uses a variable that isn't listed, or an operation without a value among scalars
 */
export function printTensors(
  tf: Tfjs,
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
): TensorProgram {
  if (format.name !== 'float32') {
    throw new BackendError(
      'unsupported',
      `TensorFlow.js computes in float32 alone, not in ${format.name}.`,
      `Choose float32, or for ${format.name} the backend "model".`,
    );
  }
  const printer = new Printer(new Tensors(tf), variables, format);
  return printer.print(outputs);
}

class Printer {
  private readonly steps: Step[] = [];
  private readonly known = new Map<string, number>();

  constructor(
    private readonly tensors: Tensors,
    private readonly variables: readonly string[],
    private readonly format: NumberFormat,
  ) {}

  print(outputs: readonly Expression[]): TensorProgram {
    const inputCount = this.variables.length;
    for (const name of this.variables) this.step(`variable ${name}`, [], () => this.tensors.number(NaN));
    const places = new Map<Expression, number>();
    const placeOf = (node: Expression): number => places.get(node) as number;
    for (const node of inOrder(outputs)) places.set(node, this.node(node, placeOf));
    const results = outputs.map((output) => this.numberAt(placeOf(output)));
    return this.program(inputCount, results);
  }

  private program(inputCount: number, results: readonly number[]): TensorProgram {
    const { steps } = this;
    const { tf } = this.tensors;
    // After which step a value is needed no more.
    const lastUses = steps.map((_, place) => place);
    steps.forEach(({ operands }, place) => {
      for (const operand of operands) lastUses[operand] = place;
    });
    const kept = new Set(results);
    const done = steps.map((): number[] => []);
    lastUses.forEach((last, place) => {
      if (place >= inputCount && !kept.has(place)) done[last]?.push(place);
    });
    return (inputs) => {
      const values: (Tensor | undefined)[] = [...inputs];
      try {
        for (let place = inputCount; place < steps.length; place++) {
          const { operands, compute } = steps[place] as Step;
          const given = operands.map((operand) => values[operand] as Tensor);
          values[place] = tf.tidy(() => compute(...given));
          for (const dead of done[place] as number[]) {
            values[dead]?.dispose();
            values[dead] = undefined;
          }
        }
        // Each its own, also where two are the same or one is an input.
        return results.map((place) => (values[place] as Tensor).clone());
      } finally {
        for (const value of values.slice(inputCount)) value?.dispose();
      }
    };
  }

  /** @returns where the value is */
  private step(
    name: string,
    operands: readonly number[],
    compute: Step['compute'],
    kind: Kind = 'number',
    isKnown = false,
  ): number {
    const key = `${name}(${operands.join()})`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, this.steps.length);
    return this.steps.push({ operands, compute, kind, isKnown }) - 1;
  }

  private node(node: Expression, placeOf: (node: Expression) => number): number {
    switch (node.kind) {
      case 'constant':
        return this.constant(node.value);
      case 'variable': {
        const index = this.variables.indexOf(node.name);
        if (index >= 0) return index;
        throw new RangeError(`variable "${node.name}" has no values; given are ${this.variables.join(', ')}`);
      }
      case 'withGradient':
        return placeOf(node.value);
      case 'operation':
        return this.operation(node, node.operands.map(placeOf));
    }
  }

  private constant(written: number): number {
    const value = this.format.round(written);
    const text = Object.is(value, -0) ? '-0' : String(value);
    return this.step(`constant ${text}`, [], () => this.tensors.number(value), 'number', !Number.isNaN(value));
  }

  private kindOf(place: number): Kind {
    return (this.steps[place] as Step).kind;
  }

  private numberAt(place: number): number {
    const { tf } = this.tensors;
    return this.kindOf(place) === 'number' ? place : this.step('number', [place], (x) => tf.cast(x, 'float32'));
  }

  private truthAt(place: number): number {
    const { tensors } = this;
    if (this.kindOf(place) === 'truth') return place;
    return this.step('truth', [place], (x) => tensors.tf.notEqual(x, tensors.number(0)), 'truth');
  }

  private operation(node: Operation, places: readonly number[]): number {
    const { operator } = node;
    const { tensors } = this;
    const { tf } = tensors;
    if (isTensorOperator(operator)) throw withoutValue(operator);
    const ofNumbers = (compute: Step['compute'], kind: Kind = 'number'): number =>
      this.step(
        operator,
        places.map((place) => this.numberAt(place)),
        compute,
        kind,
      );
    const ofTruths = (compute: Step['compute']): number =>
      this.step(
        operator,
        places.map((place) => this.truthAt(place)),
        compute,
        'truth',
      );
    switch (operator) {
      case 'add':
        return ofNumbers(tf.add);
      case 'subtract':
        return ofNumbers(tf.sub);
      case 'multiply':
        return ofNumbers(tf.mul);
      case 'divide':
        return ofNumbers(tf.div);
      case 'negate':
        return ofNumbers(tf.neg);
      case 'absolute':
        return ofNumbers(tf.abs);
      case 'power':
        return this.power(node, places);
      case 'exp':
      case 'log':
      case 'log1p':
      case 'expm1':
      case 'sqrt':
      case 'floor':
      case 'tanh':
      case 'sinh':
      case 'cosh':
      case 'asin':
      case 'acos':
      case 'asinh':
      case 'acosh':
      case 'atanh':
        return ofNumbers((x) => tf[operator](x));
      case 'atan2':
        return ofNumbers(tf.atan2);
      case 'sign':
      case 'round':
      case 'sigmoid':
      case 'logSigmoid':
      case 'softplus':
      case 'erf':
      case 'erfc':
      case 'erfcx':
      case 'normalCdf':
      case 'logNormalCdf':
      case 'logGamma':
      case 'digamma':
        return ofNumbers((x) => tensors[operator](x));
      case 'logAddExp':
        return ofNumbers((a, b) => tensors.logAddExp(a, b));
      case 'logSumExp':
      case 'softmax':
      case 'logSoftmax':
        return ofNumbers((...logits) => tensors[operator](logits));
      case 'minimum':
      case 'maximum':
        return this.extreme(operator, places[0] as number, places[1] as number);
      case 'clip': {
        const [x, low, high] = places as [number, number, number];
        return this.extreme('minimum', this.extreme('maximum', x, low), high);
      }
      case 'select': {
        const [condition, whenTrue, whenFalse] = places as [number, number, number];
        const operands = [this.truthAt(condition), this.numberAt(whenTrue), this.numberAt(whenFalse)];
        return this.step(operator, operands, (c, a, b) => tensors.pick(c, a, b));
      }
      case 'less':
      case 'lessEqual':
      case 'equal':
        return ofNumbers((a, b) => tf[operator](a, b), 'truth');
      case 'and':
        return ofTruths(tf.logicalAnd);
      case 'or':
        return ofTruths(tf.logicalOr);
      case 'not':
        return ofTruths(tf.logicalNot);
      case 'stopGradient':
        return places[0] as number;
    }
  }

  private extreme(operator: 'minimum' | 'maximum', first: number, second: number): number {
    const operands = [this.numberAt(first), this.numberAt(second)] as const;
    const isKnown = (place: number): boolean => (this.steps[place] as Step).isKnown;
    const known = isKnown(operands[1]) ? 'second' : isKnown(operands[0]) ? 'first' : undefined;
    return this.step(operator, operands, (a, b) => this.tensors[operator](a, b, known));
  }

  private power({ operands: [, exponentNode] }: Operation, places: readonly number[]): number {
    const [base, exponent] = places.map((place) => this.numberAt(place)) as [number, number];
    const { tensors } = this;
    const constant = exponentNode?.kind === 'constant' ? this.format.round(exponentNode.value) : NaN;
    if (constant === 0) return this.constant(1);
    if (constant === 1) return base;
    if (constant === 2) return this.step('square', [base], (x) => tensors.tf.mul(x, x));
    return this.step('power', [base, exponent], (x, y) => tensors.power(x, y));
  }
}
