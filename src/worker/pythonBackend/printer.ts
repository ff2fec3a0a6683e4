import { inOrder, isTensorOperator, type Constant, type Expression, type Operation } from '../../expression';
import type { NumberFormat } from '../../numeric';
import { BackendError } from '../backend';
import { conditions, frameworkTitles, needsScipy, rulesOf, type FrameworkName } from './operations';

/** Which operations there are: they differ with what is installed. */
export interface Dialect {
  readonly framework: FrameworkName;
  /** Whether SciPy is there, for NumPy. */
  readonly scipy: boolean;
}

/**
 * Prints expressions as the Python function `compute` of the variables, in the framework's own operations, one to a line: each is
 * computed and rounded by itself. Constants are those of the format. What is printed is made of our own tables, of
 * numbers and of names like t3 alone.
 *
 * @throws RangeError if an expression uses a variable that isn't listed, or an operator without value among scalars
 * @throws BackendError for an operator that the framework has not, and that can't be written out
 */
export function printPython(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
  dialect: Dialect,
): string {
  const printer = new Printer(variables, format, dialect);
  const results = outputs.map((output) => printer.number(output));
  const parameters = variables.map((_, i) => `i${String(i)}`).join(', ');
  const body = [...printer.lines, `return (${results.map((result) => `${result},`).join(' ')})`];
  return `def compute(${parameters}):\n${body.map((line) => `    ${line}\n`).join('')}`;
}

/** A float64 as Python reads it. */
export function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A value that has a name in Python. */
interface Named {
  readonly name: string;
  /** A truth value, not a number. */
  readonly condition: boolean;
}

class Printer {
  readonly lines: string[] = [];
  private readonly named = new Map<Expression, Named>();
  /** The names of texts that have been printed. */
  private readonly known = new Map<string, string>();

  constructor(
    private readonly variables: readonly string[],
    private readonly format: NumberFormat,
    private readonly dialect: Dialect,
  ) {}

  /** The name of its value as a number. */
  number(root: Expression): string {
    if (root.kind === 'constant') return this.constant(root.value);
    const { name, condition } = this.print(root);
    if (!condition) return name;
    return this.line(this.apply('select', [name, this.constant(1), this.constant(0)]));
  }

  private print(root: Expression): Named {
    for (const node of inOrder([root])) {
      // Constants are printed where they are used, which an exponent isn't.
      if (node.kind !== 'constant' && !this.named.has(node)) this.named.set(node, this.node(node));
    }
    return this.named.get(root) as Named;
  }

  private node(node: Exclude<Expression, Constant>): Named {
    switch (node.kind) {
      case 'variable': {
        const index = this.variables.indexOf(node.name);
        if (index >= 0) return { name: `i${String(index)}`, condition: false };
        throw new RangeError(`variable "${node.name}" has no values; given are ${this.variables.join(', ')}`);
      }
      case 'withGradient':
        return this.named.get(node.value) ?? { name: this.number(node.value), condition: false };
      case 'operation':
        return this.operation(node);
    }
  }

  private operation(node: Operation): Named {
    const { operator, operands } = node;
    if (isTensorOperator(operator)) throw new RangeError(`${operator} has no value among scalars`);
    const rule = this.ruleOf(operator);
    // The exponent as a number, as it is in code: for it the frameworks choose their ways to compute a power.
    const [, exponent] = operands;
    if (operator === 'power' && exponent?.kind === 'constant') {
      const literal = pythonNumber(this.format.round(exponent.value));
      return this.value(this.apply('power', [this.number(operands[0] as Expression), `(${literal})`]), false);
    }
    if (typeof rule !== 'string') return { name: this.number(rule(...operands)), condition: false };
    const logical = operator === 'and' || operator === 'or' || operator === 'not';
    const names = operands.map((operand, i) =>
      logical || (operator === 'select' && i === 0) ? this.condition(operand) : this.number(operand),
    );
    return this.value(this.apply(operator, names), conditions.has(operator));
  }

  private ruleOf(operator: keyof (typeof rulesOf)['torch']): string | ((...operands: Expression[]) => Expression) {
    const { framework, scipy } = this.dialect;
    const rule = rulesOf[framework][operator];
    const title = frameworkTitles[framework];
    if (rule === undefined) {
      throw new BackendError(
        'unsupported',
        `${title} has no function for ${operator}.`,
        'Choose another framework, or the backend "model".',
      );
    }
    if (typeof rule === 'string' && needsScipy(rule) && !scipy) {
      throw new BackendError(
        'unsupported',
        `${title} has no function for ${operator}, and SciPy, which has one, is not installed.`,
        'Install the package scipy, or choose another framework or the backend "model".',
      );
    }
    return rule;
  }

  /** The name of its value as a condition: whatever is not 0 is true, NaN as well. */
  private condition(node: Expression): string {
    if (node.kind !== 'constant') {
      const { name, condition } = this.print(node);
      if (condition) return name;
    }
    const isZero = this.line(this.apply('equal', [this.number(node), this.constant(0)]));
    return this.line(this.apply('not', [isZero]));
  }

  private constant(value: number): string {
    return this.line(`constant(${pythonNumber(this.format.round(value))})`);
  }

  private apply(operator: keyof (typeof rulesOf)['torch'], names: readonly string[]): string {
    const rule = this.ruleOf(operator) as string;
    return rule.replace(/\$(\*|\d)/g, (_, which: string) =>
      which === '*' ? names.join(', ') : (names[Number(which) - 1] as string),
    );
  }

  private value(text: string, condition: boolean): Named {
    return { name: this.line(text), condition };
  }

  /** The name of what the text computes; the same text is computed once. */
  private line(text: string): string {
    if (/^[it]\d+$/.test(text)) return text;
    let name = this.known.get(text);
    if (name === undefined) {
      name = `t${String(this.known.size)}`;
      this.known.set(text, name);
      this.lines.push(`${name} = ${text}`);
    }
    return name;
  }
}
