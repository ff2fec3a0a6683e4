import type { ComputedBy, CurveMessage } from '../../src/protocol/webview';
import { remarksOf, type Remark } from '../common/status';

interface Named {
  readonly label: string;
  readonly message: CurveMessage;
}

/** What there is to know about those who computed the curves: who is compared, and what computed each curve. */
export function curveRemarks(curves: readonly Named[], compared: readonly ComputedBy[]): Remark[] {
  const backends = [...new Set(curves.map(({ message }) => message.backend))];
  return [...compared.flatMap(remarksOf), ...backends.flatMap((backend) => callRemarks(backend, curves))];
}

/** `model` rounds every operation of our expressions; only of the others there is something to tell. */
function callRemarks(backend: CurveMessage['backend'], curves: readonly Named[]): Remark[] {
  if (backend === 'model') return [];
  const own = curves.filter(({ message }) => message.backend === backend);
  const names = (real: boolean): string =>
    [...new Set(own.filter(({ message }) => message.real === real).map(({ label }) => label))].join('; ');
  const [theirs, ours] = [names(true), names(false)];
  return [
    ...(theirs ? [{ about: backend, text: `The framework’s own function computed: ${theirs}.` }] : []),
    ...(ours ? [{ about: backend, text: `Our expression, in the backend’s operations, computed: ${ours}.` }] : []),
  ];
}
