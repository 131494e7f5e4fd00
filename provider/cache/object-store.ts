import { Readable } from "node:stream";

/** Objects by their keys: what a binary cache is made of. */
export interface ObjectStore {
  /** For messages. */
  readonly name: string;
  /** Without reading it; undefined when there is none. */
  look(key: string): Promise<ObjectFacts | undefined>;
  /** Undefined when there is none. */
  read(key: string): Promise<Readable | undefined>;
  /** Whole or not at all, as far as the other side keeps to that. */
  write(key: string, body: ObjectBody): Promise<void>;
  /** Ends its connections. */
  close(): void;
}

export interface ObjectFacts {
  /** Its bytes; a server that makes it only while it is read does not know. */
  readonly size: number | undefined;
}

/** What is written: it may have to be read again, when it has to be sent again. */
export interface ObjectBody {
  readonly size: number;
  readonly type: string;
  /** The bytes from one on up to another one, which is not among them; all of them by default. */
  open(start?: number, end?: number): Readable;
}

export function textBody(text: string): ObjectBody {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    type: "text/plain",
    open: (start, end) => Readable.from([bytes.subarray(start, end)]),
  };
}

/** The same bytes; what ends them early is told in our words. */
export function explainedBy(stream: Readable, explain: (cause: Error) => Error): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      yield* stream as AsyncIterable<Buffer>;
    } catch (cause) {
      throw explain(cause as Error);
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

/** An object that is small enough to be held. */
export async function readText(store: ObjectStore, key: string): Promise<string | undefined> {
  const stream = await store.read(key);
  if (stream === undefined) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > textLimit) break; // Nothing that it could be is as long; its parser says so.
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

const textLimit = 4 * 2 ** 20;
