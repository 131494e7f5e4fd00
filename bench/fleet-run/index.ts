import { bootFleet, type Fleet } from "../../test/fleet";
import type { Benchmark, Extent } from "../benchmark";
import { timed } from "../measure";
import { byHand, byHandInParallel } from "./by-hand";
import { ours, trivial } from "./by-pulumi";
import { Payload, payloadSize, smallPayload, type PayloadSize } from "./payload";
import { Place, type Distance } from "./place";
import { fleetTables, type Taken } from "./report";
import { operations, type Deployment, type Operation, type Subject } from "./subject";

/** The whole way from a program to running units on a fleet, against the engine's floor and against by hand. */
export const fleetRun: Benchmark = {
  title: "A fleet, from the program to the running unit",

  async run(extent, progress) {
    const distances = extent.quick ? [{ hosts: 1, delay: 0 }] : allDistances;
    const size = extent.quick ? smallPayload : payloadSize;
    const most = Math.max(...distances.map(({ hosts }) => hosts));
    progress("building the payload");
    const payloads = await buildPayloads(subjectsFor(most), size);
    progress("booting hosts");
    const fleet = await bootFleet({ bookworm: most });
    try {
      const taken = await takeAll(distances, extent, fleet, payloads, progress);
      const hostNix = (await fleet.hosts[0]?.sh("nix --version"))?.replace(/^.* /, "") ?? "";
      return fleetTables(taken, { size, rounds: extent.rounds, hostNix });
    } finally {
      await fleet.stop();
    }
  },
};

const allDistances: readonly Distance[] = [0, 20].flatMap((delay) =>
  [1, 4, 8].map((hosts) => ({ hosts, delay })),
);

const subjects = [ours, trivial, byHand, byHandInParallel];

/** One host is not served in parallel. */
function subjectsFor(hosts: number): Subject[] {
  return subjects.filter((subject) => hosts > 1 || subject !== byHandInParallel);
}

/** Each has its own: what one has copied is not there already for the others. */
async function buildPayloads(
  deploying: readonly Subject[],
  size: PayloadSize,
): Promise<Map<Subject, Payload>> {
  const payloads = new Map<Subject, Payload>();
  for (const subject of deploying) {
    const payload = new Payload(subject.name, size);
    if (subject.deploys) await payload.build();
    payloads.set(subject, payload);
  }
  return payloads;
}

async function takeAll(
  distances: readonly Distance[],
  extent: Extent,
  fleet: Fleet,
  payloads: ReadonlyMap<Subject, Payload>,
  progress: (text: string) => void,
): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const distance of distances) {
    const place = await Place.at(distance, fleet);
    for (let round = 1; round <= extent.rounds; round++) {
      progress(`${distance.hosts} hosts, ${distance.delay} ms, round ${round} of ${extent.rounds}`);
      taken.push(...(await takeRound(distance, extent, place, payloads)));
    }
    await place.leave();
  }
  return taken;
}

/** Each operation by all subjects in turn, so that what disturbs the machine disturbs all of them. */
async function takeRound(
  distance: Distance,
  extent: Extent,
  place: Place,
  payloads: ReadonlyMap<Subject, Payload>,
): Promise<Taken[]> {
  await place.reset();
  const taken: Taken[] = [];
  const deployments = new Map<Subject, Deployment>();
  for (const subject of subjectsFor(distance.hosts)) {
    deployments.set(subject, await subject.begin(payloads.get(subject) as Payload, place, extent));
  }
  for (const operation of operations) {
    for (const [subject, deployment] of deployments) {
      const figures = await takeOne(deployment, operation, place);
      if (figures) taken.push({ ...figures, ...distance, operation, subject });
    }
  }
  for (const deployment of deployments.values()) await deployment.end();
  return taken;
}

async function takeOne(
  deployment: Deployment,
  operation: Operation,
  place: Place,
): Promise<Pick<Taken, "seconds" | "logins" | "bytes"> | undefined> {
  if (!deployment.has(operation)) return undefined;
  await deployment.prepare(operation);
  const before = await place.counted();
  const seconds = await timed(() => deployment.carryOut(operation));
  const after = await place.counted();
  return { seconds, logins: after.logins - before.logins, bytes: after.bytes - before.bytes };
}
