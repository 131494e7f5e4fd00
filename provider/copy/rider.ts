import type { Reading } from "./reading";

/** A copy on its way through NARs that others may be reading too. */
export class Rider {
  /** Left behind by the others, or gone. */
  isAlone = false;
  private readonly claims: Reading[] = [];
  private claimedBytes = 0;
  /** Whether it waits for what has not been read. */
  isHungry = false;
  private readonly began = performance.now();
  private charged = 0;

  /** `moves` is called when it takes something, and when it gives up or waits. */
  constructor(
    private readonly signal: AbortSignal,
    private readonly moves: () => void,
  ) {
    signal.addEventListener("abort", () => this.leave(), { once: true });
  }

  /** Whether more may be asked for ahead. */
  wantsMore(limit: { bytes: number; paths: number }): boolean {
    return this.claims.length < limit.paths && this.claimedBytes < limit.bytes;
  }

  /** Joins a reading, to be read when those claimed before are. */
  claim(reading: Reading): void {
    if (this.isAlone) return;
    reading.enter(this);
    this.claims.push(reading);
    this.claimedBytes += reading.info.narSize;
  }

  /** What comes of the first claim; it ends early when this one is alone from then on. */
  async *chunks(): AsyncGenerator<Buffer> {
    const [reading] = this.claims;
    // It may have been left behind before it came here.
    while (reading !== undefined) {
      const next = reading.next(this);
      if (next === "lost") this.leave();
      if (next === undefined) this.done(reading);
      if (next === undefined || next === "lost") break;
      if (next === "later") await this.wait(reading);
      else {
        this.moves();
        yield next;
      }
    }
    this.signal.throwIfAborted();
  }

  /** Chunks that are kept for this one. */
  keptFor(): number {
    return this.claims.reduce((sum, reading) => sum + reading.keptFor(this), 0);
  }

  /** Milliseconds that it may still keep the others waiting. */
  creditLeft(patience: number): number {
    return patience + (performance.now() - this.began) / 10 - this.charged;
  }

  charge(milliseconds: number): void {
    this.charged += milliseconds;
  }

  /** Gives up all that it has claimed. */
  leave(): void {
    this.isAlone = true;
    for (const reading of this.claims.splice(0)) reading.leave(this);
    this.moves();
  }

  private done(reading: Reading): void {
    this.claims.shift();
    this.claimedBytes -= reading.info.narSize;
    reading.leave(this);
    this.moves();
  }

  private async wait(reading: Reading): Promise<void> {
    this.isHungry = true;
    this.moves();
    await reading.changed();
    this.isHungry = false;
  }
}
