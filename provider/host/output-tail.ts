/** Keeps the end of an output that may be long, at most about 64 KiB. */
export class OutputTail {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    for (let first = this.chunks[0]; first && this.size - first.length >= limit; first = this.chunks[0]) {
      this.chunks.shift();
      this.size -= first.length;
    }
  }

  toString(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }
}

const limit = 64 * 1024;
