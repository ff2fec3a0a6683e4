import type { Curve } from '../../src/protocol/measurement';
import type { CurveMessage, FloorSettings } from '../../src/protocol/webview';
import type { ExportedCurve, ExportedLoss } from '../common/export/content';

interface Shown {
  readonly label: string;
  readonly message: CurveMessage;
}

export function exportedLosses({ losses }: FloorSettings): ExportedLoss[] {
  return losses.map(({ label, id, formula, constants }) => ({ label, id, formula, constants }));
}

/** The curves that are shown, with all that was measured of them. */
export function exportedCurves(shown: readonly Shown[], settings: FloorSettings): ExportedCurve[] {
  return shown.flatMap(({ label, message }): ExportedCurve[] => {
    const { lossKey, format, target, backend, real, summary, explanation, curve, specials } = message;
    const chosen = settings.losses.find(({ key }) => key === lossKey);
    if (!chosen) return [];
    const { label: name, id, formula, constants } = chosen;
    const loss = { label: name, id, formula, constants };
    const points = [columnsOf(curve, target)];
    return [
      {
        label,
        loss,
        format,
        target,
        backend,
        real,
        summary,
        explanation,
        points,
        specials: columnsOf(specials, target),
      },
    ];
  });
}

function columnsOf(curve: Curve, target: number | 'mean'): Record<string, Float64Array> {
  const { margin, loss, gradient, exactLoss, exactGradient, lossUlp, gradientUlp } = curve;
  const isTurned = typeof target === 'number' && target < 0.5;
  return {
    margin,
    logit: isTurned ? margin.map((m) => -m) : margin,
    loss,
    gradient,
    exact_loss: exactLoss,
    exact_gradient: exactGradient,
    loss_error_ulp: lossUlp,
    gradient_error_ulp: gradientUlp,
  };
}
