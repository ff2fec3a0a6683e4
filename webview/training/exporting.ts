import type { BackendName } from '../../src/protocol/measurement';
import type {
  SeedBand,
  TrainingChoices,
  TrainingCurve,
  TrainingReport,
  TrainingSettings,
} from '../../src/protocol/webview';
import type { ExportedCurve, ExportedLoss, ExportedTable } from '../common/export/content';

type Variants = TrainingChoices['variants'];

/** Every variant with every radius that was trained. */
export function exportedTrainingLosses(
  variants: Variants,
  { variants: chosen, radii }: TrainingSettings,
): ExportedLoss[] {
  return radii.flatMap((radius) =>
    variants.filter(({ id }) => chosen.includes(id)).map((variant) => lossOf(variant, radius)),
  );
}

/**
 * The curves that are shown, at every epoch that was recorded: over the seeds mean, least and greatest value. Shares are
 * from 0 to 1.
 * @param about what was trained
 */
export function exportedTrainingCurves(
  shown: readonly { readonly label: string; readonly curve: TrainingCurve }[],
  variants: Variants,
  { format }: TrainingSettings,
  about: string,
  backend: BackendName,
): ExportedCurve[] {
  return shown.flatMap(({ label, curve }): ExportedCurve[] => {
    const variant = variants.find(({ id }) => id === curve.variant);
    if (!variant) return [];
    const { crossEntropy, dead, correct, correctHalf } = curve.bands;
    const points = [
      {
        epoch: curve.epoch,
        ...columnsOf('cross_entropy', crossEntropy),
        ...columnsOf('dead_units', dead),
        ...columnsOf('patterns_correct', correct),
        ...columnsOf('patterns_correct_to_half', correctHalf),
      },
    ];
    return [{ label, loss: lossOf(variant, curve.radius), format, about, backend, real: false, points }];
  });
}

/** As the page shows it, the seeds in brackets. */
export function exportedTrainingTable({ columns, rows }: TrainingReport['table']): ExportedTable {
  return {
    heads: columns.map(({ head }) => head),
    rows: rows.map(({ cells }) =>
      cells.map(({ text, seeds }) => (seeds.length > 1 ? `${text} (${seeds.join(' · ')})` : text)),
    ),
  };
}

function columnsOf(name: string, { mean, low, high }: SeedBand): Record<string, Float64Array> {
  return { [`${name}_mean`]: mean, [`${name}_least`]: low, [`${name}_greatest`]: high };
}

function lossOf({ id, label, formula, constants }: Variants[number], radius: number): ExportedLoss {
  const others = Object.fromEntries(constants.map(({ name, value }) => [name, value]));
  return { label, id, formula, constants: { radius, ...others } };
}
