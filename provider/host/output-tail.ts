/** Keeps the last 64 KiB of an output that may be long. */
export class OutputTail {
  private chunks: Buffer[] = [];
  private size = 0;

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < 2 * limit) return;
    this.chunks = [this.kept()];
    this.size = limit;
  }

  toString(): string {
    return this.kept().toString("utf8");
  }

  private kept(): Buffer {
    return Buffer.concat(this.chunks).subarray(-limit);
  }
}

const limit = 64 * 1024;
