import { availableParallelism, freemem } from "node:os";

/** How much of this machine evaluating may take. */
export interface EvaluationLimits {
  /** Nix processes at a time. */
  readonly workers: number;
  /** Bytes that all of them together may hold. */
  readonly memory: number;
}

const mebibyte = 2 ** 20;
/** What a worker is given at least, unless a number of workers is asked for: a NixOS system takes about half of it. */
const leastShare = 1024 * mebibyte;

/**
 * `PULUMI_NIX_EVAL_WORKERS` and `PULUMI_NIX_EVAL_MEMORY` (MiB); by default half of the memory that is free, and as many
 * workers as there are cores and as the memory has 1 GiB for each.
 * @throws RangeError when one is no whole number from 1
 */
export function evaluationLimits(): EvaluationLimits {
  const memory = (wholeNumber("PULUMI_NIX_EVAL_MEMORY") ?? 0) * mebibyte || freeMemory() / 2;
  const affordable = Math.max(1, Math.min(availableParallelism(), Math.floor(memory / leastShare)));
  return { memory, workers: wholeNumber("PULUMI_NIX_EVAL_WORKERS") ?? affordable };
}

/** What a container may take, not what its machine has. */
function freeMemory(): number {
  return (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem();
}

function wholeNumber(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError(`${name}=${text}: must be a whole number from 1`);
  return Number(text);
}

/** Places for workers, shared by all that is evaluated at the same time. */
export class Places {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (!this.takeNow()) await new Promise<void>((given) => this.waiting.push(given));
  }

  /** False when none is free. */
  takeNow(): boolean {
    if (this.free === 0) return false;
    this.free -= 1;
    return true;
  }

  giveBack(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}

/** What all that is evaluated at the same time shares. */
export interface Capacity {
  readonly places: Places;
  /** Bytes that one process may hold. */
  readonly share: number;
}

let inUse: { readonly capacity: Capacity; users: number } | undefined;

/**
 * Builds whose arguments come from a resource are evaluated beside those that are under way: within their limits, not as
 * much again.
 */
export async function withCapacity<T>(
  { workers, memory }: EvaluationLimits,
  work: (capacity: Capacity) => Promise<T>,
): Promise<T> {
  const used = (inUse ??= { capacity: { places: new Places(workers), share: memory / workers }, users: 0 });
  used.users += 1;
  try {
    return await work(used.capacity);
  } finally {
    used.users -= 1;
    if (used.users === 0) inUse = undefined;
  }
}
