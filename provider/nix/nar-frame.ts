import { FrameWriter } from "./serve-codec";

/** How every NAR begins and ends (Nix, src/libutil/archive.cc). */
const opening = new FrameWriter().string("nix-archive-1").string("(").bytes();
const closing = new FrameWriter().string(")").bytes();

/** A path is not what its store knows of it. */
export class DamagedPath extends Error {
  constructor(size: number) {
    super(`it is damaged there: what is in the store does not make the ${size} bytes that are registered`);
  }
}

/**
 * The bytes of a NAR, as they come. A NAR tells nobody its length: of a path whose files have become longer or shorter
 * the rest would be taken for the next answer, or waited for.
 * @throws DamagedPath before the last of them, when they do not begin and end as a NAR does
 */
export async function* wholeNar(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const ends = new Ends();
  for await (const chunk of chunks) {
    ends.add(chunk);
    if (!ends.areOfNar(size)) throw new DamagedPath(size);
    yield chunk;
  }
}

class Ends {
  private size = 0;
  private first: Buffer = Buffer.alloc(0);
  private last: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.size += chunk.length;
    const lacking = opening.length - this.first.length;
    if (lacking > 0) this.first = Buffer.concat([this.first, chunk.subarray(0, lacking)]);
    const end = chunk.subarray(-closing.length);
    this.last = Buffer.concat([this.last, end]).subarray(-closing.length);
  }

  /** Of so many bytes, as far as they have come. */
  areOfNar(size: number): boolean {
    return (
      this.first.equals(opening.subarray(0, this.first.length)) &&
      (this.size < size || this.last.equals(closing))
    );
  }
}
