import type { Readable } from "node:stream";

/**
 * The framing that all of Nix's protocols share (Nix, src/libutil/serialise.cc): integers are 8 bytes, least
 * significant first; a string is its length, its bytes, and zeros up to a multiple of 8; a list is a count and
 * its items.
 */

const word = 8;

function padding(length: number): number {
  return (word - (length % word)) % word;
}

/** Writes frames, one behind the other. */
export class FrameWriter {
  private buffer: Buffer;
  private size = 0;

  /** The bytes that it begins with room for. */
  constructor(room = 1024) {
    this.buffer = Buffer.alloc(room);
  }

  integer(value: number): this {
    this.makeRoom(word);
    this.buffer.writeUInt32LE(value % 2 ** 32, this.size);
    this.buffer.writeUInt32LE(Math.floor(value / 2 ** 32), this.size + 4);
    this.size += word;
    return this;
  }

  string(text: string): this {
    const length = Buffer.byteLength(text);
    this.integer(length);
    this.makeRoom(length + word);
    this.buffer.write(text, this.size);
    this.buffer.fill(0, this.size + length, this.size + length + padding(length));
    this.size += length + padding(length);
    return this;
  }

  strings(texts: readonly string[]): this {
    this.integer(texts.length);
    for (const text of texts) this.string(text);
    return this;
  }

  /** What was written so far. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.size);
  }

  private makeRoom(more: number): void {
    if (this.size + more <= this.buffer.length) return;
    const larger = Buffer.alloc(2 * (this.size + more));
    this.buffer.copy(larger, 0, 0, this.size);
    this.buffer = larger;
  }
}

/** The other side said nothing more where there should have been more. */
export class StreamEnded extends Error {
  constructor() {
    super("the stream ended within a message");
  }
}

/** Thrown and caught while a message has not arrived whole. */
const incomplete = new Error("the message goes on");

/** Reads the frames of one message out of bytes that are there. */
export class FrameCursor {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  integer(most = Number.MAX_SAFE_INTEGER): number {
    const low = this.bytes.readUInt32LE(this.take(word));
    const value = low + this.bytes.readUInt32LE(this.at - 4) * 2 ** 32;
    if (value > most) throw new Error(`a number of ${value} where at most ${most} makes sense`);
    return value;
  }

  string(longest = 65_536): string {
    const length = this.integer(longest);
    const start = this.take(length + padding(length));
    for (let at = start + length; at < this.at; at++)
      if (this.bytes[at] !== 0) throw new Error("a string whose padding is not zero");
    return this.bytes.toString("utf8", start, start + length);
  }

  strings(most = 1_000_000): string[] {
    const count = this.integer(most);
    const texts: string[] = [];
    for (let index = 0; index < count; index++) texts.push(this.string());
    return texts;
  }

  private take(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) throw incomplete;
    this.at += length;
    return start;
  }
}

/** Bytes of one message: a store path has no more to say of itself. */
const longestMessage = 4 * 2 ** 20;

/** Reads messages from a stream. Lengths are checked before anything of that length is waited for. */
export class FrameReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private buffered: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** One message; it is parsed anew as more of it arrives. */
  async message<T>(parse: (cursor: FrameCursor) => T): Promise<T> {
    for (;;) {
      const cursor = new FrameCursor(this.buffered);
      try {
        const found = parse(cursor);
        this.buffered = this.buffered.subarray(cursor.at);
        return found;
      } catch (error) {
        if (error !== incomplete) throw error;
      }
      if (this.buffered.length > longestMessage)
        throw new Error(`a message of more than ${longestMessage} bytes`);
      this.buffered = Buffer.concat([this.buffered, await this.next()]);
    }
  }

  integer(most?: number): Promise<number> {
    return this.message((cursor) => cursor.integer(most));
  }

  /** A list of any length, whose items are messages of their own. */
  async list<T>(parse: (cursor: FrameCursor) => T, most = 1_000_000): Promise<T[]> {
    const count = await this.integer(most);
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(await this.message(parse));
    return items;
  }

  strings(most?: number): Promise<string[]> {
    return this.list((cursor) => cursor.string(), most);
  }

  /** Bytes without a frame, as they come: so many of them, no more. */
  async *bytes(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (this.buffered.length === 0) this.buffered = await this.next();
      const taken = this.buffered.subarray(0, left);
      this.buffered = this.buffered.subarray(taken.length);
      left -= taken.length;
      if (taken.length > 0) yield taken;
    }
  }

  /** Reads on to the end: a process does not count as ended while its output waits to be read. */
  async drain(): Promise<void> {
    while ((await this.chunks.next()).done !== true);
  }

  private async next(): Promise<Buffer> {
    const next = await this.chunks.next();
    if (next.done === true) throw new StreamEnded();
    return next.value;
  }
}
