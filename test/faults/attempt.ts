import { existsSync, rmSync } from "node:fs";
import { PartialError } from "../../provider/errors";
import type { Properties } from "../../provider/wire";
import type { Host } from "../fleet";
import { Managed } from "../resources/managed";
import { Coordinator } from "./coordinator-process";
import { faultFolder, holdStep, once } from "./entry-program";
import type { Case } from "./fault";
import type { Observed, Subject, Version } from "./kinds/kind";
import { Records } from "./records";
import { until } from "./until";

const urn = "urn:faults";
/** A lost machine is noticed within three seconds; a busy one answers in time. */
const pingInterval = 1000;

/** One deployment that goes wrong, on a host that is brought to where it starts from. */
export class Attempt {
  readonly host: Host;
  readonly records: Records;
  readonly managed: Managed;
  /** What was there before it. */
  before: Observed = {};
  process: Coordinator | undefined;
  /** What was found out beside the deployment. */
  readonly problems: string[] = [];
  private carriesOut = false;
  private partial = false;
  private readonly undo: (() => Promise<unknown>)[] = [];

  constructor(
    readonly subject: Subject,
    readonly tried: Case,
  ) {
    this.host = subject.host;
    this.records = new Records(subject.host);
    this.managed = new Managed(subject.resource, urn, {
      pingInterval,
      beforeConfirm: async () => {
        if (this.carriesOut) await tried.fault.beforeConfirm?.(this);
      },
    });
  }

  /** Brings the host to what the deployment starts from. */
  async prepare(): Promise<void> {
    const { deployment } = this.tried;
    await this.host.sh(`rm -rf ${faultFolder}; mkdir ${faultFolder}`);
    await this.subject.reset();
    if (deployment !== "first") await this.managed.up(this.plainInputs(this.former));
    this.before = await this.subject.observe();
    this.records.forget();
  }

  /** What was deployed before. */
  get former(): Version {
    return this.tried.deployment === "redeploy" ? "new" : "old";
  }

  /** Inputs with nothing that is only for the deployment that goes wrong. */
  plainInputs(version: Version, again = "first"): object {
    const connection = { ...this.host.connection(), perDialTimeout: 2, dialErrorLimit: 1 };
    const limits = { timeout: 60, confirm: { timeout: 5, attempts: 2 } };
    return { connection, ...limits, ...this.subject.inputs(version, again) };
  }

  /** Inputs of the deployment that goes wrong. */
  get inputs(): object {
    return { ...this.plainInputs("new", this.again), ...this.tried.fault.inputs };
  }

  /** Differs from before only when the same is deployed again. */
  get again(): string {
    return this.tried.deployment === "redeploy" ? "again" : "first";
  }

  /** Carries the deployment out; an error is what is asked for. */
  async carryOut(): Promise<Error | undefined> {
    try {
      this.carriesOut = true;
      await this.managed.up(this.inputs);
      return undefined;
    } catch (error) {
      this.keepPartial(error);
      return error as Error;
    } finally {
      this.carriesOut = false;
    }
  }

  /** The next update, as the engine would do it. */
  async update(inputs: object): Promise<void> {
    const partial = this.partial;
    this.partial = false;
    await (partial ? this.managed.ensure(inputs) : this.managed.up(inputs));
  }

  /** What the engine would keep: a state that it updates the next time whatever the inputs are. */
  private keepPartial(error: unknown): void {
    if (!(error instanceof PartialError)) return;
    this.partial = true;
    this.managed.state = error.state as Properties;
  }

  /** The same deployment by a process of its own, for this resource or another one. */
  coordinator(confirms: boolean, resource = urn): Coordinator {
    const kind = this.subject.kind === "unit" ? "unit" : "profile";
    const { state } = this.managed;
    return new Coordinator({ kind, urn: resource, pingInterval, inputs: this.inputs, state, confirms });
  }

  /** What an entry point does at a step. */
  async at(step: string, text: string): Promise<void> {
    await this.host.sh(`cat >${faultFolder}/${step}`, { input: text });
  }

  /** What the new version does when it was activated, the first time. */
  activates(text: string): Promise<void> {
    return this.at("new.activate", once(text));
  }

  /** The new version's activation waits in the end for `release`; `held` tells that it is there. */
  async holdActivation(): Promise<void> {
    await this.host.sh(`touch ${faultFolder}/hold`);
    await this.activates(holdStep);
  }

  /** The deployment waits, before it looks at the host, for `release`. */
  async holdEntry(): Promise<void> {
    const ours = "/var/lib/pulumi-nix";
    const wait = `flock ${ours} sh -c 'touch ${faultFolder}/held; while [ -e ${faultFolder}/hold ]; do sleep 0.05; done'`;
    await this.host.sh(
      `mkdir -p ${ours}; touch ${faultFolder}/hold; setsid ${wait} >/dev/null 2>&1 </dev/null &`,
    );
    await this.held();
  }

  async held(): Promise<void> {
    await until("the step is held", () => existsSync(this.host.path(`${faultFolder}/held`)) || undefined);
  }

  release(): void {
    rmSync(this.host.path(`${faultFolder}/hold`), { force: true });
  }

  /** Waits until the coordinator knows that it has lost the host. */
  async lost(): Promise<void> {
    const { statuses } = this.managed;
    await until("the loss is noticed", () => statuses.find((text) => text.includes("was lost")));
  }

  /** A program of the host that stands before all others of its name; gone when the case is over. */
  async standIn(name: string, text: string): Promise<void> {
    const file = `/usr/local/bin/${name}`;
    await this.host.sh(`cat >${file}.new && chmod +x ${file}.new && mv ${file}.new ${file}`, { input: text });
    this.afterwards(() => this.host.sh(`rm -f ${file}`));
  }

  /** What has to be done when the deployment has ended, before it is looked at. */
  afterwards(act: () => Promise<unknown>): void {
    this.undo.push(act);
  }

  async undoFault(): Promise<void> {
    await this.host.undoFaults();
    for (const act of this.undo.splice(0).reverse()) await act();
  }

  async close(): Promise<void> {
    this.process?.kill();
    await this.managed.close();
  }
}
