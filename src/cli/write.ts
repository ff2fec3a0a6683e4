import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** A file as it was when it was read. */
export interface FileState {
  readonly modified: number;
  readonly size: number;
}

export async function stateOf(file: string): Promise<FileState> {
  const { mtimeMs, size } = await stat(file);
  return { modified: mtimeMs, size };
}

/**
 * Replaces what is in a file, all of it or nothing, keeping its mode. A link stays a link to the same file.
 * @throws Error if the file has changed since it was read
 */
export async function replaceFile(file: string, bytes: Uint8Array, read: FileState): Promise<void> {
  const target = await realpath(file);
  const { mode, uid, gid } = await stat(target);
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(6).toString('hex')}.lossfloor`,
  );
  try {
    const handle = await open(temporary, 'wx', mode & 0o777);
    try {
      await handle.writeFile(bytes);
      // What the process's mask has taken away, and the owner where that is another and may be given.
      await handle.chmod(mode & 0o7777);
      await handle.chown(uid, gid).catch(() => undefined);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const now = await stateOf(target);
    if (now.modified !== read.modified || now.size !== read.size) {
      throw new Error('it has changed while it was being scanned');
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
