import { Chart, LinearScale, LineController, LineElement, PointElement, type LinearScaleOptions } from 'chart.js';

/** A linear axis that leaves room for lanes above and beneath it. */
export class LaneScale extends LinearScale {
  static override id = 'lanes';
  /** Those of the linear scale are added to it. */
  static override defaults = {};
  above = 0;
  beneath = 0;

  override getPixelForDecimal(decimal: number): number {
    const bottom = this.bottom - this.beneath;
    return bottom - decimal * (bottom - this.top - this.above);
  }

  override getDecimalForPixel(pixel: number): number {
    const bottom = this.bottom - this.beneath;
    return (bottom - pixel) / (bottom - this.top - this.above);
  }
}

declare module 'chart.js' {
  interface CartesianScaleTypeRegistry {
    lanes: { options: LinearScaleOptions };
  }
}

Chart.register(LineController, LineElement, PointElement, LinearScale, LaneScale);
Chart.defaults.animation = false;
