import type { Place } from "./transport";

/** sshd allows 10 sessions a connection by default; two stay free for ending processes. */
const usualLimit = 8;
/** Places that commands which stay open leave to the brief ones that their owners run meanwhile. */
const keptForBrief = 3;

/** The commands that may run on one connection at a time. */
export class Places {
  private limit = usualLimit;
  private readonly taken = { brief: 0, held: 0, urgent: 0 };
  private readonly waiting: { place: Place; go: () => void }[] = [];

  get inUse(): number {
    return this.taken.brief + this.taken.held + this.taken.urgent;
  }

  /** Whether a command that stays open has the only place, or would have it: its owner may wait for another one. */
  lacksFor(place: Place): boolean {
    return this.limit === 1 && (place === "held" || this.taken.held > 0);
  }

  /** Waits for a place, first come first served, and returns what gives it back. */
  async take(place: Place, signal?: AbortSignal): Promise<() => void> {
    if (this.free(place)) this.taken[place]++;
    else await this.queue(place, signal);
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
  }

  private queue(place: Place, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(new Error("it was cancelled"));
      };
      const go = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const waiter = { place, go };
      this.waiting.push(waiter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  private free(place: Place): boolean {
    if (place === "urgent") return true;
    if (this.inUse >= this.limit) return false;
    return place === "brief" || this.taken.held < Math.max(1, this.limit - keptForBrief);
  }

  private admit(): void {
    for (const waiter of [...this.waiting]) {
      if (!this.free(waiter.place)) continue;
      this.taken[waiter.place]++;
      this.waiting.splice(this.waiting.indexOf(waiter), 1);
      waiter.go();
    }
  }
}
