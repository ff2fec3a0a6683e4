/**
 * Writes one WebAssembly module: a loop over points, four at a time in pairs of 128-bit vectors of float64. Only what the
 * printer of expressions needs, in the binary format of the WebAssembly specification 2.0.
 *
 * Each instruction is written for both vectors of a pair, one after the other. A processor that runs two threads on a core
 * looks ahead less far than one pass of the loop, and finds something to do in the other vector while it waits.
 */

/** The values of four points: two vectors, in local variables of the function that is being written. */
export type Vector = number & { readonly __vector: unique symbol };

/** Vector instructions: pure functions of vectors, by their number after the prefix 0xfd. */
const instructions = {
  not: 0x4d,
  and: 0x4e,
  /** a and not b */
  andNot: 0x4f,
  or: 0x50,
  xor: 0x51,
  /** The bits of the first where the third is 1, else of the second. */
  bitSelect: 0x52,
  /** 32-bit lanes: all ones where the bits differ. */
  differ32: 0x38,
  equal: 0x47,
  notEqual: 0x48,
  less: 0x49,
  greater: 0x4a,
  lessEqual: 0x4b,
  greaterEqual: 0x4c,
  /** To two float32 and two zeros. */
  demote: 0x5e,
  /** The first two float32. */
  promote: 0x5f,
  floor: 0x75,
  /** To the nearest integer, ties to even. */
  nearest: 0x94,
  addInteger: 0xce,
  subtractInteger: 0xd1,
  absolute: 0xec,
  negate: 0xed,
  sqrt: 0xef,
  add: 0xf0,
  subtract: 0xf1,
  multiply: 0xf2,
  divide: 0xf3,
  /** b < a ? b : a */
  pseudoMinimum: 0xf6,
  /** a < b ? b : a */
  pseudoMaximum: 0xf7,
} as const;
export type Instruction = keyof typeof instructions;

const shifts = { left: 0xcb, rightUnsigned: 0xcd } as const;

const opcode = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  brIf: 0x0d,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32LessUnsigned: 0x49,
  i32Add: 0x6a,
  vector: 0xfd,
} as const;
const vectorOpcode = { load: 0x00, store: 0x0b, constant: 0x0c, extract: 0x21, replace: 0x22, anyTrue: 0x53 } as const;
const type = { i32: 0x7f, f64: 0x7c, v128: 0x7b, function: 0x60, empty: 0x40 } as const;

/** Bytes of a point's value in memory. */
const valueSize = 8;
const vectorSize = 16;
const halves = [0, 1] as const;
const pageSize = 65_536;

/** Scalar functions of one or two float64 that a module calls, and how many operands they take. */
export type Imports = ReadonlyMap<string, 1 | 2>;

/**
 * The body of the loop. Equal computations are done once: all instructions are pure, so that writing one down again
 * gives the vector that holds it already.
 */
export class Assembler {
  private readonly body: number[] = [];
  /** Before the loop: constants. */
  private readonly prologue: number[] = [];
  private readonly known = new Map<string, Vector>();
  private readonly imports = new Map<string, 1 | 2>();
  /** Both of their halves are one local. */
  private readonly constants = new Set<Vector>();
  private vectors = 0;

  /** @param capacity the most points of one call, a multiple of 4 */
  constructor(private readonly capacity: number) {}

  /** Input array number `array`, at the points of this pass. */
  load(array: number): Vector {
    return this.once(`load ${String(array)}`, (result) => {
      for (const half of halves) {
        this.body.push(opcode.localGet, position, opcode.vector, vectorOpcode.load, ...this.address(array, half));
        this.body.push(opcode.localSet, ...this.local(result, half));
      }
    });
  }

  store(array: number, value: Vector): void {
    for (const half of halves) {
      this.body.push(opcode.localGet, position, opcode.localGet, ...this.local(value, half));
      this.body.push(opcode.vector, vectorOpcode.store, ...this.address(array, half));
    }
  }

  /** Both lanes. */
  constant(value: number): Vector {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, true);
    return this.bits(view.getBigUint64(0, true));
  }

  /** Both lanes, as a pattern of 64 bits. */
  bits(pattern: bigint): Vector {
    return this.once(`bits ${String(pattern)}`, (result) => {
      const lane = Array.from({ length: 8 }, (_, i) => Number((pattern >> BigInt(8 * i)) & 0xffn));
      this.constants.add(result);
      this.prologue.push(opcode.vector, vectorOpcode.constant, ...lane, ...lane);
      this.prologue.push(opcode.localSet, ...this.local(result, 0));
    });
  }

  do(instruction: Instruction, ...operands: readonly Vector[]): Vector {
    return this.once(`${instruction} ${operands.join()}`, (result) => {
      for (const half of halves) {
        for (const operand of operands) this.body.push(opcode.localGet, ...this.local(operand, half));
        this.body.push(opcode.vector, ...leb(instructions[instruction]), opcode.localSet, ...this.local(result, half));
      }
    });
  }

  /** 64-bit lanes. */
  shift(direction: keyof typeof shifts, operand: Vector, bits: number): Vector {
    return this.once(`${direction} ${String(operand)} ${String(bits)}`, (result) => {
      for (const half of halves) {
        this.body.push(opcode.localGet, ...this.local(operand, half), opcode.i32Const, ...signedLeb(bits));
        this.body.push(opcode.vector, ...leb(shifts[direction]), opcode.localSet, ...this.local(result, half));
      }
    });
  }

  /** The imported scalar function of each lane. */
  call(name: string, ...operands: readonly Vector[]): Vector {
    const index = this.import(name, operands.length);
    return this.once(`call ${name} ${operands.join()}`, (result) => this.pushCall(index, operands, result));
  }

  /**
   * `approximate` where rounding it to float32 gives `rounded` either way, else what the scalar function gives, rounded.
   * @param low and `high` bounds of what the scalar function may give, as two float32
   * @returns two float32
   */
  settle(low: Vector, high: Vector, name: string, ...operands: readonly Vector[]): Vector {
    const index = this.import(name, operands.length);
    return this.once(`settle ${name} ${operands.join()}`, (result) => {
      for (const half of halves) {
        this.body.push(opcode.localGet, ...this.local(high, half), opcode.localTee, ...this.local(result, half));
        this.body.push(opcode.localGet, ...this.local(low, half), opcode.vector, ...leb(instructions.differ32));
      }
      this.body.push(opcode.vector, ...leb(instructions.or), opcode.vector, vectorOpcode.anyTrue);
      this.body.push(opcode.if, type.empty);
      this.pushCall(index, operands, result);
      for (const half of halves) {
        this.body.push(opcode.localGet, ...this.local(result, half), opcode.vector, ...leb(instructions.demote));
        this.body.push(opcode.localSet, ...this.local(result, half));
      }
      this.body.push(opcode.end);
    });
  }

  /** Exports `run(bytes)`, which computes the points in the first `bytes` bytes of each array, and `memory`. */
  module(arrays: number): { readonly bytes: Uint8Array<ArrayBuffer>; readonly imports: Imports } {
    const imports = [...this.imports];
    const types = [
      [type.function, 1, type.i32, 0],
      [type.function, 1, type.f64, 1, type.f64],
      [type.function, 2, type.f64, type.f64, 1, type.f64],
    ];
    const run = [
      ...[2, 1, type.i32, ...leb(halves.length * this.vectors), type.v128],
      ...this.prologue,
      ...[opcode.loop, type.empty],
      ...this.body,
      ...[
        opcode.localGet,
        position,
        opcode.i32Const,
        halves.length * vectorSize,
        opcode.i32Add,
        opcode.localTee,
        position,
      ],
      ...[opcode.localGet, limit, opcode.i32LessUnsigned, opcode.brIf, 0, opcode.end, opcode.end],
    ];
    const pages = Math.ceil((arrays * this.capacity * valueSize) / pageSize);
    const bytes = Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vectorOf(types)),
      ...section(2, vectorOf(imports.map(([name, arity]) => [...text('scalar'), ...text(name), 0, arity]))),
      ...section(3, vectorOf([[0]])),
      ...section(5, vectorOf([[0, ...leb(pages)]])),
      ...section(
        7,
        vectorOf([
          [...text('run'), 0, ...leb(imports.length)],
          [...text('memory'), 2, 0],
        ]),
      ),
      ...section(10, vectorOf([[...leb(run.length), ...run]])),
    ]);
    return { bytes, imports: this.imports };
  }

  private once(key: string, write: (result: Vector) => void): Vector {
    let vector = this.known.get(key);
    if (vector === undefined) {
      vector = this.vectors++ as Vector;
      this.known.set(key, vector);
      write(vector);
    }
    return vector;
  }

  private import(name: string, arity: number): number {
    if (!this.imports.has(name)) this.imports.set(name, arity === 1 ? 1 : 2);
    return [...this.imports.keys()].indexOf(name);
  }

  private pushCall(index: number, operands: readonly Vector[], result: Vector): void {
    for (const half of halves) {
      for (const lane of [0, 1]) {
        // The second lane is put into what the first call has left.
        this.body.push(opcode.localGet, ...this.local(lane === 0 ? (operands[0] as Vector) : result, half));
        for (const operand of operands) {
          this.body.push(opcode.localGet, ...this.local(operand, half), opcode.vector, vectorOpcode.extract, lane);
        }
        this.body.push(opcode.call, ...leb(index), opcode.vector, vectorOpcode.replace, lane);
        this.body.push(opcode.localSet, ...this.local(result, half));
      }
    }
  }

  private local(vector: Vector, half: number): number[] {
    return leb(2 + halves.length * vector + (this.constants.has(vector) ? 0 : half));
  }

  private address(array: number, half: number): number[] {
    // Alignment 2^3, offset.
    return [3, ...leb(array * this.capacity * valueSize + half * vectorSize)];
  }
}

/** Locals: the parameter, the position in bytes, the vectors. */
const limit = 0;
const position = 1;

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

/** For a number from 0 up: the bit 6 of its last byte is its sign. */
function signedLeb(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signedLeb(value >>> 7)];
}

function text(value: string): number[] {
  return [...leb(value.length), ...new TextEncoder().encode(value)];
}

function vectorOf(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}
