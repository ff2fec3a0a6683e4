import type { BackendName, Format } from '../../src/protocol/measurement';
import type { VariantItem, ZerCurveMessage, ZerSettings } from '../../src/protocol/webview';
import type { ExportedCurve, ExportedLoss } from '../common/export/content';

interface Shown {
  readonly label: string;
  readonly settings: ZerSettings;
  readonly message: ZerCurveMessage;
}

export function exportedVariants(variants: readonly VariantItem[], settings: ZerSettings): ExportedLoss[] {
  return variants.filter(({ id }) => settings.variants.includes(id)).map((item) => lossOf(item, settings));
}

/** The curves that are shown, with all that was computed of them. */
export function exportedZerCurves(
  shown: readonly Shown[],
  variants: readonly VariantItem[],
  backend: BackendName,
): ExportedCurve[] {
  return shown.flatMap(({ label, settings, message }): ExportedCurve[] => {
    const item = variants.find(({ id }) => id === message.variant);
    if (!item) return [];
    const { target, summary, output, replaced, logit, loss, gradient, exactLoss, exactGradient } = message;
    const format: Format = settings.format;
    const points = [
      { output, replaced_output: replaced },
      { logit, loss, gradient, exact_loss: exactLoss, exact_gradient: exactGradient },
    ];
    return [
      { label, loss: lossOf(item, settings), format, target, backend, real: false, summary, explanation: '', points },
    ];
  });
}

function lossOf({ id, label, formula, constants }: VariantItem, { radius }: ZerSettings): ExportedLoss {
  const others = Object.fromEntries(constants.map(({ name, value }) => [name, value]));
  return { label, id, formula, constants: { radius, ...others } };
}
