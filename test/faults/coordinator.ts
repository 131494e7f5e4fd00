import { text } from "node:stream/consumers";
import { profileActivation } from "../../provider/resources/profile-activation";
import { systemdUnit } from "../../provider/resources/systemd-unit";
import { Managed, untyped } from "../resources/managed";
import type { Orders } from "./coordinator-process";

/** Deploys what standard input says and prints the error, if there is one. */
async function main(): Promise<void> {
  const orders = JSON.parse(await text(process.stdin)) as Orders;
  const { kind, urn, pingInterval, inputs, state, confirms } = orders;
  const resource = kind === "unit" ? untyped(systemdUnit) : untyped(profileActivation);
  const never = (): Promise<unknown> => new Promise(() => setInterval(() => undefined, 1000));
  const managed = new Managed(
    resource,
    urn,
    confirms ? { pingInterval } : { pingInterval, beforeConfirm: never },
  );
  managed.state = state;
  await managed.ensure(inputs).catch((error: Error) => process.stdout.write(error.message));
  await managed.close();
}

void main();
