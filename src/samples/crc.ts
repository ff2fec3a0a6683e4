const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The check sum of zip archives. Node's own came with version 20.15, and this runs from 20.9 on. */
export class Crc32 {
  private state = 0xffffffff;

  add(bytes: Uint8Array): void {
    let { state } = this;
    for (const byte of bytes) state = (state >>> 8) ^ (table[(state ^ byte) & 0xff] as number);
    this.state = state;
  }

  /** Of all that was added. */
  get value(): number {
    return (this.state ^ 0xffffffff) >>> 0;
  }
}
