import { bootFleet, type Fleet, type FleetSize, type Host } from "../fleet";
import type { Case } from "./fault";
import { CustomProfile } from "./kinds/custom";
import type { KindName, Subject } from "./kinds/kind";
import { NixosSystem } from "./kinds/nixos";
import { ServiceUnit } from "./kinds/unit";
import { tryCase, type Result } from "./try-case";

/** Small, so that they can be filled. */
const disks = { rootDisk: "160M", nixDisk: "160M" };

const kinds: Readonly<Record<KindName, (host: Host) => Promise<Subject>>> = {
  custom: (host) => CustomProfile.on(host),
  nixos: (host) => NixosSystem.on(host),
  unit: (host) => ServiceUnit.on(host),
};

/** Hosts that work through cases, each one case after the other. */
export class Crew {
  private fleet: Fleet | undefined;
  private work: Promise<unknown> = Promise.resolve();
  private readonly outcomes: ReadonlyMap<Case, Outcome>;

  constructor(private readonly cases: readonly Case[]) {
    this.outcomes = new Map(cases.map((each) => [each, new Outcome()]));
  }

  async begin(size: FleetSize): Promise<void> {
    const fleet = (this.fleet = await bootFleet(size, disks));
    const queue = [...this.cases];
    this.work = Promise.all(fleet.hosts.map((host) => this.workOn(host, queue)));
  }

  async result(tried: Case): Promise<Result> {
    const outcome = this.outcomes.get(tried);
    if (outcome === undefined) throw new Error("this case is not among them");
    return outcome.result;
  }

  async end(): Promise<void> {
    await this.work;
    await this.fleet?.stop();
  }

  private async workOn(host: Host, queue: Case[]): Promise<void> {
    const workplace = new Workplace(host);
    for (let tried = queue.shift(); tried; tried = queue.shift()) {
      const outcome = this.outcomes.get(tried);
      try {
        const result = await tryCase(await workplace.subject(tried.kind), tried);
        outcome?.resolve(result);
        if (result.problems.length > 0) await startAfresh(host);
      } catch (error) {
        outcome?.reject(error as Error);
        await startAfresh(host);
      }
    }
  }
}

/** A host with what is deployed there: one kind at a time. */
class Workplace {
  private readonly subjects = new Map<KindName, Subject>();
  private current: Subject | undefined;

  constructor(private readonly host: Host) {}

  async subject(kind: KindName): Promise<Subject> {
    if (this.current !== undefined && this.current.kind !== kind) await this.current.clear();
    const subject = this.subjects.get(kind) ?? (await kinds[kind](this.host));
    this.subjects.set(kind, subject);
    return (this.current = subject);
  }
}

/** A result that is asked for before it is there. */
class Outcome {
  readonly result: Promise<Result>;
  resolve: (result: Result) => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  constructor() {
    this.result = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    // Whoever waits for it may come later than its failure.
    this.result.catch(() => undefined);
  }
}

/** What went wrong must not be the next case's. */
async function startAfresh(host: Host): Promise<void> {
  await host.undoFaults().catch(() => undefined);
  await host.powerLoss();
  await host.boot();
}
