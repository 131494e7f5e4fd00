import type { ValidPath } from "../nix/valid-path";

/** One NAR that is being read, or was, and those who want it. */
export class Reading {
  /** Where each of those who want it is: the number of chunks that it has taken. */
  private readonly places = new Map<object, number>();
  private readonly kept: Buffer[] = [];
  /** Chunks that are no longer kept. */
  private forgotten = 0;
  private state: "open" | "whole" | "failed" = "open";
  private waiting: (() => void)[] = [];

  constructor(
    readonly info: ValidPath,
    private readonly freed: (bytes: number) => void,
  ) {}

  /** Whether one who comes now gets all of it. */
  get isFromStart(): boolean {
    return this.forgotten === 0 && this.state !== "failed";
  }

  /** Whether more of it is to come. */
  get isOpen(): boolean {
    return this.state === "open";
  }

  enter(who: object): void {
    this.places.set(who, 0);
  }

  leave(who: object): void {
    this.places.delete(who);
    this.wake();
  }

  /** Whether nothing is kept of it, and nothing will be. */
  get isOver(): boolean {
    return this.state !== "open" && this.kept.length === 0;
  }

  /** Chunks that this one has still to take. */
  keptFor(who: object): number {
    const place = this.places.get(who);
    return place === undefined ? 0 : this.forgotten + this.kept.length - place;
  }

  /** False when nobody wants it and it would be kept for nothing. */
  add(chunk: Buffer): boolean {
    if (this.places.size === 0) {
      this.forgotten++;
      return false;
    }
    this.kept.push(chunk);
    this.wake();
    return true;
  }

  end(): void {
    this.state = "whole";
    this.wake();
  }

  fail(): void {
    this.state = "failed";
    this.forgetAll();
    this.wake();
  }

  /** The next chunk; undefined at the end, "later" when it has not come, "lost" when it never will. */
  next(who: object): Buffer | undefined | "later" | "lost" {
    const place = this.places.get(who);
    if (place === undefined || this.state === "failed") return "lost";
    const chunk = this.kept[place - this.forgotten];
    if (chunk === undefined) return this.state === "whole" ? undefined : "later";
    this.places.set(who, place + 1);
    return chunk;
  }

  /** Resolves when something has changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Forgets what everybody who wants it has taken; false when that is nothing. */
  forget(): boolean {
    const taken = Math.min(this.forgotten + this.kept.length, ...this.places.values());
    const gone = this.kept.splice(0, taken - this.forgotten);
    this.forgotten = taken;
    this.free(gone);
    return gone.length > 0;
  }

  private forgetAll(): void {
    this.free(this.kept.splice(0));
  }

  private free(chunks: readonly Buffer[]): void {
    this.freed(chunks.reduce((sum, { length }) => sum + length, 0));
  }

  private wake(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}
