/** Unpacks .tar.gz files that nobody has looked at: nothing is ever written outside the folder that it is to go to. */
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, open, readlink, rm, symlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { cancelled, messageOf, RuntimeError } from './error';

export interface UnpackOptions {
  /** Names at the front of every path that are left out: `package/` in archives of npm. */
  readonly strip?: number;
  /** Which files, by their names without what is left out; all unless it is given. */
  readonly keep?: (name: string) => boolean;
  /** The most bytes that may come out of it. */
  readonly mostBytes?: number;
  readonly signal?: AbortSignal;
}

const blockSize = 512;
const mostFiles = 200_000;
const defaultMostBytes = 16 * 2 ** 30;
/** Of the headers that hold long names. */
const longestText = 2 ** 20;

/**
 * @param archive a file, .tar.gz: ustar, with the long names of GNU and of pax
 * @param folder where it goes to, which exists and is the caller's own
 * @returns the bytes that were written
 * @throws RuntimeError
 */
export async function unpack(archive: string, folder: string, options: UnpackOptions = {}): Promise<number> {
  const unpacker = new Unpacker(archive, path.resolve(folder), options);
  try {
    await pipeline(
      createReadStream(archive),
      createGunzip(),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) await unpacker.take(chunk);
      },
      options.signal ? { signal: options.signal } : {},
    );
    unpacker.end();
  } catch (error) {
    if (options.signal?.aborted) throw cancelled();
    if (error instanceof RuntimeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EACCES' || code === 'EROFS' || code === 'EDQUOT') {
      throw new RuntimeError(
        'disk',
        `${folder} can't be written: ${messageOf(error)}`,
        'Make room there, and try again.',
      );
    }
    throw refusal(archive, `it is broken: ${messageOf(error)}`);
  } finally {
    await unpacker.close();
  }
  return unpacker.written;
}

function refusal(archive: string, why: string): RuntimeError {
  return new RuntimeError(
    'archive',
    `${path.basename(archive)} was not unpacked: ${why}`,
    'Check where it comes from; a mirror may serve something else.',
  );
}

interface Header {
  readonly name: string;
  readonly link: string;
  readonly size: number;
  readonly type: string;
  readonly isExecutable: boolean;
}

class Unpacker {
  written = 0;
  private files = 0;
  /** What has come and isn't a whole block. */
  private rest: Buffer = Buffer.alloc(0);
  private file: FileHandle | undefined;
  /** Bytes to come of the current entry, and of the padding behind it. */
  private remaining = 0;
  private padding = 0;
  /** Where the bytes of the current entry go, if they are a text for the next header. */
  private text: { readonly type: string; readonly parts: Buffer[] } | undefined;
  /** From headers before the next one. */
  private next: { name?: string; link?: string; size?: number } = {};
  private ended = false;
  private taking: Promise<void> = Promise.resolve();
  /** Folders that are known to be none but folders, all the way down. */
  private readonly safe = new Set<string>();

  constructor(
    private readonly archive: string,
    private readonly folder: string,
    private readonly options: UnpackOptions,
  ) {
    this.safe.add(folder);
  }

  take(chunk: Buffer): Promise<void> {
    this.taking = this.takeChunk(chunk);
    return this.taking;
  }

  private async takeChunk(chunk: Buffer): Promise<void> {
    let data = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    this.rest = Buffer.alloc(0);
    while (data.length > 0 && !this.ended) {
      if (this.remaining > 0) {
        const part = data.subarray(0, this.remaining);
        await this.content(part);
        this.remaining -= part.length;
        data = data.subarray(part.length);
        if (this.remaining === 0) await this.finish();
      } else if (this.padding > 0) {
        const skipped = Math.min(this.padding, data.length);
        this.padding -= skipped;
        data = data.subarray(skipped);
      } else if (data.length < blockSize) {
        this.rest = Buffer.from(data);
        return;
      } else {
        await this.header(data.subarray(0, blockSize));
        data = data.subarray(blockSize);
      }
    }
  }

  /** @throws RuntimeError if the archive has broken off */
  end(): void {
    if (this.remaining > 0 || this.rest.length > 0 || !this.ended) throw refusal(this.archive, 'its end is missing.');
  }

  async close(): Promise<void> {
    // A cancellation does not wait for what is being written.
    await this.taking.catch(() => undefined);
    await this.file?.close();
  }

  private async header(block: Buffer): Promise<void> {
    if (block.every((byte) => byte === 0)) {
      this.ended = true;
      return;
    }
    const { name, link, size, type, isExecutable } = this.read(block);
    this.remaining = size;
    this.padding = (blockSize - (size % blockSize)) % blockSize;
    if ('LKxg'.includes(type)) {
      if (size > longestText) throw refusal(this.archive, 'a name in it is longer than any name.');
      this.text = { type, parts: [] };
      return;
    }
    this.next = {};
    const target = this.place(name);
    // Whatever is left out is gone through without a file.
    if (
      target !== undefined &&
      (this.options.keep?.(path.relative(this.folder, target).split(path.sep).join('/')) ?? true)
    ) {
      if (++this.files > mostFiles) throw refusal(this.archive, `it has more than ${String(mostFiles)} files.`);
      await this.entry(type, name, target, link, isExecutable);
    }
    if (size === 0) await this.finish();
  }

  private async entry(type: string, name: string, target: string, link: string, isExecutable: boolean): Promise<void> {
    switch (type) {
      case '0':
      case '\0':
      case '7':
        await this.clear(target);
        // Neither follows nor replaces what may be there.
        this.file = await open(target, 'wx', isExecutable ? 0o755 : 0o644);
        return;
      case '5':
        await this.folderAt(target);
        return;
      case '2': {
        const to = path.resolve(path.dirname(target), link);
        if (path.isAbsolute(link) || link.includes('\0') || !this.isInside(to)) {
          throw refusal(this.archive, `the link ${name} leads out of it, to ${link}.`);
        }
        await this.clear(target);
        await symlink(link, target);
        return;
      }
      case '1': {
        const to = this.place(link);
        if (to === undefined) throw refusal(this.archive, `the link ${name} leads nowhere.`);
        await this.folderAt(path.dirname(to));
        if (!(await lstat(to)).isFile()) throw refusal(this.archive, `the link ${name} is not of a file.`);
        await this.clear(target);
        await copyFile(to, target);
        return;
      }
      default:
        throw refusal(this.archive, `${name} is neither a file nor a folder nor a link.`);
    }
  }

  private async content(part: Buffer): Promise<void> {
    if (this.text) {
      this.text.parts.push(Buffer.from(part));
    } else if (this.file) {
      this.written += part.length;
      const most = this.options.mostBytes ?? defaultMostBytes;
      if (this.written > most) throw refusal(this.archive, `more than ${String(most)} bytes come out of it.`);
      await this.file.writeFile(part);
    }
  }

  private async finish(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
    if (!this.text) return;
    const { type, parts } = this.text;
    const content = Buffer.concat(parts);
    this.text = undefined;
    if (type === 'L') this.next.name = untilZero(content);
    else if (type === 'K') this.next.link = untilZero(content);
    else if (type === 'x') this.pax(content);
  }

  /** Records of the form "length key=value\n". */
  private pax(content: Buffer): void {
    for (let at = 0; at < content.length;) {
      const space = content.indexOf(0x20, at);
      const length = Number(content.toString('latin1', at, space));
      if (space < 0 || !Number.isInteger(length) || length <= space - at)
        throw refusal(this.archive, 'a header in it is broken.');
      const [, key, value = ''] = /^([^=]*)=([\s\S]*)\n$/.exec(content.toString('utf8', space + 1, at + length)) ?? [];
      if (key === 'path') this.next.name = value;
      else if (key === 'linkpath') this.next.link = value;
      else if (key === 'size') this.next.size = Number(value);
      at += length;
    }
  }

  private read(block: Buffer): Header {
    const text = (from: number, length: number): string => untilZero(block.subarray(from, from + length));
    const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    if (sum !== parseInt(text(148, 8).trim(), 8)) throw refusal(this.archive, 'a header in it is broken.');
    const isUstar = text(257, 6).startsWith('ustar');
    const prefix = isUstar && block[262] === 0 ? text(345, 155) : '';
    const size = this.next.size ?? sizeOf(block.subarray(124, 136));
    if (!Number.isSafeInteger(size) || size < 0) throw refusal(this.archive, 'a size in it is none.');
    const type = String.fromCharCode(block[156] as number);
    return {
      name: this.next.name ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`),
      link: this.next.link ?? text(157, 100),
      // Folders and links have no content, whatever their headers say.
      size: '125'.includes(type) ? 0 : size,
      type,
      isExecutable: (parseInt(text(100, 8), 8) & 0o100) !== 0,
    };
  }

  /** Where an entry goes; undefined if nothing of its name is left. @throws RuntimeError for a name that leads out */
  private place(name: string): string | undefined {
    const names = name.split('/');
    // Windows takes more for a path than others do.
    const isOutside = name.startsWith('/') || names.includes('..') || /[\0\\]|^[A-Za-z]:/.test(name);
    if (isOutside) throw refusal(this.archive, `the name ${JSON.stringify(name)} leads out of its folder.`);
    const rest = names.filter((each) => each !== '' && each !== '.').slice(this.options.strip ?? 0);
    return rest.length === 0 ? undefined : path.join(this.folder, ...rest);
  }

  private isInside(target: string): boolean {
    const relative = path.relative(this.folder, target);
    return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  }

  /** Makes room for a file or a link, and the folder that it is in. */
  private async clear(target: string): Promise<void> {
    await this.folderAt(path.dirname(target));
    const there = await lstat(target).catch(() => undefined);
    if (there?.isDirectory()) throw refusal(this.archive, `${path.basename(target)} is a folder and something else.`);
    if (there) await rm(target);
  }

  /** @throws RuntimeError where a link stands in the way: it could lead anywhere by now */
  private async folderAt(target: string): Promise<void> {
    if (this.safe.has(target)) return;
    if (!this.isInside(target)) throw refusal(this.archive, `${target} is outside.`);
    await this.folderAt(path.dirname(target));
    const there = await lstat(target).catch(() => undefined);
    if (there?.isSymbolicLink()) {
      const to = await readlink(target);
      throw refusal(
        this.archive,
        `${path.relative(this.folder, target)} is a link to ${to}, and files are to go through it.`,
      );
    }
    if (!there) await mkdir(target);
    else if (!there.isDirectory())
      throw refusal(this.archive, `${path.basename(target)} is a folder and something else.`);
    this.safe.add(target);
  }
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** Octal, or in base 256 where the first bit is set. */
function sizeOf(field: Buffer): number {
  if (((field[0] as number) & 0x80) === 0) {
    const digits = untilZero(field).trim();
    return digits === '' ? 0 : parseInt(digits, 8);
  }
  return field.subarray(1).reduce((size, byte) => size * 256 + byte, (field[0] as number) & 0x7f);
}
