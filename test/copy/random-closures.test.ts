import assert from "node:assert/strict";
import fc from "fast-check";
import { connectionSchema } from "../../provider/connection";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure } from "../../provider/copy/copy";
import type { Host as Machine } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { environment, output, run, setEnvironment, sharedFleet, type Host } from "../fleet";
import { built, randomClosure } from "./random-closure";

/** `SEED=123` makes the closures of that seed again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

const describing = [
  "nix",
  "--extra-experimental-features",
  "nix-command",
  "path-info",
  "--json",
  "--recursive",
];

interface Described {
  path: string;
  narHash: string;
  references: string[];
  narSize: number;
  ca?: string | null;
  deriver?: string | null;
  signatures?: string[];
}

describe(`random closures (SEED=${seed})`, () => {
  const hosts = new Hosts();
  let machines: Host[];
  let targets: Machine[];
  let local: Machine;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    machines = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    targets = await Promise.all(machines.map((host) => hosts.get(connectionSchema.parse(host.connection()))));
    local = await hosts.get(connectionSchema.parse({ local: true }));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
  });

  it("arrive bit by bit as they are, with all that is known of them", async function () {
    let count = 0;
    const holds = async (closure: Parameters<typeof built>[0]): Promise<void> => {
      const paths = await built(closure, `${seed}-${++count}-${process.pid}`);
      const wanted = described(output("path-info", await run([...describing, ...paths])));
      await Promise.all(
        targets.map(async (host, index) => {
          const target = { host, as: undefined };
          await copyClosure({ source: storeSource(local), target, paths, root: () => Promise.resolve() });
          const machine = machines[index] as Host;
          await machine.sh(`nix-store --verify-path $(nix-store -qR ${paths.join(" ")})`);
          const found = await machine.sh([...describing, ...paths].join(" "));
          assert.deepEqual(described(found), wanted, machine.name);
        }),
      );
    };
    const numRuns = Number(process.env["RUNS"] ?? 5);
    await fc.assert(fc.asyncProperty(randomClosure, holds), { seed, numRuns, endOnFailure: true });
  });
});

/** What one Nix or another says of paths, in one form; when and where they were made is another matter. */
function described(json: string): Described[] {
  const parsed = JSON.parse(json) as Described[] | Record<string, Described>;
  const all = Array.isArray(parsed)
    ? parsed
    : Object.entries(parsed).map(([path, info]) => ({ ...info, path }));
  return all
    .map(({ path, narHash, references, narSize, ca = null, deriver = null, signatures = [] }) => ({
      path,
      narHash: inHex(narHash),
      references: [...references].sort(),
      narSize,
      ca,
      deriver,
      signatures,
    }))
    .sort((one, other) => one.path.localeCompare(other.path));
}

/** `sha256-<base 64>` or `sha256:<base 32>`, which Nix of any version converts. */
function inHex(hash: string): string {
  const [, base64] = /^sha256-(.*)$/.exec(hash) ?? [];
  return base64 === undefined ? hash : Buffer.from(base64, "base64").toString("hex");
}
