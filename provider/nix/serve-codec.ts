import type { Readable } from "node:stream";

/**
 * The framing that all of Nix's protocols share (Nix, src/libutil/serialise.cc): integers are 8 bytes, least
 * significant first; a string is its length, its bytes, and zeros up to a multiple of 8; a list is a count and
 * its items.
 */

const word = 8;

export function encodeInteger(value: number): Buffer {
  const bytes = Buffer.alloc(word);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeInteger(bytes.length), bytes, Buffer.alloc(padding(bytes.length))]);
}

export function encodeStrings(texts: readonly string[]): Buffer {
  return Buffer.concat([encodeInteger(texts.length), ...texts.map(encodeString)]);
}

function padding(length: number): number {
  return (word - (length % word)) % word;
}

/** Reads frames from a stream. Lengths are checked before anything of that length is waited for. */
export class FrameReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private buffered = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async integer(most = Number.MAX_SAFE_INTEGER): Promise<number> {
    const value = (await this.bytes(word)).readBigUInt64LE();
    if (value > BigInt(most)) throw new Error(`a number of ${value} where at most ${most} makes sense`);
    return Number(value);
  }

  async string(longest = 65_536): Promise<string> {
    const length = await this.integer(longest);
    const bytes = await this.bytes(length + padding(length));
    return bytes.toString("utf8", 0, length);
  }

  async strings(most = 1_000_000): Promise<string[]> {
    const count = await this.integer(most);
    const texts: string[] = [];
    for (let index = 0; index < count; index++) texts.push(await this.string());
    return texts;
  }

  /** Reads on to the end: a process does not count as ended while its output waits to be read. */
  async drain(): Promise<void> {
    while ((await this.chunks.next()).done !== true);
  }

  private async bytes(length: number): Promise<Buffer> {
    while (this.buffered.length < length) {
      const next = await this.chunks.next();
      if (next.done === true) throw new Error("the stream ended within a message");
      this.buffered = Buffer.concat([this.buffered, next.value]);
    }
    const taken = this.buffered.subarray(0, length);
    this.buffered = this.buffered.subarray(length);
    return taken;
  }
}
