import { SamplesError } from './errors';

/** What is taken of one file: more would keep the user waiting and his memory full. */
export const sampleLimits = { samples: 20_000_000, bytes: 256 * 2 ** 20 } as const;

/** How many rows of so many bytes each can be taken. */
export function mostRows(bytesPerRow: number): number {
  return Math.min(sampleLimits.samples, Math.floor(sampleLimits.bytes / bytesPerRow));
}

/** 123456 as 123,456. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** As Python writes large numbers: 20_000_000. */
export function pythonNumber(count: number): string {
  return grouped(count).replaceAll(',', '_');
}

export function megabytes(bytes: number): string {
  return `${grouped(Math.ceil(bytes / 2 ** 20))} MB`;
}

/** @throws SamplesError for more than can be taken, saying how to take a part */
export function checkArray(about: string, rows: number, samples: number, bytes: number): void {
  const { samples: most, bytes: mostBytes } = sampleLimits;
  if (samples <= most && bytes <= mostBytes) return;
  const part = mostRows(Math.max(bytes / Math.max(1, rows), mostBytes / most));
  throw new SamplesError(
    `${about} has ${grouped(samples)} samples in ${megabytes(bytes)}; at most ${grouped(most)} and ${megabytes(mostBytes)} are taken. Take a part: np.save("part.npy", x[:${pythonNumber(part)}])`,
  );
}
