import { checkInputs } from "../../provider/check";
import { difference } from "../../provider/diff";
import { Hosts, type HostsOptions } from "../../provider/host/pool";
import type { Context, Resource } from "../../provider/resource";
import type { Properties } from "../../provider/wire";

export interface ManagedOptions extends HostsOptions {
  /** Done before each new login that a confirmation goes over. */
  beforeConfirm?(): Promise<unknown>;
}

/** One resource taken through its life as the engine would, with what it said. */
export class Managed {
  readonly said: string[] = [];
  /** What stood in the status column, one after the other. */
  readonly statuses: string[] = [];
  state: Properties | undefined;
  private readonly hosts: Hosts;
  private readonly resource: Resource<never, never>;
  private id = "";

  constructor(
    resource: Resource<never, never>,
    private readonly urn: string,
    private readonly options: ManagedOptions = {},
  ) {
    this.resource = resource;
    this.hosts = new Hosts(options);
  }

  /** Checks, then creates or updates if there is a difference; gives the state. */
  async up(inputs: object): Promise<Properties> {
    const wanted = this.checked(inputs);
    if (this.state !== undefined && difference(this.resource, this.state, wanted).changed.length === 0)
      return this.state;
    return this.ensure(inputs);
  }

  /** Creates or updates whatever the state says. */
  async ensure(inputs: object): Promise<Properties> {
    const wanted = this.checked(inputs);
    this.id ||= this.resource.identify(wanted as never, this.urn);
    const context = await this.context();
    this.state = await this.resource.ensure(this.id, wanted as never, this.state as never, context);
    return this.state;
  }

  /** Says what making it would do. */
  async preview(inputs: object): Promise<void> {
    await this.resource.preview?.(this.checked(inputs) as never, this.state as never, await this.context());
  }

  /** The inputs that differ from what is really there. */
  async drift(inputs: object): Promise<string[]> {
    const seen = await this.read();
    if (seen === undefined) return ["gone"];
    return difference(this.resource, seen, this.checked(inputs)).changed;
  }

  async read(): Promise<Properties | undefined> {
    return this.resource.read(this.id, this.state as never, await this.context());
  }

  /** What a preview says. */
  async previewed(inputs: object): Promise<string> {
    const before = this.said.length;
    await this.resource.preview?.(this.checked(inputs) as never, this.state as never, await this.context());
    return this.said.slice(before).join("\n");
  }

  async destroy(): Promise<void> {
    await this.resource.remove(this.id, this.state as never, await this.context());
    this.state = undefined;
  }

  close(): Promise<void> {
    return this.hosts.close();
  }

  private checked(inputs: object): Properties {
    const { inputs: checked, problems } = checkInputs(this.resource, { ...inputs });
    if (problems.length > 0)
      throw new Error(problems.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
    return checked;
  }

  private async context(): Promise<Context> {
    return {
      host: (connection) => this.hosts.get(connection),
      freshHost: async (connection, seconds) => {
        await this.options.beforeConfirm?.();
        return this.hosts.fresh(connection, seconds);
      },
      controller: await this.hosts.get({ local: true, elevate: "none" }),
      log: (severity, text) => this.said.push(`${severity}: ${text}`),
      status: (text) => this.statuses.push(text),
    };
  }
}

/** A resource as those that do not know its types see it. */
export function untyped<Inputs extends object, State extends Inputs>(
  resource: Resource<Inputs, State>,
): Resource<never, never> {
  return resource as unknown as Resource<never, never>;
}
