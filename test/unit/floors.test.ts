import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lossById } from '../../src/losses';
import type { FormatName } from '../../src/numeric';
import type { Plateau, SideFailures, TargetSummary } from '../../src/protocol';
import floors from '../golden/floors.json';
import ids from '../golden/ids.json';
import { measure } from '../golden/measuring';

/** Where the reference is wrong, or follows another convention: cells by format, form and column, with our value. */
interface Deviation {
  readonly reason: string;
  readonly cells: Readonly<Record<string, string>>;
}

const deviations: readonly Deviation[] = [
  {
    reason:
      "SLEEF's log1p, which PyTorch takes on the CPU, gives 0 for subnormal numbers and infinity for large ones. With a " +
      'right one the loss lives as long as exp(-a): to 150 log 2 in float32, 1075 log 2 in float64.',
    cells: {
      'float32 tf_sce floor1': '0@103.97208404541016',
      'float32 tf_sce floor0': '0@103.97208404541016',
      'float32 torch_bcewl_ge23 floor1': '0@103.97208404541016',
      'float32 optax_sbce floor1': '0@103.97208404541016',
      'float32 optax_sbce floor0': '0@103.97208404541016',
      'float32 log1p_ce floor1': '0@103.97208404541016',
      'float32 log1p_ce floor0': '0@103.97208404541016',
      'float32 log1p_ce cap1': 'Inf@88.72283935546875',
      'float32 log1p_ce cap0': 'Inf@88.72283935546875',
      'float32 log1p_ce bad1': '-|88.72283935546875',
      'float32 log1p_ce bad0': '-|88.72283935546875',
      'bfloat16 log1p_ce cap1': 'Inf@89',
      'bfloat16 log1p_ce cap0': 'Inf@89',
      'bfloat16 log1p_ce bad1': '-|89',
      'bfloat16 log1p_ce bad0': '-|89',
      'float64 tf_sce floor1': '0@745.1332191019412',
      'float64 tf_sce floor0': '0@745.1332191019412',
      'float64 torch_bcewl_ge23 floor1': '0@745.1332191019412',
      'float64 optax_sbce floor1': '0@745.1332191019412',
      'float64 optax_sbce floor0': '0@745.1332191019412',
      'float64 log1p_ce floor1': '0@745.1332191019412',
      'float64 log1p_ce floor0': '0@745.1332191019412',
      'float64 log1p_ce cap1': 'Inf@709.7827128933841',
      'float64 log1p_ce cap0': 'Inf@709.7827128933841',
      'float64 log1p_ce bad1': '-|709.7827128933841',
      'float64 log1p_ce bad0': '-|709.7827128933841',
    },
  },
  {
    reason:
      'The reference adds up the three gradients of the branches in float32. TensorFlow adds stored values, in which 1 and ' +
      '-1 swallow the third from the start.',
    cells: { 'bfloat16 tf_sce zero1': '5.5625', 'float16 tf_sce zero1': '7.625' },
  },
  {
    reason:
      'Of the gradients that the reference adds up in float32 the largest cancel where they are stored in bfloat16. ' +
      'PyTorch 2.13 has our zero.',
    cells: { 'bfloat16 seed_forward zero1': '6.03125', 'bfloat16 seed_forward zero0': '6.03125' },
  },
  {
    reason:
      'The derivative of c / (1 - c) divides c / (1 - c) by 1 - c once more, which overflows in float16 from there; the ' +
      'reference has an algebraically equal form.',
    cells: { 'float16 keras12_tf_prob nan1': '7.21875|-', 'float16 tfjs_layers_fp16dev nan1': '7.21875|-' },
  },
  {
    reason:
      "The reference rounds the derivative of sigmoid once; PyTorch's CUDA kernel rounds each of its three operations. One " +
      'float later the smallest subnormal number is left rather than 0.',
    cells: {
      'float16 torchvision_focal_ge23 zero1': '5.9921875',
      'float16 torchvision_focal_ge23 zero0': '6.23828125',
      'float16 optax_focal_024 zero1': '5.9921875',
    },
  },
];

const knownCells = new Map(deviations.flatMap(({ cells }) => Object.entries(cells)));

type Names = Readonly<Record<string, { readonly id: string; readonly constants?: Readonly<Record<string, number>> }>>;
const names: Names = ids;
const columns = floors.columns.split(' ');

describe('measured floors', () => {
  for (const [format, rows] of Object.entries(floors.rows) as [FormatName, Record<string, string>][]) {
    describe(format, () => {
      for (const [form, row] of Object.entries(rows)) {
        const { id, constants = {} } = names[form] ?? assert.fail(`ids.json has no entry for ${form}`);
        const entry = lossById(id);
        // In others the reference mixes the formats of the library and the table.
        if (entry.formats?.includes(format) === false) continue;
        it(`${form}: ${id}`, async () => {
          const [zero, one] = await measure({
            losses: [{ key: form, entry, label: entry.label, constants }],
            formats: [format],
            targets: [0, 1],
            points: new Float64Array(0),
          });
          assert.ok(zero && one);
          compare(`${format} ${form}`, row, zero.summary, one.summary);
        });
      }
    });
  }

  it('come out of the command line', () => {
    const forms = ['keras12_tf_prob', 'tfkeras2_prob'] as const;
    const dtypes = Object.keys(floors.rows) as (keyof typeof floors.rows)[];
    const given = [...forms.map((form) => ids[form].id), '--dtype', dtypes.join(','), '--target', 'both', '--json'];
    const { stdout } = spawnSync(process.execPath, ['dist/cli.js', 'measure', ...given], { encoding: 'utf8' });
    const results = JSON.parse(stdout, unquote) as (TargetSummary & {
      readonly loss: string;
      readonly dtype: string;
    })[];
    for (const form of forms) {
      for (const dtype of dtypes) {
        const [zero, one] = results.filter((result) => result.loss === ids[form].id && result.dtype === dtype);
        assert.ok(zero?.target === 0 && one?.target === 1);
        compare(`${dtype} ${form}`, floors.rows[dtype][form], zero, one);
      }
    }
  });

  it('are of every form in every format, and deviate in cells that are there', () => {
    for (const rows of Object.values(floors.rows)) assert.deepEqual(Object.keys(rows).sort(), Object.keys(ids).sort());
    for (const cell of knownCells.keys()) {
      const [format = '', form = '', column = ''] = cell.split(' ');
      const rows = (floors.rows as Record<string, Record<string, string>>)[format];
      assert.ok(rows?.[form] !== undefined && columns.includes(column), cell);
    }
  });
});

/** What the command line writes as text: NaN, the infinities and -0. */
function unquote(_key: string, value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' || value === '-0' ? Number(value) : value;
}

function compare(where: string, row: string, zero: TargetSummary, one: TargetSummary): void {
  const ours = cellsOf(zero, one);
  const differences: string[] = [];
  row.split(' ').forEach((reference, i) => {
    const column = columns[i] as string;
    const cell = ours[column] as string;
    const known = knownCells.get(`${where} ${column}`);
    const agrees = isSame(reference, cell, where);
    if (known === undefined ? !agrees : agrees || cell !== known) {
      differences.push(`${column}: ${cell}, not ${known ?? reference}${agrees ? ', as the reference has it' : ''}`);
    }
  });
  assert.deepEqual(differences, []);
}

/** Summaries in the columns of the reference, `value@from` and `right|wrong`, a dash for never. */
function cellsOf(zero: TargetSummary, one: TargetSummary): Record<string, string> {
  return Object.fromEntries(
    [one, zero].flatMap((summary) => {
      const { target, floor, cap, deadFrom, right, wrong } = summary;
      return Object.entries({
        floor: floor ? plateau(floor) : '-',
        zero: place(right.gradientZero),
        cap: cap ? plateau(cap) : '-',
        dead: place(deadFrom),
        bad: `${place(firstNotFinite(right))}|${place(firstNotFinite(wrong))}`,
        nan: `${place(right.gradientNaN)}|${place(wrong.gradientNaN)}`,
      }).map(([name, cell]) => [`${name}${String(target)}`, cell]);
    }),
  );
}

function place(x: number | null): string {
  return x === null ? '-' : written(x);
}

function plateau({ value, at }: Plateau): string {
  return `${written(value)}@${written(at)}`;
}

function written(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x).replace('Infinity', 'Inf');
}

function firstNotFinite({ lossNaN, lossInfinity }: SideFailures): number | null {
  return lossNaN === null || lossInfinity === null ? (lossNaN ?? lossInfinity) : Math.min(lossNaN, lossInfinity);
}

/** Whether our cell is what the reference would have printed, had it looked between its samples as well. */
function isSame(reference: string, ours: string, where: string): boolean {
  const [theirs, found] = [reference.split(/[@|]/), ours.split(/[@|]/)];
  if (theirs.length !== found.length) return false;
  return theirs.every((text, i) => {
    const cell = found[i] as string;
    if (text === cell) return true;
    const [number, x] = [Number(text), Number(cell)];
    if (!Number.isFinite(number) || !Number.isFinite(x)) return false;
    const isValue = reference.includes('@') && i === 0;
    const half = 0.5 * lastPlace(number) * (1 + 1e-9);
    // A place is a sample: the one from which on something holds that may have begun after the sample before.
    return x <= number + half && x >= number - half - (isValue ? 0 : stepBefore(number, where));
  });
}

/** The place value of the last digit printed: five significant ones, three where the number is very small or large. */
function lastPlace(x: number): number {
  const digits = Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4 ? 3 : 5;
  return 10 ** (Math.floor(Math.log10(Math.abs(x))) - digits + 1);
}

/** How far the sample before `x` is: of the 16-bit formats every value is one. Beyond the grid, a part of x itself. */
function stepBefore(x: number, where: string): number {
  if (where.startsWith('float32')) return x <= 121 ? 1 / 512 : x / 20;
  if (where.startsWith('float64')) return x <= 800 ? 1 / 64 : x / 5;
  return 0;
}
