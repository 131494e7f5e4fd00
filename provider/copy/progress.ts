import type { ValidPath } from "../nix/valid-path";

/** How far a copy is. */
export class Progress {
  /** Paths that are valid on the target. */
  arrived = 0;
  /** Bytes of NARs that were handed to the connection. */
  sent = 0;
  /** Paths of which all bytes were handed to the connection. */
  handed = 0;
  /** Whether the connection takes nothing at the moment. */
  isHanding = false;
  readonly paths: number;
  readonly bytes: number;
  private readonly began = performance.now();

  /** @param before paths that arrived before the connection was lost */
  constructor(
    missing: readonly ValidPath[],
    readonly before: number,
  ) {
    this.paths = missing.length;
    this.bytes = missing.reduce((sum, { narSize }) => sum + narSize, 0);
  }

  /** Whether the target has answered for all that it was given, and takes more. */
  get awaitsSource(): boolean {
    return !this.isHanding && this.handed === this.arrived;
  }

  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** `12 of 80 paths, 12.3 of 61.2 MiB, 24.1 MiB/s, 2 s left`. */
  toString(): string {
    const rate = this.sent / this.seconds;
    const left = rate > 0 ? `, ${Math.ceil((this.bytes - this.sent) / rate)} s left` : "";
    const size = `${mebibytes(this.sent)} of ${mebibytes(this.bytes)} MiB`;
    return `${this.arrived} of ${this.paths} paths, ${size}, ${mebibytes(rate)} MiB/s${left}`;
  }
}

export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
