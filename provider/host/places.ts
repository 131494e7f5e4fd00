import type { Place } from "./transport";

/** sshd allows 10 sessions a connection by default; two stay free for ending processes. */
const usualLimit = 8;
/** Places that commands of each kind leave to the others; a connection with fewer leaves none. */
const leftByHeld = 3;
const leftByLong = 1;

/** The connection has no place, and to wait for one might take for ever. */
export class NoPlace extends Error {}

interface Waiter {
  readonly place: Place;
  go(): void;
  fail(): void;
}

/** The commands that may run on one connection at a time. */
export class Places {
  private limit = usualLimit;
  private readonly taken = { brief: 0, long: 0, held: 0, urgent: 0 };
  private readonly waiting: Waiter[] = [];

  get inUse(): number {
    const { brief, long, held, urgent } = this.taken;
    return brief + long + held + urgent;
  }

  /**
   * Waits for a place, first come first served, and returns what gives it back.
   * @throws NoPlace when those that have the places may themselves be waiting for the one who asks
   */
  async take(place: Place, signal?: AbortSignal): Promise<() => void> {
    if (this.isFree(place)) this.taken[place]++;
    else if (this.comesFree(place)) await this.queue(place, signal);
    else throw new NoPlace();
    let back = false;
    return () => {
      if (!back) this.taken[place]--;
      back = true;
      this.admit();
    };
  }

  /** The machine refused a channel while so many were in use: it allows no more than those. */
  shrink(): void {
    this.limit = Math.max(1, Math.min(this.limit, this.inUse));
    this.admit();
  }

  private queue(place: Place, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(new Error("it was cancelled"));
      };
      const heard = (settle: () => void) => () => {
        signal?.removeEventListener("abort", leave);
        settle();
      };
      const waiter = { place, go: heard(resolve), fail: heard(() => reject(new NoPlace())) };
      this.waiting.push(waiter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  private isFree(place: Place): boolean {
    return place === "urgent" || (this.inUse < this.limit && this.isLeftFor(place));
  }

  /** Whether a place is only taken by what ends by itself. */
  private comesFree(place: Place): boolean {
    return this.isLeftFor(place) || (place === "long" && this.taken.long > 0);
  }

  /** Whether those that stay leave it one. */
  private isLeftFor(place: Place): boolean {
    const { held, long } = this.taken;
    if (place === "brief") return held + long < this.limit;
    if (held + long >= Math.max(1, this.limit - leftByLong)) return false;
    return place === "long" || held < Math.max(1, this.limit - leftByHeld);
  }

  private admit(): void {
    for (const waiter of [...this.waiting]) {
      const isFree = this.isFree(waiter.place);
      if (!isFree && this.comesFree(waiter.place)) continue;
      this.waiting.splice(this.waiting.indexOf(waiter), 1);
      if (isFree) this.taken[waiter.place]++;
      if (isFree) waiter.go();
      else waiter.fail();
    }
  }
}
