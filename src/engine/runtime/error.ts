/** Why a runtime can't be installed, checked or removed. */
export type RuntimeErrorCode =
  /** The workspace is not trusted. */
  | 'untrusted'
  /** There is no such runtime for this platform. */
  | 'unsupported'
  /** A file of it has no checksum that it could be held to. */
  | 'unpinned'
  /** Another window is at it. */
  | 'busy'
  /** Too little space, or a folder that can't be written. */
  | 'disk'
  /** It could not be fetched. */
  | 'download'
  /** What was fetched is not what it should be. */
  | 'integrity'
  /** An archive that can't be unpacked, or must not. */
  | 'archive'
  /** It was unpacked, and does not work. */
  | 'probe'
  /** Something else is where it should be. */
  | 'broken'
  /** By the user. */
  | 'cancelled';

/** In words for people: what is wrong, where, and what would help. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';

  constructor(
    readonly code: RuntimeErrorCode,
    message: string,
    /** A full sentence. */
    readonly remedy: string,
  ) {
    super(message);
  }
}

export function cancelled(): RuntimeError {
  return new RuntimeError(
    'cancelled',
    'Cancelled.',
    'What was downloaded is kept: the next attempt goes on from there.',
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
