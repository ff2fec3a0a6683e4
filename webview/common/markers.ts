import { drawPoint } from 'chart.js/helpers';
import type { SeriesStyle } from './theme';

/** Shapes that are only lines: what fills the others stands behind them, as a disc. */
const open: readonly SeriesStyle['shape'][] = ['crossRot', 'star'];

/** The point of a series: its shape tells the loss, what is in it the backend. */
export function drawMarker(
  context: CanvasRenderingContext2D,
  { shape, fill, colour }: SeriesStyle,
  [x, y]: readonly [number, number],
  { radius, width, ground }: { readonly radius: number; readonly width: number; readonly ground: string },
): void {
  context.save();
  context.setLineDash([]);
  context.lineWidth = width;
  const isOpen = open.includes(shape);
  context.fillStyle = fill === 'solid' && !isOpen ? colour : ground;
  drawPoint(context, { pointStyle: shape, radius: isOpen ? radius * 1.25 : radius, borderWidth: width }, x, y);
  const disc = (size: number): void => {
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
  };
  context.fillStyle = context.strokeStyle;
  if (fill === 'dot') disc(Math.max(1.3, radius * 0.4));
  else if (fill === 'solid' && isOpen) disc(radius * 0.75);
  else if (fill === 'bar') {
    context.beginPath();
    context.moveTo(x - radius * 1.7, y);
    context.lineTo(x + radius * 1.7, y);
    context.stroke();
  }
  context.restore();
}
